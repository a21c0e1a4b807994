"""An answer's bytes as events of the hub: streamed and whole (inference.md 30.9)."""

from trunkline.protocols.event_sequence import SequenceDecoder
from trunkline.protocols.events import GenerationEvent, UpstreamFault
from trunkline.protocols.gemini.families import Family
from trunkline.protocols.gemini.framing import StreamFrames
from trunkline.protocols.gemini.reader import AnswerReader
from trunkline.protocols.gemini.wire import read_chunk
from trunkline.protocols.hub import DecodedBody
from trunkline.protocols.lenient_json import UNREADABLE


class GeminiDecoder(SequenceDecoder):
    """Bytes of a stream in, events out; `facts` fill up on the way and are final after `close`.

    There is no end marker: the answer is whole when it had a finish reason by the time its bytes ended.
    """

    def __init__(self, family: Family, *, exclude_reasoning: bool = False) -> None:
        self._answer = AnswerReader(family, whole=False, exclude_reasoning=exclude_reasoning)
        super().__init__(self._answer.facts, StreamFrames())

    def read(self, payload: bytes) -> list[GenerationEvent]:
        return self._answer.read(read_chunk(payload)) if payload else []

    def fail(self, fault: UpstreamFault) -> list[GenerationEvent]:
        return self._answer.fail(fault)

    def end(self) -> list[GenerationEvent]:
        return self._answer.finish()


def decode_body(data: bytes, family: Family, *, exclude_reasoning: bool = False) -> DecodedBody:
    """A whole answer. A body that is none ends with `Failed`."""
    answer = AnswerReader(family, whole=True, exclude_reasoning=exclude_reasoning)
    answer.facts.done = True
    try:
        events = answer.read(read_chunk(data))
    except UNREADABLE:
        events = answer.fail(UpstreamFault(status=200, message="The answer is no JSON object with candidates"))
    return DecodedBody(answer.facts, events + answer.finish())
