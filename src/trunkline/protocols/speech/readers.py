"""What upstreams answer with, as sound: bytes as they come, or events with pieces of it in them."""

from abc import ABC, abstractmethod
from base64 import b64decode
from binascii import Error as Base64Error
from typing import Final

from trunkline.protocols.events import UpstreamFault, Usage
from trunkline.protocols.faults.reading import fault_in_stray
from trunkline.protocols.sse import EventTooLarge, SseParser

_JSON_START: Final = b'{"'


class SoundReader(ABC):
    """Reads one answer. Nothing is raised, whatever the bytes."""

    def __init__(self) -> None:
        self.fault: UpstreamFault | None = None
        """What the upstream said in place of sound, or of the rest of it."""

    @property
    def usage(self) -> Usage | None:
        """What it counted; None: nothing."""
        return None

    @abstractmethod
    def feed(self, data: bytes) -> bytes:
        """The sound in what came."""

    @abstractmethod
    def close(self) -> bytes:
        """The rest of it, at the end of the answer. An answer that broke off has a fault now."""


class PlainSound(SoundReader):
    """The body is the sound, or a JSON error in place of it."""

    def __init__(self) -> None:
        super().__init__()
        self._begun = False
        self._start = b""

    def feed(self, data: bytes) -> bytes:
        if self._begun:
            return data
        self._start += data
        if len(self._start) < len(_JSON_START) or self._start.startswith(_JSON_START):
            return b""
        self._begun = True
        return self._start

    def close(self) -> bytes:
        if not self._begun:
            self.fault = fault_in_stray(self._start) if self._start else None
        return b""


class EventSound(SoundReader):
    """Server-sent events. Each format says what is sound in them, and which one is the last."""

    def __init__(self) -> None:
        super().__init__()
        self._parser = SseParser()
        self._is_over = False

    def feed(self, data: bytes) -> bytes:
        if self._is_over or self.fault is not None:
            return b""
        try:
            return self._sound(self._parser.feed(data))
        except EventTooLarge as error:
            self.fault = UpstreamFault(status=200, message=str(error))
            return b""

    def close(self) -> bytes:
        sound = self._sound(self._parser.close())
        if self.fault is None and not self._is_over:
            stray = self._parser.stray
            self.fault = self.fault_of(stray) if stray else _BROKEN_OFF
        return sound

    @abstractmethod
    def read(self, payload: bytes) -> bytes:
        """The sound of one event; notes the last with `end`, and a fault. Nothing is raised."""

    def fault_of(self, stray: bytes) -> UpstreamFault:
        """What came in place of events."""
        return fault_in_stray(stray)

    def end(self) -> None:
        """Nothing more is expected."""
        self._is_over = True

    def decoded(self, b64: str) -> bytes:
        """Sound that is written in base64; a fault for what is none."""
        try:
            return b64decode(b64, validate=True)
        except (Base64Error, ValueError):
            self.fault = UpstreamFault(status=200, message="A piece of sound is not base64")
            return b""

    def _sound(self, payloads: list[bytes]) -> bytes:
        return b"".join([self.read(payload) for payload in payloads if self.fault is None and not self._is_over])


_BROKEN_OFF: Final = UpstreamFault(status=200, message="The sound broke off before its end", truncated=True)
