"""Lengths of recordings, read from their heads; and no head is believed beyond what its size allows."""

import struct

import pytest
from hypothesis import given
from hypothesis import strategies as st

from trunkline.protocols.transcription.duration import seconds_of

SECOND_OF_SAMPLES = bytes(32_000)


def chunk(name: bytes, content: bytes) -> bytes:
    return name + struct.pack("<I", len(content)) + content + bytes(len(content) % 2)


def wav(samples: bytes, *before: bytes, rate: int = 32_000) -> bytes:
    form = chunk(b"fmt ", struct.pack("<HHIIHH", 1, 1, rate // 2, rate, 2, 16))
    body = b"WAVE" + form + b"".join(before) + chunk(b"data", samples)
    return b"RIFF" + struct.pack("<I", len(body)) + body


def flac(seconds: int, size: int) -> bytes:
    info = (16_000 << 44 | 0 << 41 | 15 << 36 | 16_000 * seconds).to_bytes(8)
    return (b"fLaC" + b"\x80\x00\x00\x22" + bytes(10) + info).ljust(size, b"\0")


def ogg(head: bytes, granule: int, size: int) -> bytes:
    page = b"OggS\x00\x02" + bytes(8) + bytes(14) + head
    last = b"OggS\x00\x04" + struct.pack("<q", granule) + bytes(14)
    return page.ljust(size - len(last), b"\0") + last


def mp4(version: int, size: int) -> bytes:
    times = struct.pack(">IIII", 0, 0, 1000, 12_000) if version == 0 else struct.pack(">QQIQ", 0, 0, 1000, 12_000)
    return (b"\0\0\0\x18ftypM4A " + bytes(12) + b"\0\0\0\x6cmvhd" + bytes([version, 0, 0, 0]) + times).ljust(
        size, b"\0"
    )


def webm(ticks: bytes, size: int) -> bytes:
    return (b"\x1aE\xdf\xa3" + b"\x2a\xd7\xb1\x83\x0f\x42\x40" + b"\x44\x89" + ticks).ljust(size, b"\0")


MP3_FRAME = b"\xff\xfb\x90\x00"
"""Version 1, layer 3, 128 kbit, 44.1 kHz."""
XING = MP3_FRAME + bytes(32) + b"Xing\0\0\0\x01" + struct.pack(">I", 500)


@pytest.mark.parametrize(
    ("content", "seconds"),
    [
        (wav(SECOND_OF_SAMPLES), 1.0),
        (wav(SECOND_OF_SAMPLES, chunk(b"LIST", b"made by hand!")), 1.0),
        (flac(10, 200_000), 10.0),
        (ogg(b"OpusHead\x01\x01" + struct.pack("<H", 480), 48_000 * 10 + 480, 30_000), 10.0),
        (ogg(b"\x01vorbis" + bytes(4) + b"\x01" + struct.pack("<I", 16_000), 160_000, 30_000), 10.0),
        (mp4(0, 60_000), 12.0),
        (mp4(1, 60_000), 12.0),
        (webm(b"\x88" + struct.pack(">d", 9_000.0), 30_000), 9.0),
        (webm(b"\x84" + struct.pack(">f", 9_000.0), 30_000), 9.0),
        (MP3_FRAME.ljust(160_000, b"\0"), 10.0),
        (b"ID3\x04\0\0\0\0\x0f\x76" + bytes(2038) + MP3_FRAME.ljust(160_000, b"\0"), 10.0),
        (XING.ljust(100_000, b"\0"), 500 * 1152 / 44_100),
        (bytes(8_000), 2.0),
    ],
)
def test_each_container_tells_its_length(content: bytes, seconds: float) -> None:
    assert seconds_of(content) == pytest.approx(seconds, rel=0.01)


@pytest.mark.parametrize(
    ("claims_too_little", "at_least_s"),
    [
        (wav(bytes(3_072_000), rate=2**31), 2.0),
        (flac(1, 3_072_000), 2.0),
        (mp4(0, 6_400_000), 100.0),
        (webm(b"\x88" + struct.pack(">d", 1.0), 640_000), 10.0),
        (ogg(b"OpusHead\x01\x01\0\0", 48, 640_000), 10.0),
    ],
)
def test_a_head_that_claims_too_little_is_not_believed(claims_too_little: bytes, at_least_s: float) -> None:
    assert seconds_of(claims_too_little) >= at_least_s


@given(
    st.sampled_from(
        (b"RIFF\0\0\0\0WAVE", b"fLaC", b"OggS", b"\0\0\0\0ftyp", b"\x1aE\xdf\xa3\x44\x89", b"ID3", MP3_FRAME)
    ),
    st.binary(max_size=200),
)
def test_whatever_follows_a_head_there_is_a_length_within_bounds(head: bytes, rest: bytes) -> None:
    content = head + rest
    assert len(content) / 1_536_000 <= seconds_of(content) <= len(content) / 500
