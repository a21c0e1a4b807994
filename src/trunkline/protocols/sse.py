"""Server-sent events, sans-IO: framing of what upstreams send and of what clients are sent (inference.md 4.1, 30.9).

Only `data` matters to the formats that we relay: an event's name repeats what its payload says. Comments and other
fields are read over; the transport counts their bytes as a sign of life.
"""

import re

EVENT_BYTES_MAX = 32 * 1024 * 1024
"""Largest event that is put together: a few images as data URLs."""
STRAY_BYTES_MAX = 64 * 1024

DONE = b"data: [DONE]\n\n"
KEEP_ALIVE = b": OPENROUTER PROCESSING\n\n"

_BOM = b"\xef\xbb\xbf"
_NOT_OF_A_NAME = re.compile(r"[^\x20-\x7e]")
_OTHER_FIELDS = (b"event", b"id", b"retry")


class EventTooLarge(ValueError):
    """An event did not end within `event_bytes_max`."""


class SseParser:
    """Cuts a byte stream into the payloads of its events, however the reads cut it.

    Takes CRLF, LF and CR line ends, several `data` lines in one event, no space after the colon, a byte order mark.
    `stray` keeps the beginning of what was no event stream at all: a JSON error or an HTML page sent with status 200.
    """

    __slots__ = ("_bytes_max", "_pieces", "_size", "_started", "stray")

    def __init__(self, event_bytes_max: int = EVENT_BYTES_MAX) -> None:
        self._bytes_max = event_bytes_max
        self._pieces: list[bytes] = []
        self._size = 0
        self._started = False
        self.stray = b""

    def feed(self, data: bytes) -> list[bytes]:
        """The payloads that are complete with `data`. Raises EventTooLarge."""
        if not self._pieces and self._started and data.endswith(b"\n\n") and b"\r" not in data:
            return self._events(data[:-2])
        return self._feed_cut(data)

    def only_event(self, data: bytes) -> bytes | None:
        """The payload of `data` if it is one whole event of one `data` line, as most reads are. None: `feed` it."""
        if self._pieces or not self._started or not data.startswith(b"data: ") or not data.endswith(b"\n\n"):
            return None
        return data[6:-2] if data.find(b"\n") == len(data) - 2 and b"\r" not in data else None

    def close(self) -> list[bytes]:
        """The payload of a last event that was not followed by an empty line, if there is one."""
        rest = b"".join(self._pieces).replace(b"\r\n", b"\n").replace(b"\r", b"\n")
        self._pieces.clear()
        if not self._started:
            rest = rest.removeprefix(_BOM)
        return self._events(rest.strip(b"\n"))

    def _feed_cut(self, data: bytes) -> list[bytes]:
        self._pieces.append(data)
        self._size += len(data)
        # Without a line end no event can be complete; joining only then keeps a huge event in small reads linear.
        if b"\n" in data or b"\r" in data:
            buffer = b"".join(self._pieces)
            if not self._started:
                if len(buffer) < len(_BOM) and _BOM.startswith(buffer):
                    return []
                self._started = True
                buffer = buffer.removeprefix(_BOM)
            if b"\r" in buffer:
                # A CR at the very end may be half of a CRLF: it waits for the next read.
                held = b"\r" if buffer.endswith(b"\r") else b""
                buffer = buffer.removesuffix(b"\r").replace(b"\r\n", b"\n").replace(b"\r", b"\n") + held
            complete, _, rest = buffer.rpartition(b"\n\n")
            self._pieces = [rest] if rest else []
            self._size = len(rest)
            if complete:
                return self._events(complete)
        if self._size > self._bytes_max:
            raise EventTooLarge(f"an event of the stream is larger than {self._bytes_max:,} bytes")
        return []

    def _events(self, complete: bytes) -> list[bytes]:
        payloads: list[bytes] = []
        for event in complete.split(b"\n\n"):
            if event.startswith(b"event:"):
                _, _, rest = event.partition(b"\n")  # a name, and nearly always one line of data
            else:
                rest = event
            if rest.startswith(b"data: ") and b"\n" not in rest:
                payloads.append(rest[6:])
            elif event:
                self._read_lines(event, payloads)
        return payloads

    def _read_lines(self, event: bytes, payloads: list[bytes]) -> None:
        data: list[bytes] = []
        for line in event.split(b"\n"):
            field, _, value = line.partition(b":")
            if field == b"data":
                data.append(value.removeprefix(b" "))
            elif field and field not in _OTHER_FIELDS and len(self.stray) < STRAY_BYTES_MAX:
                self.stray += line + b"\n"
        if data:
            payloads.append(b"\n".join(data))


def event(payload: bytes) -> bytes:
    """One event with `payload` (a line of JSON) as its data."""
    return b"data: " + payload + b"\n\n"


def named_event(name: str, payload: bytes) -> bytes:
    """The same with an `event:` line, for the formats that have it.

    A name that somebody else made up may hold anything, an end of the line too: that is told as `_`.
    """
    if not (name.isascii() and name.isprintable()):
        name = _NOT_OF_A_NAME.sub("_", name)
    return b"event: " + name.encode("ascii") + b"\ndata: " + payload + b"\n\n"
