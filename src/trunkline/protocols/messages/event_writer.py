"""The events of a stream to the client, to the byte (inference.md 18.5).

What is the same in all deltas of a block is encoded once, when the block starts; a delta is a join of three pieces.
"""

from typing import Final

from msgspec import Raw

from trunkline.protocols.answers import AnswerIdentity, Facts, UsageReport
from trunkline.protocols.commit import CommitGate
from trunkline.protocols.lenient_json import quoted
from trunkline.protocols.messages.stop import Ending
from trunkline.protocols.messages.usage_out import UNKNOWN, render_usage

PING: Final = b'event: ping\ndata: {"type":"ping"}\n\n'
_END: Final = b"}}\n\n"


class EventWriter:
    """A `BlockSink` whose blocks leave as events. Nothing leaves before the first that a client would show."""

    __slots__ = ("_gate", "_index", "_out", "_prefix", "_signature_prefix")

    def __init__(self, identity: AnswerIdentity, facts: Facts) -> None:
        self._gate = CommitGate(facts)
        self._index = -1
        self._prefix = b""
        self._signature_prefix = b""
        self._out: list[bytes] = []
        self._hold(_message_start(identity))

    def start_text(self) -> None:
        self._start(b'{"type":"text","text":"","citations":null}', b"text_delta", b"text")

    def text(self, text: str) -> None:
        if text:
            self._show(self._prefix + quoted(text) + _END)

    def cite(self, citation: Raw) -> None:
        self._hold(self._delta_prefix(b"citations_delta", b"citation") + bytes(citation) + _END)

    def start_thinking(self) -> None:
        self._start(b'{"type":"thinking","thinking":"","signature":""}', b"thinking_delta", b"thinking")

    def think(self, text: str) -> None:
        if text:
            self._show(self._prefix + quoted(text) + _END)

    def sign(self, signature: str) -> None:
        self._show(self._delta_prefix(b"signature_delta", b"signature") + quoted(signature) + _END)

    def start_call(self, id: str, name: str) -> None:
        block = b'{"type":"tool_use","id":%s,"name":%s,"input":{},"caller":{"type":"direct"}}'
        self._start(block % (quoted(id), quoted(name)), b"input_json_delta", b"partial_json", shows=True)

    def argue(self, arguments: str) -> None:
        if arguments:
            self._show(self._prefix + quoted(arguments) + _END)

    def whole(self, block: bytes) -> None:
        self._index += 1
        self._show(_block_start(self._index, block))
        self.close()

    def close(self) -> None:
        self._hold(b'event: content_block_stop\ndata: {"type":"content_block_stop","index":%d}\n\n' % self._index)

    def taken(self) -> bytes:
        """What may leave since it was asked last."""
        out = b"".join(self._out)
        self._out.clear()
        return out

    def release(self) -> None:
        """The answer has ended in order: what was held back may leave."""
        self._out.append(self._gate.release())

    def _start(self, block: bytes, delta: bytes, member: bytes, *, shows: bool = False) -> None:
        self._index += 1
        self._prefix = self._delta_prefix(delta, member)
        event = _block_start(self._index, block)
        if shows:
            self._show(event)
        else:
            self._hold(event)

    def _delta_prefix(self, delta: bytes, member: bytes) -> bytes:
        return (
            b'event: content_block_delta\ndata: {"type":"content_block_delta","index":%d,"delta":{"type":"%b","%b":'
            % (self._index, delta, member)
        )

    def _show(self, event: bytes) -> None:
        self._out.append(self._gate.pass_chunk(event, has_content=True))

    def _hold(self, event: bytes) -> None:
        self._out.append(self._gate.pass_chunk(event, has_content=False))


def message_delta(ending: Ending, report: UsageReport) -> bytes:
    """The event before the last: reason to stop, and everything that was counted."""
    context = ending.context_management
    return b'event: message_delta\ndata: {"type":"message_delta","delta":{%b},"usage":%b%b}\n\n' % (
        ending.members(),
        render_usage(report),
        b"" if context is None else b',"context_management":' + bytes(context),
    )


def message_stop(metadata: Raw) -> bytes:
    """The last event, with the router's account where the caller opted in."""
    told = b',"openrouter_metadata":' + bytes(metadata) if metadata else b""
    return b'event: message_stop\ndata: {"type":"message_stop"' + told + b"}\n\n"


def _message_start(identity: AnswerIdentity) -> bytes:
    return (
        b'event: message_start\ndata: {"type":"message_start","message":{"id":%b,"type":"message","role":"assistant",'
        b'"model":%b,"provider":%b,"content":[],"stop_reason":null,"stop_sequence":null,"stop_details":null,'
        b'"container":null,"usage":%b}}\n\n'
        % (quoted(identity.generation_id), quoted(identity.model), quoted(identity.provider), UNKNOWN)
    )


def _block_start(index: int, block: bytes) -> bytes:
    return b'event: content_block_start\ndata: {"type":"content_block_start","index":%d,"content_block":%b}\n\n' % (
        index,
        block,
    )
