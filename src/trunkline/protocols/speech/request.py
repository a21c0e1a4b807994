"""The body of POST /audio/speech (inference.md 23)."""

from collections.abc import Mapping
from typing import Annotated, Final, Literal

import msgspec
from msgspec import Meta, Raw, Struct

from trunkline.core.errors import NoEndpoints
from trunkline.protocols.estimates import estimated_tokens
from trunkline.protocols.media_payloads import check_audio
from trunkline.protocols.media_use import MediaUse
from trunkline.protocols.plain_request import PlainRequest, plain_head
from trunkline.protocols.validation import ParseLimits, decode, invalid, top_level

AudioFormat = Literal["pcm", "mp3"]
INPUT_CHARS_MAX: Final = 100_000
REFERENCE_CHARS_MAX: Final = 20 * 1024 * 1024 // 3 * 4 + 128
"""20 MiB in base64, and the head of a data URL."""
TRANSCRIPT_CHARS_MAX: Final = 10_000
MEDIA_TYPES: Final[Mapping[AudioFormat, str]] = {"pcm": "audio/pcm", "mp3": "audio/mpeg"}

_text = msgspec.json.Decoder(Annotated[str, Meta(min_length=1, max_length=INPUT_CHARS_MAX)])
_voice = msgspec.json.Decoder(Annotated[str, Meta(min_length=1, max_length=256)])
_format: msgspec.json.Decoder[AudioFormat] = msgspec.json.Decoder(AudioFormat)
_speed = msgspec.json.Decoder(Annotated[float, Meta(ge=0.25, le=4)])
_string = msgspec.json.Decoder(str)


class _Sample(Struct, frozen=True):
    data: Raw
    format: str | None = None


class _Audio(Struct, frozen=True, tag_field="type", tag="input_audio"):
    input_audio: _Sample


class _Text(Struct, frozen=True, tag_field="type", tag="text"):
    text: Annotated[str, Meta(max_length=TRANSCRIPT_CHARS_MAX)]


_references: msgspec.json.Decoder[list[_Audio | _Text]] = msgspec.json.Decoder(list[_Audio | _Text])


class SpeechRequest(PlainRequest, frozen=True, kw_only=True):
    """A text to be spoken."""

    input: str
    voice: str | None = None
    response_format: AudioFormat = "pcm"
    speed: float | None = None
    instructions: str | None = None

    @property
    def characters(self) -> MediaUse:
        """What most providers bill."""
        return MediaUse("character", len(self.input) * 1000)


def parse_speech(body: bytes, limits: ParseLimits) -> SpeechRequest:
    """The request. Raises InvalidRequest, and NoEndpoints for the cloning of voices, which no format here knows."""
    members = top_level(body)
    head = plain_head(members, limits.models_max)
    if "input" not in members:
        raise invalid("input", "is missing. Send the text to be spoken.")
    text = decode(_text, members["input"], "input")
    if "stream_format" in members and decode(_string, members["stream_format"], "stream_format") != "audio":
        raise invalid("stream_format", "must be audio: the answer is the sound itself, as it is made.")
    if "input_references" in members:
        _check_references(members["input_references"])
        raise NoEndpoints(
            "No endpoints found that clone voices. Leave `input_references` out, and name a `voice`.",
            field="input_references",
        )
    voice, format, speed, instructions = (
        members.get(name) for name in ("voice", "response_format", "speed", "instructions")
    )
    return SpeechRequest(
        models=head.models,
        provider=head.provider,
        user=head.user,
        session_id=head.session_id,
        metadata=head.metadata,
        stream=True,
        prompt_tokens_estimate=estimated_tokens(len(text.encode("utf-8", "replace"))),
        input=text,
        voice=None if voice is None else decode(_voice, voice, "voice"),
        response_format="pcm" if format is None else decode(_format, format, "response_format"),
        speed=None if speed is None else decode(_speed, speed, "speed"),
        instructions=None if instructions is None else decode(_string, instructions, "instructions"),
    )


def _check_references(raw: Raw) -> None:
    """One recording of the voice, and at most one transcript of it."""
    references = decode(_references, raw, "input_references")
    sounds = [reference for reference in references if isinstance(reference, _Audio)]
    if len(sounds) != 1 or len(references) > 2:
        raise invalid("input_references", "must hold one `input_audio`, and at most one `text`, its transcript.")
    check_audio(sounds[0].input_audio.data, "input_references[].input_audio.data")
    if len(sounds[0].input_audio.data) > REFERENCE_CHARS_MAX:
        raise invalid("input_references", "holds a recording of more than 20 MiB. Send a shorter one.")
