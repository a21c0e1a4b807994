"""OpenAI's transcription, and everybody's who copied it: a form with the file in it."""

from collections.abc import Mapping
from typing import Final

import msgspec
from msgspec import Raw, Struct
from msgspec.structs import replace

from trunkline.protocols.answers import UpstreamTarget
from trunkline.protocols.codec import Payload
from trunkline.protocols.faults.reading import fault_in_answer
from trunkline.protocols.lenient_json import NOTHING, UNREADABLE, decode_mended, is_blank, text_of
from trunkline.protocols.multipart import FilePart, form, new_boundary
from trunkline.protocols.provider_options import options_for, provider_options
from trunkline.protocols.remote_media import MediaKey
from trunkline.protocols.transcription.answer import Segment, Transcript, Word
from trunkline.protocols.transcription.codec import (
    TranscriptionCodec,
    Unreadable,
    media_type_of,
    no_transcript,
    refuse_verbose,
)
from trunkline.protocols.transcription.request import TranscriptionRequest

_WITHOUT_TIMES: Final = ("gpt-4o-", "gpt-transcribe")
"""Models that answer in plain JSON alone."""
_TELLS_LENGTH_VERBOSELY: Final = frozenset({"groq", "together"})
"""Providers whose plain answers leave out how long the recording was, which they bill."""
_OPTIONS: Final = frozenset({"prompt", "chunking_strategy", "include"})
"""Members of `provider.options` that are known."""
_WITHOUT_FORMATS: Final = "mistral"
"""Always answers the same way, with times where they are asked for."""


class _Answer(Struct):
    text: str
    language: str | None = None
    duration: float | None = None
    segments: list[Segment] | None = None
    words: list[Word] | None = None
    usage: Raw = NOTHING


class _Failure(Struct):
    error: Raw = NOTHING


_answer = msgspec.json.Decoder(_Answer, strict=False)
_failure = msgspec.json.Decoder(_Failure)


class OpenAITranscription(TranscriptionCodec):
    """Implements `Codec`."""

    __slots__ = ()

    def path(self, request: TranscriptionRequest, target: UpstreamTarget) -> str:
        return "audio/transcriptions"

    def encode(
        self, request: TranscriptionRequest, target: UpstreamTarget, contents: Mapping[MediaKey, str]
    ) -> Payload:
        if request.is_verbose and target.upstream_model.startswith(_WITHOUT_TIMES):
            raise refuse_verbose(target)
        fields = [("model", target.upstream_model)]
        if request.language is not None:
            fields.append(("language", request.language))
        if request.temperature is not None:
            fields.append(("temperature", f"{request.temperature:g}"))
        fields += _times(request, target)
        options = options_for(provider_options(request.provider), target, _OPTIONS)
        fields += [(name, _written(value)) for name, value in options.items()]
        recording = request.recording
        file = FilePart("file", f"audio.{recording.format}", media_type_of(recording.format), recording.content)
        written = form(fields, [file], new_boundary())
        return Payload(written.body, written.content_type)

    def read(self, data: bytes) -> Transcript:
        try:
            answer = decode_mended(_answer, data)
        except UNREADABLE:
            raise _why(data) from None
        segments = answer.segments
        return Transcript(
            text=answer.text,
            language=answer.language,
            duration_s=answer.duration,
            segments=None if segments is None else [replace(s, id=index) for index, s in enumerate(segments)],
            words=answer.words,
            usage=answer.usage,
        )


def _written(value: Raw) -> str:
    """A text without its quotes, anything else as JSON."""
    return text_of(value) or bytes(value).decode()


def _times(request: TranscriptionRequest, target: UpstreamTarget) -> list[tuple[str, str]]:
    """Which form of answer is wanted, with which times in it."""
    wanted = sorted(request.granularities or {"segment"}) if request.is_verbose else []
    if target.provider == _WITHOUT_FORMATS:
        return [("timestamp_granularities", granularity) for granularity in wanted]
    is_verbose = request.is_verbose or target.provider in _TELLS_LENGTH_VERBOSELY
    fields = [("response_format", "verbose_json" if is_verbose else "json")]
    return fields + [("timestamp_granularities[]", granularity) for granularity in wanted]


def _why(data: bytes) -> Unreadable:
    try:
        error = decode_mended(_failure, data).error
    except UNREADABLE:
        return no_transcript()
    return no_transcript() if is_blank(error) else Unreadable(fault_in_answer(error))
