"""How long a recording is, as far as its bytes tell cheaply."""

from typing import Final

_WAV_RATE_AT: Final = slice(28, 32)
"""Bytes a second, in the usual head of 44 bytes."""
_WAV_HEAD_BYTES: Final = 44
_BYTES_PER_S_ASSUMED: Final = 4_000
"""Of compressed speech; most has more, so that this is the longest that it may be."""


def seconds_of(content: bytes) -> float:
    """Exact for WAV; for the rest, what a low bit rate would make of the size."""
    if content[:4] == b"RIFF" and content[8:12] == b"WAVE" and len(content) >= _WAV_HEAD_BYTES:
        rate = int.from_bytes(content[_WAV_RATE_AT], "little")
        if rate > 0:
            return (len(content) - _WAV_HEAD_BYTES) / rate
    return len(content) / _BYTES_PER_S_ASSUMED
