"""The Sandbox's ears and voice: it hears nothing, and says so; what it says is a tone, or silence in MP3."""

import math
import struct
from typing import Final

import msgspec
from msgspec import Struct

from trunkline.core import json

SECONDS_HEARD = 1.0
"""Of every recording: the Sandbox opens none."""


def transcription(form: bytes) -> bytes:
    """A transcript that follows from the size of what was sent alone."""
    text = f"The Sandbox got a recording in a form of {len(form)} bytes."
    return json.encode(
        {
            "text": text,
            "language": "english",
            "duration": SECONDS_HEARD,
            "segments": [{"id": 0, "start": 0.0, "end": SECONDS_HEARD, "text": text}],
            "words": [{"word": word, "start": 0.0, "end": SECONDS_HEARD} for word in text.split()],
            "usage": {"type": "duration", "seconds": SECONDS_HEARD},
        }
    )


_RATE: Final = 24_000
_TONE_HZ: Final = 440
_LOUDNESS: Final = 8_000
_MS_PER_CHARACTER: Final = 20
_MS_MAX: Final = 60_000
_MP3_FRAME: Final = b"\xff\xf3\xc4\xc4" + bytes(380)
"""MPEG 2 layer III, 128 kbit, 24 kHz, one channel: 24 ms without a sound."""
_MS_OF_FRAME: Final = 24


class _Speech(Struct, frozen=True):
    input: str = ""
    response_format: str = "pcm"


_decoder = msgspec.json.Decoder(_Speech)


def speech(body: bytes) -> bytes:
    """A tone as long as the text takes: 16-bit PCM at 24 kHz. In MP3 it is silence."""
    asked = _decoder.decode(body)
    duration_ms = min(_MS_MAX, max(100, len(asked.input) * _MS_PER_CHARACTER))
    if asked.response_format == "mp3":
        return _MP3_FRAME * -(-duration_ms // _MS_OF_FRAME)
    wave = [round(_LOUDNESS * math.sin(2 * math.pi * n * _TONE_HZ / _RATE)) for n in range(_RATE // 20)]
    period = struct.pack(f"<{len(wave)}h", *wave)  # 50 ms hold 22 whole waves, so that pieces fit together
    return (period * -(-duration_ms // 50))[: _RATE * duration_ms // 1000 * 2]
