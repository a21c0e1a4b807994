"""Mistral's speech: OpenAI's path, and an answer of events."""

from collections.abc import Mapping
from typing import Final

import msgspec
from msgspec import Raw, Struct

from trunkline.core import json
from trunkline.protocols.answers import UpstreamTarget
from trunkline.protocols.codec import Payload
from trunkline.protocols.faults.reading import fault_in_answer
from trunkline.protocols.lenient_json import NOTHING, UNREADABLE, decode_mended, is_blank
from trunkline.protocols.provider_options import options_for, provider_options
from trunkline.protocols.remote_media import MediaKey
from trunkline.protocols.speech.codec import SpeechCodec
from trunkline.protocols.speech.readers import EventSound, SoundReader
from trunkline.protocols.speech.request import SpeechRequest
from trunkline.protocols.speech.samples import Samples

_VOICE_USUAL: Final = "en_paul_neutral"
_OPTIONS: Final = frozenset({"ref_audio"})


class _Event(Struct):
    type: str = ""
    audio_data: str = ""
    usage: Raw = NOTHING
    error: Raw = NOTHING


_event = msgspec.json.Decoder(_Event)


class MistralSound(EventSound):
    """`speech.audio.delta` with `audio_data` in base64, then `speech.audio.done`. Its PCM has samples of 32 bits."""

    def __init__(self, samples: Samples | None) -> None:
        super().__init__()
        self._samples = samples

    def read(self, payload: bytes) -> bytes:
        try:
            event = decode_mended(_event, payload)
        except UNREADABLE:
            return b""
        if not is_blank(event.error):
            self.fault = fault_in_answer(event.error)
            return b""
        if not event.audio_data:
            if event.type.endswith(".done") or not is_blank(event.usage):
                self.end()
            return b""
        sound = self.decoded(event.audio_data)
        return sound if self._samples is None else self._samples.take(sound)


class MistralSpeech(SpeechCodec):
    """`audio/speech` with `stream`; a voice is named by `voice_id`. There are neither speeds nor instructions."""

    __slots__ = ()

    def path(self, request: SpeechRequest, target: UpstreamTarget) -> str:
        return "audio/speech"

    def encode(self, request: SpeechRequest, target: UpstreamTarget, contents: Mapping[MediaKey, str]) -> Payload:
        body: dict[str, object] = {
            "model": target.upstream_model,
            "input": request.input,
            "voice_id": request.voice or _VOICE_USUAL,
            "response_format": request.response_format,
            "stream": True,
        }
        return Payload(json.encode(body | options_for(provider_options(request.provider), target, _OPTIONS)))

    def reader(self, request: SpeechRequest) -> SoundReader:
        return MistralSound(Samples() if request.response_format == "pcm" else None)
