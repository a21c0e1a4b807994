"""Deepgram's `/v1/listen`: the recording is the body, everything else stands in the address."""

from collections.abc import Mapping
from typing import Final
from urllib.parse import urlencode

import msgspec
from msgspec import Struct

from trunkline.protocols.answers import UpstreamTarget
from trunkline.protocols.codec import Payload
from trunkline.protocols.lenient_json import UNREADABLE, decode_mended, text_of
from trunkline.protocols.provider_options import options_for, provider_options
from trunkline.protocols.remote_media import MediaKey
from trunkline.protocols.transcription.answer import Segment, Transcript, Word
from trunkline.protocols.transcription.codec import TranscriptionCodec, media_type_of, no_transcript
from trunkline.protocols.transcription.request import TranscriptionRequest

_OPTIONS: Final = frozenset(
    {
        "diarize",
        "dictation",
        "filler_words",
        "keyterm",
        "measurements",
        "numerals",
        "paragraphs",
        "profanity_filter",
        "punctuate",
        "redact",
        "smart_format",
    }
)
"""Members of `provider.options` that are known."""


class _Word(Struct):
    word: str
    start: float
    end: float
    punctuated_word: str | None = None


class _Alternative(Struct):
    transcript: str
    words: list[_Word] = []


class _Channel(Struct):
    alternatives: list[_Alternative]
    detected_language: str | None = None


class _Utterance(Struct):
    start: float
    end: float
    transcript: str


class _Results(Struct):
    channels: list[_Channel]
    utterances: list[_Utterance] | None = None


class _Metadata(Struct, frozen=True):
    duration: float | None = None
    request_id: str | None = None


class _Answer(Struct):
    results: _Results
    metadata: _Metadata = _Metadata()


_answer = msgspec.json.Decoder(_Answer)


class DeepgramTranscription(TranscriptionCodec):
    """Implements `Codec`."""

    __slots__ = ()

    def path(self, request: TranscriptionRequest, target: UpstreamTarget) -> str:
        query = {"model": target.upstream_model, "smart_format": "true"}
        query |= {"detect_language": "true"} if request.language is None else {"language": request.language}
        if request.is_verbose:
            query["utterances"] = "true"
        for name, value in options_for(provider_options(request.provider), target, _OPTIONS).items():
            query[name] = text_of(value) or bytes(value).decode()
        return f"listen?{urlencode(query)}"

    def encode(
        self, request: TranscriptionRequest, target: UpstreamTarget, contents: Mapping[MediaKey, str]
    ) -> Payload:
        return Payload(request.recording.content, media_type_of(request.recording.format))

    def read(self, data: bytes) -> Transcript:
        try:
            answer = decode_mended(_answer, data)
            channel = answer.results.channels[0]
            best = channel.alternatives[0]
        except (*UNREADABLE, IndexError):
            raise no_transcript() from None
        utterances = answer.results.utterances
        return Transcript(
            text=best.transcript,
            language=channel.detected_language,
            duration_s=answer.metadata.duration,
            segments=None
            if utterances is None
            else [Segment(id=i, start=u.start, end=u.end, text=u.transcript) for i, u in enumerate(utterances)],
            words=[Word(one.punctuated_word or one.word, one.start, one.end) for one in best.words],
            upstream_id=answer.metadata.request_id,
        )
