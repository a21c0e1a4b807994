"""The native path of a stream whose events are passed on one by one: what Messages and Responses do alike."""

from abc import ABC, abstractmethod
from typing import Generic, TypeVar

from trunkline.protocols.commit import CommitGate
from trunkline.protocols.event_sequence import SequenceDecoder

E = TypeVar("E")


class PassedEvents(Generic[E]):
    """Events as they came, beside what was read from them, until they are asked for."""

    __slots__ = ("_events",)

    def __init__(self) -> None:
        self._events: list[tuple[bytes, E]] = []

    def keep(self, payload: bytes, event: E) -> None:
        self._events.append((payload, event))

    def take(self) -> list[tuple[bytes, E]]:
        """What came since it was asked last."""
        events, self._events = self._events, []
        return events


class NativeRelay(ABC, Generic[E]):
    """The frame of an `AnswerStream`: a decoder reads for the facts and keeps the events, which are edited here."""

    def __init__(self, decoder: SequenceDecoder, passed: PassedEvents[E]) -> None:
        self.facts = decoder.facts
        self._decoder = decoder
        self._passed = passed
        self._gate = CommitGate(decoder.facts)
        self._ended = False
        """The last event has been written: whatever still comes is not passed on."""

    def feed(self, data: bytes) -> bytes:
        if self._ended:
            return b""
        events = self._decoder.feed(data)
        if self.facts.heard is not None:
            self.facts.heard.take(events)
        return self.pass_on(self._passed.take())

    def close(self) -> bytes:
        if self._ended:
            return b""
        events = self._decoder.close()
        if self.facts.heard is not None:
            self.facts.heard.take(events)
        out = self.pass_on(self._passed.take())
        return out if self.facts.fault is not None else out + self._gate.release()

    @abstractmethod
    def pass_on(self, events: list[tuple[bytes, E]]) -> bytes:
        """The events with their edits; nothing of what ends the answer."""
