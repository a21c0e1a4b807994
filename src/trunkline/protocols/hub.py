"""The hub path of a stream: any decoder joined to any encoder."""

from typing import Protocol

from msgspec import Struct

from trunkline.core.errors import TrunklineError
from trunkline.protocols.answers import Facts, UsageReport
from trunkline.protocols.events import GenerationEvent


class DecodedBody(Struct, frozen=True):
    """A whole answer as events, and what was seen of it."""

    facts: Facts
    events: list[GenerationEvent]


class ResponseDecoder(Protocol):
    """An upstream format's stream as events. Fills `facts`; raises nothing, whatever the bytes are."""

    facts: Facts

    def feed(self, data: bytes) -> list[GenerationEvent]:
        """The events that are complete with `data`. A fault is `Failed`, after which there are none."""
        ...

    def close(self) -> list[GenerationEvent]:
        """The bytes ended: the last events, and `facts` is final."""
        ...


class ResponseEncoder(Protocol):
    """Events as a client format's stream."""

    def encode(self, events: list[GenerationEvent]) -> bytes:
        """The bytes for `events` that may leave now: none before the first content."""
        ...

    def release(self) -> bytes:
        """What `encode` held back, once the answer has ended in order."""
        ...

    def tail(self, report: UsageReport) -> bytes: ...

    def error_tail(self, error: TrunklineError, report: UsageReport | None) -> bytes: ...


class HubStream:
    """An `AnswerStream` of two halves that know nothing of each other."""

    def __init__(self, decoder: ResponseDecoder, encoder: ResponseEncoder) -> None:
        self.facts = decoder.facts
        self._decoder = decoder
        self._encoder = encoder
        self._ended = False

    def feed(self, data: bytes) -> bytes:
        if self._ended:
            return b""
        events = self._decoder.feed(data)
        if self.facts.heard is not None:
            self.facts.heard.take(events)
        return self._encoder.encode(events)

    def close(self) -> bytes:
        if self._ended:
            return b""
        events = self._decoder.close()
        if self.facts.heard is not None:
            self.facts.heard.take(events)
        out = self._encoder.encode(events)
        return out if self.facts.fault is not None else out + self._encoder.release()

    def tail(self, report: UsageReport) -> bytes:
        self._ended = True
        return self._encoder.tail(report)

    def error_tail(self, error: TrunklineError, report: UsageReport | None) -> bytes:
        self._ended = True
        return self._encoder.error_tail(error, report)
