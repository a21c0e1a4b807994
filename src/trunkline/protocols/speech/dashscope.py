"""Qwen's speech at Alibaba Cloud (DashScope)."""

from collections.abc import Mapping
from typing import Final

import msgspec
from msgspec import Raw, Struct

from trunkline.core import json
from trunkline.core.errors import InvalidRequest
from trunkline.protocols.answers import UpstreamTarget
from trunkline.protocols.codec import Payload
from trunkline.protocols.faults.reading import fault_in_answer
from trunkline.protocols.lenient_json import UNREADABLE, decode_mended
from trunkline.protocols.provider_options import options_for, provider_options
from trunkline.protocols.remote_media import MediaKey
from trunkline.protocols.speech.codec import PCM_RATE, SpeechCodec
from trunkline.protocols.speech.readers import EventSound, SoundReader
from trunkline.protocols.speech.request import SpeechRequest

_OPTIONS: Final = frozenset({"instruction", "language_hints", "volume", "rate", "pitch", "seed"})


class _Audio(Struct):
    data: str | None = None


class _Output(Struct):
    audio: _Audio | None = None
    finish_reason: str | None = None


class _Event(Struct):
    output: _Output | None = None
    code: str | None = None


_event = msgspec.json.Decoder(_Event)


class DashScopeSound(EventSound):
    """Base64 under `output.audio.data`; the last event has a `finish_reason`."""

    def read(self, payload: bytes) -> bytes:
        try:
            event = decode_mended(_event, payload)
        except UNREADABLE:
            return b""
        if event.code:
            self.fault = fault_in_answer(Raw(payload))
            return b""
        output = event.output
        if output is None:
            return b""
        sound = self.decoded(output.audio.data) if output.audio is not None and output.audio.data else b""
        if output.finish_reason == "stop":
            self.end()
        return sound


class DashScopeSpeech(SpeechCodec):
    """`SpeechSynthesizer` with `X-DashScope-SSE: enable`; form and rate stand in `input`."""

    __slots__ = ()

    def path(self, request: SpeechRequest, target: UpstreamTarget) -> str:
        return "services/audio/tts/SpeechSynthesizer"

    def headers(self, request: SpeechRequest, target: UpstreamTarget) -> tuple[tuple[str, str], ...]:
        return (("x-dashscope-sse", "enable"),)

    def encode(self, request: SpeechRequest, target: UpstreamTarget, contents: Mapping[MediaKey, str]) -> Payload:
        if request.voice is None:
            raise InvalidRequest("`voice` is missing, and this provider needs one of its own.", field="voice")
        given: dict[str, object] = {
            "text": request.input,
            "voice": request.voice,
            "format": request.response_format,
            "sample_rate": PCM_RATE,
        }
        given |= options_for(provider_options(request.provider), target, _OPTIONS)
        return Payload(json.encode({"model": target.upstream_model, "input": given}))

    def reader(self, request: SpeechRequest) -> SoundReader:
        return DashScopeSound()
