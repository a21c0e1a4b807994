"""How long a recording is, as far as its bytes tell cheaply: read from the heads of the common containers.

What a head claims is believed within what its size allows: nobody makes a second out of an hour, or the other way
round.
"""

import struct
from collections.abc import Callable
from typing import Final

_BYTES_PER_S_ASSUMED: Final = 4_000
"""Of compressed speech whose length is not told; most has more, so that this is the longest that it may be."""
_BYTES_PER_S_MAX: Final = 1_536_000
"""Of samples: eight channels of 48 kHz with 32 bits."""
_LOSSY_BYTES_PER_S_MAX: Final = 64_000
"""Of compressed sound: 512 kbit."""
_BYTES_PER_S_MIN: Final = 500
"""Of anything: 4 kbit."""
_HEAD_BYTES: Final = 4_096
_TAIL_BYTES: Final = 65_536
_CHUNKS_MAX: Final = 64
"""Of a WAV file, before its samples."""
_OPUS_RATE: Final = 48_000
_MATROSKA_SCALE_USUAL_NS: Final = 1_000_000

_MP3_KBITS: Final = {
    (1, 3): (32, 40, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320),
    (2, 3): (8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160),
}
"""By version (2: 2 and 2.5) and layer; the field is the place, counted from one."""
_MP3_RATES: Final = {3: (44_100, 48_000, 32_000), 2: (22_050, 24_000, 16_000), 0: (11_025, 12_000, 8_000)}
"""By the bits of the version."""


def seconds_of(content: bytes) -> float:
    """As told by WAV, FLAC, Ogg, MP4, WebM and MP3; for the rest, what a low bit rate would make of the size."""
    for read, bytes_per_s_max in _READERS:
        seconds = read(content)
        if seconds is not None:
            return min(max(seconds, len(content) / bytes_per_s_max), len(content) / _BYTES_PER_S_MIN)
    return len(content) / _BYTES_PER_S_ASSUMED


def _wav(content: bytes) -> float | None:
    if content[:4] != b"RIFF" or content[8:12] != b"WAVE":
        return None
    rate, at = 0, 12
    for _ in range(_CHUNKS_MAX):
        name, size = content[at : at + 4], int.from_bytes(content[at + 4 : at + 8], "little")
        if name == b"fmt ":
            rate = int.from_bytes(content[at + 16 : at + 20], "little")
        elif name == b"data":
            return min(size, len(content) - at - 8) / rate if rate else None
        at += 8 + size + size % 2
    return None


def _flac(content: bytes) -> float | None:
    if content[:4] != b"fLaC" or len(content) < 26:
        return None
    packed = int.from_bytes(content[18:26])
    rate, samples = packed >> 44, packed & (1 << 36) - 1
    return samples / rate if rate and samples else None


def _ogg(content: bytes) -> float | None:
    if content[:4] != b"OggS":
        return None
    head, last = content[:_HEAD_BYTES], content.rfind(b"OggS", max(0, len(content) - _TAIL_BYTES))
    granule = int.from_bytes(content[last + 6 : last + 14], "little")
    if (opus := head.find(b"OpusHead")) >= 0:
        skipped = int.from_bytes(head[opus + 10 : opus + 12], "little")
        return max(0, granule - skipped) / _OPUS_RATE
    vorbis = head.find(b"\x01vorbis")
    rate = int.from_bytes(head[vorbis + 12 : vorbis + 16], "little") if vorbis >= 0 else 0
    return granule / rate if rate else None


def _mp4(content: bytes) -> float | None:
    if content[4:8] != b"ftyp":
        return None
    at = content.find(b"mvhd")
    if at < 0:
        return None
    fields = (">20xIQ", 32) if content[at + 4 : at + 5] == b"\x01" else (">12xII", 20)
    body = content[at + 4 : at + 4 + fields[1]]
    if len(body) < fields[1]:
        return None
    scale, duration = struct.unpack(*(fields[0], body))
    return duration / scale if scale else None


def _webm(content: bytes) -> float | None:
    if content[:4] != b"\x1aE\xdf\xa3":
        return None
    head = content[:_HEAD_BYTES]
    at = head.find(b"\x44\x89")
    if at < 0:
        return None
    size = head[at + 2 : at + 3]
    width = {b"\x84": 4, b"\x88": 8}.get(size)
    value = head[at + 3 : at + 3 + (width or 0)]
    if width is None or len(value) < width:
        return None
    (ticks,) = struct.unpack(">f" if width == 4 else ">d", value)
    scale_at = head.find(b"\x2a\xd7\xb1\x83")
    scale_ns = int.from_bytes(head[scale_at + 4 : scale_at + 7]) if scale_at >= 0 else _MATROSKA_SCALE_USUAL_NS
    seconds = ticks * scale_ns / 1e9
    return seconds if seconds >= 0 else None


def _mp3(content: bytes) -> float | None:
    at = 0
    if content[:3] == b"ID3" and len(content) > 10:
        at = 10 + sum((byte & 0x7F) << shift for byte, shift in zip(content[6:10], (21, 14, 7, 0), strict=True))
    head = int.from_bytes(content[at : at + 4])
    if head >> 21 != 0x7FF or len(content) < at + 4:
        return None
    version, layer, place, rate_place = head >> 19 & 3, head >> 17 & 3, head >> 12 & 15, head >> 10 & 3
    if version == 1 or layer != 1 or not 1 <= place <= 14 or rate_place == 3:
        return None
    is_first = version == 3
    kbits = _MP3_KBITS[1 if is_first else 2, 3][place - 1]
    tagged = content[at : at + 64]
    for mark in (b"Xing", b"Info"):
        found = tagged.find(mark)
        if found >= 0 and tagged[found + 7 : found + 8] and tagged[found + 7] & 1:
            frames = int.from_bytes(tagged[found + 8 : found + 12])
            return frames * (1152 if is_first else 576) / _MP3_RATES[version][rate_place]
    return (len(content) - at) * 8 / (kbits * 1000)


_READERS: Final[tuple[tuple[Callable[[bytes], float | None], int], ...]] = (
    (_wav, _BYTES_PER_S_MAX),
    (_flac, _BYTES_PER_S_MAX),
    (_ogg, _LOSSY_BYTES_PER_S_MAX),
    (_mp4, _LOSSY_BYTES_PER_S_MAX),
    (_webm, _LOSSY_BYTES_PER_S_MAX),
    (_mp3, _LOSSY_BYTES_PER_S_MAX),
)
