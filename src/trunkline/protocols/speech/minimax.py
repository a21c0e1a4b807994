"""MiniMax's speech (`t2a_v2`)."""

from collections.abc import Mapping
from typing import Final

import msgspec
from msgspec import Struct

from trunkline.core import json
from trunkline.protocols.answers import UpstreamTarget
from trunkline.protocols.codec import Payload
from trunkline.protocols.events import UpstreamFault
from trunkline.protocols.lenient_json import UNREADABLE, decode_mended
from trunkline.protocols.minimax import Result, result_fault
from trunkline.protocols.provider_options import options_for, provider_options
from trunkline.protocols.remote_media import MediaKey
from trunkline.protocols.speech.codec import MP3_BITS_PER_S, PCM_RATE, SpeechCodec
from trunkline.protocols.speech.readers import EventSound, SoundReader
from trunkline.protocols.speech.request import SpeechRequest

_VOICE_USUAL: Final = "English_expressive_narrator"
_OPTIONS: Final = frozenset({"language_boost", "pronunciation_dict", "voice_modify", "timbre_weights"})
_SPEEDS: Final = (0.5, 2.0)
_DONE: Final = 2


class _Data(Struct):
    audio: str = ""
    status: int = 0


class _Event(Struct):
    data: _Data | None = None
    base_resp: Result | None = None


_event = msgspec.json.Decoder(_Event)


class MiniMaxSound(EventSound):
    """Hexadecimal pieces under `data.audio`; the last event has status 2, and failures have their own codes."""

    def read(self, payload: bytes) -> bytes:
        try:
            event = decode_mended(_event, payload)
        except UNREADABLE:
            return b""
        if event.base_resp is not None and event.base_resp.status_code:
            self.fault = result_fault(event.base_resp)
            return b""
        if event.data is None:
            return b""
        if event.data.status == _DONE:
            self.end()  # what it holds, if anything, is all of it once more
            return b""
        try:
            return bytes.fromhex(event.data.audio)
        except ValueError:
            self.fault = UpstreamFault(status=200, message="A piece of sound is not hexadecimal")
            return b""

    def fault_of(self, stray: bytes) -> UpstreamFault:
        try:
            said = decode_mended(_event, stray).base_resp
        except UNREADABLE:
            said = None
        return super().fault_of(stray) if said is None else result_fault(said)


class MiniMaxSpeech(SpeechCodec):
    """`t2a_v2`, streamed: `stream_options.exclude_aggregated_audio` keeps the last event from saying all again."""

    __slots__ = ()

    def path(self, request: SpeechRequest, target: UpstreamTarget) -> str:
        return "t2a_v2"

    def encode(self, request: SpeechRequest, target: UpstreamTarget, contents: Mapping[MediaKey, str]) -> Payload:
        voice: dict[str, object] = {"voice_id": request.voice or _VOICE_USUAL}
        if request.speed is not None:
            slowest, fastest = _SPEEDS
            voice["speed"] = min(fastest, max(slowest, request.speed))
        form: dict[str, object] = {"format": request.response_format, "sample_rate": PCM_RATE, "channel": 1}
        if request.response_format == "mp3":
            form["bitrate"] = MP3_BITS_PER_S
        body: dict[str, object] = {
            "model": target.upstream_model,
            "text": request.input,
            "stream": True,
            "stream_options": {"exclude_aggregated_audio": True},
            "voice_setting": voice,
            "audio_setting": form,
        }
        return Payload(json.encode(body | options_for(provider_options(request.provider), target, _OPTIONS)))

    def reader(self, request: SpeechRequest) -> SoundReader:
        return MiniMaxSound()
