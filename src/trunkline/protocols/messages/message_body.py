"""Any upstream's answer as one `message` object (inference.md 18.3): the exact fold of its stream."""

from typing import Literal

from msgspec import Raw

from trunkline.protocols.answers import AnswerIdentity, Facts, UsageReport
from trunkline.protocols.events import UpstreamFault
from trunkline.protocols.hub import DecodedBody
from trunkline.protocols.lenient_json import quoted
from trunkline.protocols.messages.block_teller import BlockTeller
from trunkline.protocols.messages.blocks_out import input_json
from trunkline.protocols.messages.stop import Ending
from trunkline.protocols.messages.usage_out import render_usage


class BlockList:
    """A `BlockSink` that keeps each block as it is complete."""

    __slots__ = ("_citations", "_head", "_kind", "_signature", "_texts", "blocks")

    def __init__(self) -> None:
        self.blocks: list[bytes] = []
        self._kind: Literal["text", "thinking", "call"] = "text"
        self._head = b""
        self._texts: list[str] = []
        self._citations: list[Raw] = []
        self._signature = ""

    def start_text(self) -> None:
        self._start("text")

    def text(self, text: str) -> None:
        self._texts.append(text)

    def cite(self, citation: Raw) -> None:
        self._citations.append(citation)

    def start_thinking(self) -> None:
        self._start("thinking")
        self._signature = ""

    def think(self, text: str) -> None:
        self._texts.append(text)

    def sign(self, signature: str) -> None:
        self._signature += signature

    def start_call(self, id: str, name: str) -> None:
        self._start("call")
        self._head = b'{"type":"tool_use","id":%s,"name":%s,"input":' % (quoted(id), quoted(name))

    def argue(self, arguments: str) -> None:
        self._texts.append(arguments)

    def whole(self, block: bytes) -> None:
        self.blocks.append(block)

    def close(self) -> None:
        grown = "".join(self._texts)
        match self._kind:
            case "text":
                cited = b"[" + b",".join(self._citations) + b"]" if self._citations else b"null"
                self.blocks.append(b'{"type":"text","text":%s,"citations":%s}' % (quoted(grown), cited))
            case "thinking":
                block = b'{"type":"thinking","thinking":%s,"signature":%s}'
                self.blocks.append(block % (quoted(grown), quoted(self._signature)))
            case "call":
                self.blocks.append(self._head + input_json(grown) + b',"caller":{"type":"direct"}}')

    def _start(self, kind: Literal["text", "thinking", "call"]) -> None:
        self._kind = kind
        self._texts = []
        self._citations = []


class MessageBody:
    """Implements `protocols.answers.AnswerBody`."""

    def __init__(self, decoded: DecodedBody, identity: AnswerIdentity, *, hide_thinking: bool) -> None:
        self._blocks = BlockList()
        self._ending = Ending()
        self._identity = identity
        teller = BlockTeller(self._blocks, hide_thinking=hide_thinking)
        for event in decoded.events:
            teller.tell(event)
            self._ending.note(event)
        teller.finish()
        decoded.facts.fault = decoded.facts.fault or teller.fault
        self.facts = _unless_broken(decoded.facts, self._ending)

    def render(self, report: UsageReport) -> bytes:
        identity = self._identity
        pieces = [
            b'{"id":' + quoted(identity.generation_id),
            b',"type":"message","role":"assistant","model":' + quoted(identity.model),
            b',"provider":' + quoted(identity.provider),
            b',"content":[' + b",".join(self._blocks.blocks) + b"],",
            self._ending.members(),
            b',"usage":' + render_usage(report),
        ]
        if self._ending.context_management is not None:
            pieces.append(b',"context_management":' + bytes(self._ending.context_management))
        if report.metadata:
            pieces.append(b',"openrouter_metadata":' + bytes(report.metadata))
        pieces.append(b"}")
        return b"".join(pieces)


def _unless_broken(facts: Facts, ending: Ending) -> Facts:
    """An answer that ended in an error has no body in this format: nothing of it has left, so another endpoint may
    answer, or the caller is told of the failure by its status (inference.md 18.3)."""
    if facts.fault is None and ending.is_error:
        error = ending.error()
        facts.fault = UpstreamFault(status=200, message=error.message, code=error.provider_code)
    if facts.fault is not None:
        facts.content_seen = False
    return facts
