"""The stream of a format whose events are read one by one: what all of those decoders do around the reading."""

import contextlib
from abc import ABC, abstractmethod
from typing import ClassVar, Protocol

from trunkline.protocols.answers import Facts
from trunkline.protocols.events import GenerationEvent, UpstreamFault
from trunkline.protocols.faults.reading import fault_in_stray
from trunkline.protocols.lenient_json import UNREADABLE
from trunkline.protocols.sse import EventTooLarge


class Frames(Protocol):
    """What cuts a stream into the payloads of its events."""

    @property
    def stray(self) -> bytes:
        """The beginning of what was no event stream."""
        ...

    def feed(self, data: bytes) -> list[bytes]:
        """The payloads that are complete with `data`. Raises EventTooLarge."""
        ...

    def close(self) -> list[bytes]:
        """A last payload whose end was not marked."""
        ...


class SequenceDecoder(ABC):
    """Implements `hub.ResponseDecoder`. After the format's own end (`facts.done`) or a fault nothing more is read."""

    unreadable: ClassVar[str] = "An event of the stream is no JSON object"
    """What is said of an event that is none."""

    def __init__(self, facts: Facts, frames: Frames) -> None:
        self.facts = facts
        self._frames = frames
        self._began = False
        self._closed = False

    @abstractmethod
    def read(self, payload: bytes) -> list[GenerationEvent]:
        """The events of one payload. Raises UNREADABLE."""

    @abstractmethod
    def fail(self, fault: UpstreamFault) -> list[GenerationEvent]:
        """The answer is over."""

    @abstractmethod
    def end(self) -> list[GenerationEvent]:
        """No more comes: the last events. After `fail` none."""

    def feed(self, data: bytes) -> list[GenerationEvent]:
        """The events that are complete with `data`."""
        if self._is_over():
            return []
        try:
            payloads = self._frames.feed(data)
        except EventTooLarge as error:
            return self.fail(UpstreamFault(status=200, message=str(error)))
        events: list[GenerationEvent] = []
        for payload in payloads:
            self._began = True
            try:
                events += self.read(payload)
            except UNREADABLE:
                events += self.fail(UpstreamFault(status=200, message=self.unreadable))
            if self._is_over():
                break
        return events

    def close(self) -> list[GenerationEvent]:
        """The bytes ended: the last events. Calling it again gives none."""
        if self._closed:
            return []
        events: list[GenerationEvent] = []
        if not self._is_over():
            for payload in self._frames.close():
                # The last event may lack its empty line; one that was cut in the middle is as good as not sent.
                with contextlib.suppress(*UNREADABLE):
                    events += self.read(payload)
                    self._began = True
        self._closed = True
        if not self._began and self._frames.stray:
            events += self.fail(fault_in_stray(self._frames.stray))
        return events + self.end()

    def _is_over(self) -> bool:
        return self._closed or self.facts.done or self.facts.fault is not None
