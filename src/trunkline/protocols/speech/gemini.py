"""Gemini's models that speak: a generation whose answer is sound (`responseModalities: ["AUDIO"]`)."""

from collections.abc import Mapping
from typing import Final

import msgspec
from msgspec import Raw, Struct

from trunkline.core import json
from trunkline.core.errors import InvalidRequest
from trunkline.protocols.answers import UpstreamTarget
from trunkline.protocols.codec import Payload
from trunkline.protocols.events import UpstreamFault, Usage
from trunkline.protocols.faults.reading import fault_in_answer
from trunkline.protocols.gemini.hosts import AI_STUDIO, Host
from trunkline.protocols.gemini.usage import UsageReader
from trunkline.protocols.lenient_json import NOTHING, UNREADABLE, decode_mended, is_blank
from trunkline.protocols.provider_options import options_for, provider_options
from trunkline.protocols.remote_media import MediaKey
from trunkline.protocols.speech.codec import SpeechCodec
from trunkline.protocols.speech.readers import EventSound, SoundReader
from trunkline.protocols.speech.request import SpeechRequest

_VOICE_USUAL: Final = "Kore"
_OPTIONS: Final = frozenset({"languageCode", "multiSpeakerVoiceConfig"})


class _InlineData(Struct, rename="camel"):
    data: str = ""


class _Part(Struct, rename="camel"):
    inline_data: _InlineData | None = None


class _Content(Struct):
    parts: list[_Part] | None = None


class _Candidate(Struct, rename="camel"):
    content: _Content | None = None
    finish_reason: str | None = None


class _Chunk(Struct, rename="camel"):
    candidates: list[_Candidate] | None = None
    usage_metadata: Raw = NOTHING
    prompt_feedback: Raw = NOTHING
    error: Raw = NOTHING


_chunk = msgspec.json.Decoder(_Chunk)


class GeminiSound(EventSound):
    """Base64 of PCM, 24 kHz with 16 bits. The candidate's `finishReason` is the end, and a stop the only good one."""

    def __init__(self) -> None:
        super().__init__()
        self._counts = UsageReader()

    @property
    def usage(self) -> Usage | None:
        return self._counts.usage(0)

    def read(self, payload: bytes) -> bytes:
        try:
            chunk = decode_mended(_chunk, payload)
        except UNREADABLE:
            return b""
        if not is_blank(chunk.error):
            self.fault = fault_in_answer(chunk.error)
            return b""
        if not is_blank(chunk.usage_metadata):
            self._counts.read(chunk.usage_metadata)
        if not chunk.candidates:
            if not is_blank(chunk.prompt_feedback):
                self.fault = _blocked("the prompt")
            return b""
        candidate = chunk.candidates[0]
        parts = candidate.content.parts if candidate.content is not None else None
        sound = b"".join([self.decoded(part.inline_data.data) for part in parts or () if part.inline_data is not None])
        if candidate.finish_reason == "STOP":
            self.end()
        elif candidate.finish_reason is not None:
            self.fault = _blocked(candidate.finish_reason)
        return sound


class GeminiSpeech(SpeechCodec):
    """`streamGenerateContent`. How it is said stands in front of what is said; there are no speeds, and no MP3."""

    __slots__ = ("_host",)

    def __init__(self, host: Host = AI_STUDIO) -> None:
        self._host = host

    def path(self, request: SpeechRequest, target: UpstreamTarget) -> str:
        return f"{self._host.resource(target.upstream_model)}:streamGenerateContent?alt=sse"

    def encode(self, request: SpeechRequest, target: UpstreamTarget, contents: Mapping[MediaKey, str]) -> Payload:
        if request.response_format != "pcm":
            raise InvalidRequest(
                f"`response_format` {request.response_format} is not offered by {target.upstream_model}. Use pcm.",
                field="response_format",
            )
        said = request.input if request.instructions is None else f"{request.instructions}\n\n{request.input}"
        voice = {"prebuiltVoiceConfig": {"voiceName": request.voice or _VOICE_USUAL}}
        options = options_for(provider_options(request.provider), target, _OPTIONS)
        speech: dict[str, object] = {**options}
        if "multiSpeakerVoiceConfig" not in options:
            speech["voiceConfig"] = voice
        body: dict[str, object] = {
            "contents": [{"role": "user", "parts": [{"text": said}]}],
            "generationConfig": {"responseModalities": ["AUDIO"], "speechConfig": speech},
        }
        return Payload(json.encode(body))

    def reader(self, request: SpeechRequest) -> SoundReader:
        return GeminiSound()


def _blocked(why: str) -> UpstreamFault:
    return UpstreamFault(status=200, code="content_filter", message=f"No sound, or no more of it: {why}")
