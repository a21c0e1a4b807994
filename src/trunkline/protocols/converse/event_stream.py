"""Framing of `application/vnd.amazon.eventstream`, sans-IO.

A message on the wire, integers big-endian:

    total length u32 | length of headers u32 | CRC-32 of these 8 bytes
    headers | payload | CRC-32 of all before

A header is: length of name u8, name, type u8, value; a text (type 7) has its length as u16 in front.
"""

import struct
import zlib
from typing import Final

from msgspec import Struct

MESSAGE_BYTES_MAX: Final = 24 * 1024 * 1024
"""The vendor's own limit of one message."""
HEADERS_BYTES_MAX: Final = 128 * 1024

_PRELUDE: Final = struct.Struct(">III")
_CHECKED_OF_PRELUDE: Final = 8
_LENGTH: Final = struct.Struct(">H")
_CHECKSUM: Final = struct.Struct(">I")
_OVERHEAD: Final = _PRELUDE.size + _CHECKSUM.size
_TEXT: Final = 7
_BYTES: Final = 6
_SIZE_OF_TYPE: Final = {0: 0, 1: 0, 2: 1, 3: 2, 4: 4, 5: 8, 8: 8, 9: 16}
"""Bytes of a header's value by its type, for those of fixed size."""


class BrokenFrame(ValueError):
    """The bytes are no event stream, or not what was sent."""


class Frame(Struct, frozen=True):
    """One message: its text headers (`:message-type`, `:event-type`, …) and its payload."""

    headers: dict[str, str]
    payload: bytes


class EventStreamParser:
    """Cuts a byte stream into its messages, however the reads cut it."""

    __slots__ = ("_buffer",)

    def __init__(self) -> None:
        self._buffer = bytearray()

    def feed(self, data: bytes) -> tuple[list[Frame], BrokenFrame | None]:
        """The messages that are complete with `data`, and what is wrong with the bytes after them.

        Broken bytes are returned, not raised: the messages before them must not be lost. Nothing can be read after
        them.
        """
        buffer = self._buffer
        buffer += data
        frames: list[Frame] = []
        broken: BrokenFrame | None = None
        start = 0
        try:
            while len(buffer) - start >= _PRELUDE.size:
                total, headers_size = _read_prelude(buffer, start)
                end = start + total
                if len(buffer) < end:
                    break
                frames.append(_read_frame(bytes(buffer[start:end]), headers_size))
                start = end
        except BrokenFrame as error:
            broken = error
        del buffer[:start]
        return frames, broken


def _read_prelude(buffer: bytearray, start: int) -> tuple[int, int]:
    """(total length, length of headers). Raises BrokenFrame."""
    total, headers_size, checksum = _PRELUDE.unpack_from(buffer, start)
    if zlib.crc32(buffer[start : start + _CHECKED_OF_PRELUDE]) != checksum:
        raise BrokenFrame("The answer is no event stream: the head of a message does not match its checksum")
    if total > MESSAGE_BYTES_MAX or headers_size > HEADERS_BYTES_MAX:
        raise BrokenFrame(f"A message of the event stream is larger than {MESSAGE_BYTES_MAX:,} bytes")
    if total < headers_size + _OVERHEAD:
        raise BrokenFrame("A message of the event stream is shorter than its own headers")
    return total, headers_size


def _read_frame(message: bytes, headers_size: int) -> Frame:
    payload_end = len(message) - _CHECKSUM.size
    (checksum,) = _CHECKSUM.unpack_from(message, payload_end)
    if zlib.crc32(message[:payload_end]) != checksum:
        raise BrokenFrame("A message of the event stream does not match its checksum")
    headers_end = _PRELUDE.size + headers_size
    try:
        headers = _read_headers(message[_PRELUDE.size : headers_end])
    except (IndexError, struct.error, UnicodeDecodeError, KeyError) as error:
        raise BrokenFrame("The headers of a message of the event stream cannot be read") from error
    return Frame(headers, message[headers_end:payload_end])


def _read_headers(data: bytes) -> dict[str, str]:
    """The headers that are texts; the others are stepped over."""
    headers: dict[str, str] = {}
    position = 0
    while position < len(data):
        name_start = position + 1
        position = name_start + data[position]
        name = data[name_start:position].decode()
        kind = data[position]
        position += 1
        if kind in (_TEXT, _BYTES):
            (size,) = _LENGTH.unpack_from(data, position)
            position += _LENGTH.size
        else:
            size = _SIZE_OF_TYPE[kind]
        end = position + size
        if end > len(data):
            raise IndexError("a header ends after all headers")
        if kind == _TEXT:
            headers[name] = data[position:end].decode()
        position = end
    return headers
