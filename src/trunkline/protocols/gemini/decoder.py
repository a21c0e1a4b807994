"""An answer's bytes as events of the hub: streamed and whole (inference.md 30.9)."""

import contextlib

from trunkline.protocols.answers import Facts
from trunkline.protocols.events import GenerationEvent, UpstreamFault
from trunkline.protocols.gemini.families import Family
from trunkline.protocols.gemini.framing import StreamFrames
from trunkline.protocols.gemini.reader import AnswerReader
from trunkline.protocols.gemini.wire import read_chunk
from trunkline.protocols.hub import DecodedBody
from trunkline.protocols.lenient_json import UNREADABLE
from trunkline.protocols.sse import EventTooLarge


class GeminiDecoder:
    """Bytes of a stream in, events out; `facts` fill up on the way and are final after `close`.

    There is no end marker: the answer is whole when it had a finish reason by the time its bytes ended.
    """

    def __init__(self, family: Family, *, exclude_reasoning: bool = False) -> None:
        self._answer = AnswerReader(family, whole=False, exclude_reasoning=exclude_reasoning)
        self._frames = StreamFrames()
        self._closed = False
        self.facts: Facts = self._answer.facts

    def feed(self, data: bytes) -> list[GenerationEvent]:
        """The events that are complete with `data`; after a fault (`Failed`) none."""
        if self._closed or self.facts.fault is not None:
            return []
        try:
            payloads = self._frames.feed(data)
        except EventTooLarge as error:
            return self._answer.fail(UpstreamFault(status=200, message=str(error)))
        events: list[GenerationEvent] = []
        for payload in payloads:
            if payload:
                events += self._read(payload)
        return events

    def close(self) -> list[GenerationEvent]:
        """The bytes ended: the last events. An event that was cut in the middle is as good as not sent."""
        if self._closed:
            return []
        self._closed = True
        events: list[GenerationEvent] = []
        for payload in self._frames.close():
            with contextlib.suppress(*UNREADABLE):
                events += self._answer.read(read_chunk(payload))
        return events + self._answer.finish()

    def _read(self, payload: bytes) -> list[GenerationEvent]:
        try:
            return self._answer.read(read_chunk(payload))
        except UNREADABLE:
            return self._answer.fail(UpstreamFault(status=200, message="An event of the stream is no JSON object"))


def decode_body(data: bytes, family: Family, *, exclude_reasoning: bool = False) -> DecodedBody:
    """A whole answer. A body that is none ends with `Failed`."""
    answer = AnswerReader(family, whole=True, exclude_reasoning=exclude_reasoning)
    answer.facts.done = True
    try:
        events = answer.read(read_chunk(data))
    except UNREADABLE:
        events = answer.fail(UpstreamFault(status=200, message="The answer is no JSON object with candidates"))
    return DecodedBody(answer.facts, events + answer.finish())
