"""Google's Speech-to-Text, version 2: recordings of up to a minute, recognised while one waits."""

from base64 import b64encode
from collections.abc import Mapping
from typing import Final

import msgspec
from msgspec import Struct

from trunkline.core import json
from trunkline.protocols.answers import UpstreamTarget
from trunkline.protocols.codec import Payload
from trunkline.protocols.lenient_json import UNREADABLE, decode_mended
from trunkline.protocols.remote_media import MediaKey
from trunkline.protocols.transcription.answer import Segment, Transcript, Word
from trunkline.protocols.transcription.codec import TranscriptionCodec, no_transcript
from trunkline.protocols.transcription.request import TranscriptionRequest

_ANY_LANGUAGE: Final = "auto"
_SECONDS_MAX: Final = 10 * 24 * 3600


class _Word(Struct, rename="camel"):
    word: str
    start_offset: str = "0s"
    end_offset: str = "0s"


class _Alternative(Struct):
    transcript: str = ""
    words: list[_Word] = []


class _Result(Struct, rename="camel"):
    alternatives: list[_Alternative] = []
    result_end_offset: str = ""
    language_code: str | None = None


class _Metadata(Struct, rename="camel"):
    request_id: str | None = None
    total_billed_duration: str = ""


class _Answer(Struct):
    results: list[_Result] = []
    metadata: _Metadata | None = None


_answer = msgspec.json.Decoder(_Answer)


class GoogleTranscription(TranscriptionCodec):
    """Implements `Codec`. The recogniser `_` takes its settings from each request; the encoding is found out there."""

    __slots__ = ()

    def path(self, request: TranscriptionRequest, target: UpstreamTarget) -> str:
        return "recognizers/_:recognize"

    def encode(
        self, request: TranscriptionRequest, target: UpstreamTarget, contents: Mapping[MediaKey, str]
    ) -> Payload:
        features: dict[str, object] = {"enableAutomaticPunctuation": True}
        if "word" in request.granularities:
            features["enableWordTimeOffsets"] = True
        config: dict[str, object] = {
            "autoDecodingConfig": {},
            "model": target.upstream_model,
            "languageCodes": [request.language or _ANY_LANGUAGE],
            "features": features,
        }
        content = b64encode(request.recording.content).decode("ascii")
        return Payload(json.encode({"config": config, "content": content}))

    def read(self, data: bytes) -> Transcript:
        try:
            answer = decode_mended(_answer, data)
        except UNREADABLE:
            raise no_transcript() from None
        if answer.metadata is None and not answer.results:
            raise no_transcript()
        heard = [result for result in answer.results if result.alternatives]
        segments, start = list[Segment](), 0.0
        for number, result in enumerate(heard):
            end = max(start, _seconds(result.result_end_offset) or start)
            segments.append(Segment(id=number, start=start, end=end, text=result.alternatives[0].transcript.strip()))
            start = end
        words = [word for result in heard for word in result.alternatives[0].words]
        told = answer.metadata
        return Transcript(
            text=" ".join(segment.text for segment in segments),
            language=next((result.language_code for result in heard if result.language_code), None),
            duration_s=_seconds(told.total_billed_duration) if told is not None else None,
            segments=segments,
            words=[Word(w.word, _seconds(w.start_offset) or 0.0, _seconds(w.end_offset) or 0.0) for w in words],
            upstream_id=told.request_id if told is not None else None,
        )


def _seconds(offset: str) -> float | None:
    """`1.250s`; None for anything else."""
    number = offset.removesuffix("s")
    if number == offset or not number.replace(".", "", 1).isascii() or not number.replace(".", "", 1).isdigit():
        return None
    seconds = float(number)
    return seconds if seconds <= _SECONDS_MAX else None
