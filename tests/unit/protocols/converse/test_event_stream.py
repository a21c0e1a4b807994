"""Frames of the binary event stream: whole, cut, broken, and larger than they may be."""

import struct
import zlib
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.fakes.bedrock_converse import frame
from trunkline.protocols.converse.event_stream import MESSAGE_BYTES_MAX, EventStreamParser, Frame

HEADERS = {":message-type": "event", ":event-type": "messageStart"}
FRAME = frame(HEADERS, {"role": "assistant"})
PARSED = Frame({":content-type": "application/json", **HEADERS}, b'{"role":"assistant"}')


def sealed(headers: bytes, payload: bytes = b"", *, total: int | None = None, headers_size: int | None = None) -> bytes:
    """A message with right checksums, whatever its lengths say."""
    size = len(headers) if headers_size is None else headers_size
    prelude = struct.pack(">II", 16 + len(headers) + len(payload) if total is None else total, size)
    message = prelude + struct.pack(">I", zlib.crc32(prelude)) + headers + payload
    return message + struct.pack(">I", zlib.crc32(message))


def header(name: bytes, kind: int, value: bytes) -> bytes:
    return bytes([len(name)]) + name + bytes([kind]) + value


@given(st.lists(st.integers(0, 3 * len(FRAME)), max_size=6))
def test_any_cuts_give_the_same_frames(bounds: list[int]) -> None:
    data, parser = FRAME * 3, EventStreamParser()
    edges = [0, *sorted(bounds), len(data)]
    frames: list[Frame] = []
    for start, end in pairwise(edges):
        found, broken = parser.feed(data[start:end])
        assert broken is None
        frames += found
    assert frames == [PARSED] * 3


def test_headers_of_other_types_are_stepped_over() -> None:
    others = [
        header(b"a", 0, b""),
        header(b"b", 2, b"\x01"),
        header(b"c", 4, b"\0\0\0\1"),
        header(b"d", 6, b"\0\2xy"),
        header(b"e", 9, bytes(16)),
        header(b":event-type", 7, b"\0\4ping"),
    ]
    frames, broken = EventStreamParser().feed(sealed(b"".join(others), b"{}"))
    assert (frames, broken) == ([Frame({":event-type": "ping"}, b"{}")], None)


@pytest.mark.parametrize("place", range(len(FRAME)))
def test_no_byte_can_change_unnoticed(place: int) -> None:
    parser = EventStreamParser()
    damaged = FRAME[:place] + bytes([FRAME[place] ^ 0x40]) + FRAME[place + 1 :]
    frames, broken = parser.feed(FRAME + damaged + FRAME)
    assert frames == [PARSED]
    assert broken is not None


@pytest.mark.parametrize(
    "data",
    [
        b'{"message":"no stream at all"}',
        sealed(b"", total=MESSAGE_BYTES_MAX + 1),
        sealed(b"", total=15),
        sealed(b"", total=20, headers_size=10),
        sealed(header(b"a", 7, b"\0\x09short")),
        sealed(header(b"a", 77, b"")),
        sealed(header(b"\xff", 7, b"\0\0")),
        sealed(b"\x05a"),
    ],
)
def test_what_is_no_frame_is_said_and_not_raised(data: bytes) -> None:
    frames, broken = EventStreamParser().feed(data)
    assert frames == []
    assert broken is not None
