"""Qwen's transcription at Alibaba Cloud (DashScope): a message that holds the recording."""

from base64 import b64encode
from collections.abc import Mapping

import msgspec
from msgspec import Raw, Struct

from trunkline.core import json
from trunkline.protocols.answers import UpstreamTarget
from trunkline.protocols.codec import Payload
from trunkline.protocols.faults.reading import fault_in_answer
from trunkline.protocols.lenient_json import NOTHING, UNREADABLE, decode_mended, is_blank
from trunkline.protocols.provider_options import options_for, provider_options
from trunkline.protocols.remote_media import MediaKey
from trunkline.protocols.transcription.answer import Transcript
from trunkline.protocols.transcription.codec import (
    TranscriptionCodec,
    Unreadable,
    media_type_of,
    no_transcript,
    refuse_verbose,
)
from trunkline.protocols.transcription.request import TranscriptionRequest

_OPTIONS = frozenset({"enable_itn"})
"""Members of `asr_options` that `provider.options` may say."""


class _Part(Struct, frozen=True):
    text: str = ""


class _Annotation(Struct, frozen=True):
    language: str | None = None


class _Message(Struct, frozen=True):
    content: list[_Part] = []
    annotations: list[_Annotation] = []


class _Choice(Struct, frozen=True):
    message: _Message


class _Output(Struct, frozen=True):
    choices: list[_Choice]


class _Answer(Struct):
    output: _Output | None = None
    usage: Raw = NOTHING
    request_id: str | None = None
    code: Raw = NOTHING


_answer = msgspec.json.Decoder(_Answer)


class DashScopeTranscription(TranscriptionCodec):
    """Implements `Codec`. It tells no times."""

    __slots__ = ()

    def path(self, request: TranscriptionRequest, target: UpstreamTarget) -> str:
        return "services/aigc/multimodal-generation/generation"

    def encode(
        self, request: TranscriptionRequest, target: UpstreamTarget, contents: Mapping[MediaKey, str]
    ) -> Payload:
        if request.is_verbose:
            raise refuse_verbose(target)
        recording = request.recording
        audio = f"data:{media_type_of(recording.format)};base64,{b64encode(recording.content).decode('ascii')}"
        options: dict[str, object] = {**options_for(provider_options(request.provider), target, _OPTIONS)}
        if request.language is not None:
            options["language"] = request.language
        body: dict[str, object] = {
            "model": target.upstream_model,
            "input": {"messages": [{"role": "user", "content": [{"audio": audio}]}]},
            "parameters": {"asr_options": options},
        }
        return Payload(json.encode(body))

    def read(self, data: bytes) -> Transcript:
        try:
            answer = decode_mended(_answer, data)
        except UNREADABLE:
            raise no_transcript() from None
        if not is_blank(answer.code):
            raise Unreadable(fault_in_answer(Raw(data)))
        if answer.output is None or not answer.output.choices:
            raise no_transcript()
        message = answer.output.choices[0].message
        return Transcript(
            text="".join(part.text for part in message.content),
            language=next((one.language for one in message.annotations if one.language), None),
            usage=answer.usage,
            upstream_id=answer.request_id,
        )
