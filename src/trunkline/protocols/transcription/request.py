"""The bodies of POST /audio/transcriptions, JSON and form (inference.md 24)."""

import re
from base64 import b64decode
from binascii import Error as Base64Error
from collections.abc import Mapping
from typing import Annotated, Final, Literal

import msgspec
from msgspec import Meta, Raw, Struct

from trunkline.core import json
from trunkline.core.errors import PayloadTooLarge
from trunkline.protocols.estimates import TOKENS_PER_MEDIA_SECOND
from trunkline.protocols.media_payloads import without_data_prefix
from trunkline.protocols.media_use import MediaUse
from trunkline.protocols.plain_request import PlainHead, PlainRequest, plain_head
from trunkline.protocols.transcription.duration import seconds_of
from trunkline.protocols.validation import ParseLimits, decode, invalid, top_level

Granularity = Literal["word", "segment"]
FILE_BYTES_MAX: Final = 25 * 1024 * 1024
_AUDIO: Final = frozenset({"audio"})
_FORMAT: Final = re.compile(r"[a-z0-9]{1,8}")
_REFUSED: Final = ("text", "srt", "vtt")

_string = msgspec.json.Decoder(str)
_number = msgspec.json.Decoder(Annotated[float, Meta(ge=0, le=1)])
_GRANULARITIES = ("timestamp_granularities[]", "timestamp_granularities", "timestamp_granularities[][]")
"""As forms write a list: OpenAI's, any, and OpenRouter's own Python SDK, which appends its brackets twice."""
_granularities = msgspec.json.Decoder(frozenset[Granularity])


class _Audio(Struct, frozen=True):
    data: str
    format: str


_audio = msgspec.json.Decoder(_Audio)


class Recording(Struct, frozen=True):
    """`format` is an extension: wav, mp3 …"""

    content: bytes
    format: str


class TranscriptionRequest(PlainRequest, frozen=True, kw_only=True):
    """The text of one recording is asked for."""

    recording: Recording
    language: str | None = None
    temperature: float | None = None
    is_verbose: bool = False
    granularities: frozenset[Granularity] = frozenset()

    @property
    def seconds(self) -> MediaUse:
        """How long it takes to hear: exact for WAV, else guessed from the size."""
        return MediaUse("second", round(seconds_of(self.recording.content) * 1000))


def parse_transcription(body: bytes, limits: ParseLimits) -> TranscriptionRequest:
    """The request of a JSON body. Raises InvalidRequest, or PayloadTooLarge for a file above 25 MB."""
    members = top_level(body)
    head = plain_head(members, limits.models_max)
    if "input_audio" not in members:
        raise invalid("input_audio", "is missing. Send `data` in base64 and its `format`, or a form with a `file`.")
    audio = decode(_audio, members["input_audio"], "input_audio")
    data = without_data_prefix(audio.data)
    if len(data) // 4 * 3 > FILE_BYTES_MAX + 2:
        raise too_large()
    try:
        content = b64decode(data, validate=True)
    except (Base64Error, ValueError):
        raise invalid("input_audio.data", "is not valid base64. Encode the whole file and send it unbroken.") from None
    return _request(head, members, _recording(content, audio.format, "input_audio.format"))


def request_of_form(
    fields: Mapping[str, list[str]], content: bytes, format: str, limits: ParseLimits
) -> TranscriptionRequest:
    """The request of a form. Raises InvalidRequest."""
    members = {name: json.raw(values[-1]) for name, values in fields.items() if name in ("model", "language", "user")}
    members |= {
        name: Raw(fields[name][-1].encode()) for name in ("temperature", "provider", "metadata") if name in fields
    }
    if "response_format" in fields:
        members["response_format"] = json.raw(fields["response_format"][-1])
    granularities = next((fields[name] for name in _GRANULARITIES if name in fields), None)
    if granularities is not None:
        members["timestamp_granularities"] = json.raw(list[json.JsonValue](granularities))
    return _request(plain_head(members, limits.models_max), members, _recording(content, format, "file"))


def too_large() -> PayloadTooLarge:
    return PayloadTooLarge(
        f"Request payload too large: a recording may have at most {FILE_BYTES_MAX // 1024**2} MiB. Split it into "
        "shorter ones.",
        field="file",
    )


def _recording(content: bytes, format: str, field: str) -> Recording:
    if len(content) > FILE_BYTES_MAX:
        raise too_large()
    if not content:
        raise invalid(field.partition(".")[0], "is empty. Send a recording.")
    name = format.lower()
    if not _FORMAT.fullmatch(name):
        raise invalid(field, "names no audio format. Use wav, mp3, flac, m4a, ogg, webm or another extension.")
    return Recording(content, name)


def _request(head: PlainHead, members: Mapping[str, Raw], recording: Recording) -> TranscriptionRequest:
    language, temperature = members.get("language"), members.get("temperature")
    is_verbose = _is_verbose(members)
    granularities = members.get("timestamp_granularities")
    seconds = seconds_of(recording.content)
    return TranscriptionRequest(
        models=head.models,
        provider=head.provider,
        user=head.user,
        session_id=head.session_id,
        metadata=head.metadata,
        prompt_tokens_estimate=round(seconds * TOKENS_PER_MEDIA_SECOND),
        input_modalities=_AUDIO,
        num_audio=1,
        num_media=1,
        recording=recording,
        language=None if language is None else decode(_string, language, "language"),
        temperature=None if temperature is None else decode(_number, temperature, "temperature"),
        is_verbose=is_verbose,
        granularities=frozenset()
        if granularities is None or not is_verbose
        else decode(_granularities, granularities, "timestamp_granularities"),
    )


def _is_verbose(members: Mapping[str, Raw]) -> bool:
    if "response_format" not in members:
        return False
    wanted = decode(_string, members["response_format"], "response_format")
    if wanted in ("json", "verbose_json"):
        return wanted == "verbose_json"
    why = "is not offered here" if wanted in _REFUSED else "is unknown"
    raise invalid("response_format", f"{wanted[:20]!r} {why}. Use json or verbose_json.")
