"""The chunks of a text completion (inference.md 19): chat's envelope, `text` in the choice, usage without choices."""

from trunkline.core.errors import TrunklineError
from trunkline.protocols.answers import AnswerIdentity, UsageReport
from trunkline.protocols.chat.chunk import ChoiceEnd, ChunkHead, finish_members
from trunkline.protocols.chat.reading import DeltaRead
from trunkline.protocols.lenient_json import quoted

_UNFINISHED = b',"finish_reason":null,"native_finish_reason":null,"logprobs":'
_ERROR_CHOICE = b'{"index":0,"text":"","finish_reason":"error","native_finish_reason":null,"logprobs":null}'


class TextChunkWriter:
    """Chunks of `text_completion`. Tool calls and media have no place in this format and are left out."""

    __slots__ = ("_head",)

    def __init__(self, identity: AnswerIdentity) -> None:
        self._head = ChunkHead(identity, "text_completion")

    def learn_fingerprint(self, fingerprint: str) -> None:
        self._head.learn_fingerprint(fingerprint)

    def text(self, content: bytes) -> bytes:
        return self._head.choices + b'{"index":0,"text":' + content + _UNFINISHED + b"null}]}\n\n"

    def delta(self, delta: DeltaRead) -> bytes:
        text = delta.text or delta.refusal
        if not text and delta.reasoning is None:
            return b""
        pieces = [
            self._head.choices,
            b'{"index":%d,"text":%s' % (delta.choice, quoted(text)),
            _UNFINISHED,
            delta.logprobs or b"null",
        ]
        if delta.reasoning is not None and delta.reasoning.text:
            pieces += (b',"reasoning":', quoted(delta.reasoning.text))
        pieces.append(b"}]}\n\n")
        return b"".join(pieces)

    def finish(self, ends: list[ChoiceEnd], report: UsageReport) -> bytes:
        finishes = b"".join(
            self._head.choices + b'{"index":%d,"text":"",%s,"logprobs":null}]}\n\n' % (end.index, finish_members(end))
            for end in ends
        )
        return finishes + self._head.end(b"", report)

    def error(self, error: TrunklineError, docs_base: str, report: UsageReport | None) -> bytes:
        return self._head.error(error, docs_base, _ERROR_CHOICE, report)
