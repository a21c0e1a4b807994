"""The formats of speech: OpenAI's, which most copied, and Deepgram's."""

from collections.abc import Mapping, Sequence
from typing import Final
from urllib.parse import urlencode

from trunkline.core import json
from trunkline.core.errors import InvalidRequest
from trunkline.core.json import JsonValue
from trunkline.protocols.answers import AnswerBody, AnswerIdentity, UpstreamTarget
from trunkline.protocols.codec import Codec, Payload
from trunkline.protocols.provider_options import options_for, provider_options
from trunkline.protocols.remote_media import MediaKey
from trunkline.protocols.speech.request import SpeechRequest

_ACCEPT: Final = (("accept", "*/*"),)
_NEEDS_VOICE: Final = frozenset({"openai", "azure", "together"})
_TAKES_INSTRUCTIONS: Final = "gpt-4o-"
_OPTIONS: Final = frozenset({"instructions", "speed"})
"""Members of `provider.options` that are known."""
_PCM_RATE: Final = "24000"
_DEEPGRAM_VOICE_USUAL: Final = "thalia-en"


class _SpeechCodec(Codec[SpeechRequest]):
    def open_body(
        self, bodies: Sequence[bytes], request: SpeechRequest, target: UpstreamTarget, identity: AnswerIdentity
    ) -> AnswerBody:
        raise AssertionError("speech is passed on as it comes")


class OpenAISpeech(_SpeechCodec):
    """Implements `Codec`."""

    __slots__ = ()

    def path(self, request: SpeechRequest, target: UpstreamTarget) -> str:
        return "audio/speech"

    def headers(self, request: SpeechRequest, target: UpstreamTarget) -> tuple[tuple[str, str], ...]:
        return _ACCEPT

    def encode(self, request: SpeechRequest, target: UpstreamTarget, contents: Mapping[MediaKey, str]) -> Payload:
        if request.voice is None and target.provider in _NEEDS_VOICE:
            raise InvalidRequest("`voice` is missing, and this provider needs one, such as alloy.", field="voice")
        body: dict[str, JsonValue] = {
            "model": target.upstream_model,
            "input": request.input,
            "response_format": request.response_format,
        }
        if request.voice is not None:
            body["voice"] = request.voice
        if request.speed is not None:
            body["speed"] = request.speed
        if request.instructions is not None and target.upstream_model.startswith(_TAKES_INSTRUCTIONS):
            body["instructions"] = request.instructions
        options = options_for(provider_options(request.provider), target, _OPTIONS)
        return Payload(json.encode({**body, **options}))


class DeepgramSpeech(_SpeechCodec):
    """Implements `Codec`. A voice is a part of the model's name."""

    __slots__ = ()

    def path(self, request: SpeechRequest, target: UpstreamTarget) -> str:
        voice = request.voice or _DEEPGRAM_VOICE_USUAL
        model = voice if voice.startswith(target.upstream_model) else f"{target.upstream_model}-{voice}"
        query = {"model": model}
        if request.response_format == "pcm":
            query |= {"encoding": "linear16", "sample_rate": _PCM_RATE, "container": "none"}
        else:
            query["encoding"] = "mp3"
        return f"speak?{urlencode(query)}"

    def headers(self, request: SpeechRequest, target: UpstreamTarget) -> tuple[tuple[str, str], ...]:
        return _ACCEPT

    def encode(self, request: SpeechRequest, target: UpstreamTarget, contents: Mapping[MediaKey, str]) -> Payload:
        return Payload(json.encode({"text": request.input}))
