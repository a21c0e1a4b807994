"""Formats that answer with the sound itself: OpenAI's, which most copied, Deepgram's and xAI's."""

from collections.abc import Mapping
from typing import Final
from urllib.parse import urlencode

from trunkline.core import json
from trunkline.core.errors import InvalidRequest
from trunkline.core.json import JsonValue
from trunkline.protocols.answers import UpstreamTarget
from trunkline.protocols.codec import Payload
from trunkline.protocols.provider_options import options_for, provider_options
from trunkline.protocols.remote_media import MediaKey
from trunkline.protocols.speech.codec import PCM_RATE, SpeechCodec
from trunkline.protocols.speech.request import SpeechRequest

_ACCEPT: Final = (("accept", "*/*"),)
_NEEDS_VOICE: Final = frozenset({"openai", "azure", "together"})
_TAKES_INSTRUCTIONS: Final = "gpt-4o-"
_OPTIONS: Final = frozenset({"instructions", "speed"})
"""Members of `provider.options` that are known."""
_DEEPGRAM_VOICE_USUAL: Final = "thalia-en"
_XAI_OPTIONS: Final = frozenset({"language", "text_normalization", "optimize_streaming_latency", "replace"})
_XAI_VOICE_USUAL: Final = "eve"


class _AnswersWithSound(SpeechCodec):
    """What is asked of an upstream that does."""

    __slots__ = ()

    def headers(self, request: SpeechRequest, target: UpstreamTarget) -> tuple[tuple[str, str], ...]:
        return _ACCEPT


class OpenAISpeech(_AnswersWithSound):
    """`audio/speech`."""

    __slots__ = ()

    def path(self, request: SpeechRequest, target: UpstreamTarget) -> str:
        return "audio/speech"

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


class DeepgramSpeech(_AnswersWithSound):
    """`speak`: a voice is a part of the model's name, and the form of the sound stands in the address."""

    __slots__ = ()

    def path(self, request: SpeechRequest, target: UpstreamTarget) -> str:
        voice = request.voice or _DEEPGRAM_VOICE_USUAL
        model = voice if voice.startswith(target.upstream_model) else f"{target.upstream_model}-{voice}"
        query = {"model": model}
        if request.response_format == "pcm":
            query |= {"encoding": "linear16", "sample_rate": str(PCM_RATE), "container": "none"}
        else:
            query["encoding"] = "mp3"
        return f"speak?{urlencode(query)}"

    def encode(self, request: SpeechRequest, target: UpstreamTarget, contents: Mapping[MediaKey, str]) -> Payload:
        return Payload(json.encode({"text": request.input}))


class XaiSpeech(_AnswersWithSound):
    """`tts`: no model is named, `voice_id` and `language` are (the latter may be `auto`), and `output_format` tells
    codec and rate apart. There are no instructions: xAI reads tags inside the text."""

    __slots__ = ()

    def path(self, request: SpeechRequest, target: UpstreamTarget) -> str:
        return "tts"

    def encode(self, request: SpeechRequest, target: UpstreamTarget, contents: Mapping[MediaKey, str]) -> Payload:
        body: dict[str, object] = {
            "text": request.input,
            "voice_id": (request.voice or _XAI_VOICE_USUAL).lower(),
            "language": "auto",
            "output_format": {"codec": request.response_format, "sample_rate": PCM_RATE},
        }
        if request.speed is not None:
            body["speed"] = request.speed
        return Payload(json.encode(body | options_for(provider_options(request.provider), target, _XAI_OPTIONS)))
