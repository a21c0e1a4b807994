"""What the upstream formats of transcription have in common: reading what was used, and the answer's shape."""

from abc import abstractmethod
from collections.abc import Mapping, Sequence
from typing import Final

from msgspec.structs import replace

from trunkline.core.errors import InvalidRequest
from trunkline.protocols.answers import AnswerBody, AnswerIdentity, Facts, UpstreamTarget
from trunkline.protocols.codec import Codec, NoAnswer, Payload
from trunkline.protocols.events import UpstreamFault, Usage
from trunkline.protocols.lenient_json import int_of, is_blank, members_of, object_of
from trunkline.protocols.media_types import type_of_name
from trunkline.protocols.media_use import MediaUse
from trunkline.protocols.remote_media import MediaKey
from trunkline.protocols.transcription.answer import Transcript, TranscriptBody
from trunkline.protocols.transcription.request import TranscriptionRequest
from trunkline.protocols.usage import normalise

_SECONDS_MAX: Final = 10 * 24 * 3600
_TYPES: Final = {"m4a": "audio/mp4", "flac": "audio/flac", "ogg": "audio/ogg", "opus": "audio/ogg"}


class Unreadable(Exception):
    """An upstream's answer is no transcript."""

    def __init__(self, fault: UpstreamFault) -> None:
        super().__init__(fault.message)
        self.fault = fault


class TranscriptionCodec(Codec[TranscriptionRequest]):
    """One upstream format of transcription."""

    __slots__ = ()

    @abstractmethod
    def path(self, request: TranscriptionRequest, target: UpstreamTarget) -> str: ...

    @abstractmethod
    def encode(
        self, request: TranscriptionRequest, target: UpstreamTarget, contents: Mapping[MediaKey, str]
    ) -> Payload: ...

    @abstractmethod
    def read(self, data: bytes) -> Transcript:
        """One answer. Raises Unreadable, and nothing else, whatever the bytes."""

    def open_body(
        self, bodies: Sequence[bytes], request: TranscriptionRequest, target: UpstreamTarget, identity: AnswerIdentity
    ) -> AnswerBody:
        try:
            said = self.read(bodies[0])
        except Unreadable as error:
            return NoAnswer(Facts(fault=error.fault))
        if not said.text and request.is_verbose and said.segments is None:
            said.segments = []
        seconds, usage = _used(said)
        facts = Facts(content_seen=True, finish_reason="stop", done=True, upstream_id=said.upstream_id)
        facts.usage = usage
        facts.output_chars = len(said.text)
        heard = request.seconds if seconds is None else MediaUse("second", round(seconds * 1000))
        facts.media_used = (heard,)
        if "word" not in request.granularities:
            said.words = None
        return TranscriptBody(facts, said, seconds, identity, is_verbose=request.is_verbose)


def no_transcript(message: str = "The answer is no transcript") -> Unreadable:
    """The failure of an answer that came with status 200 and is none."""
    return Unreadable(UpstreamFault(status=200, message=message))


def media_type_of(format: str) -> str:
    """The media type of a recording by its extension."""
    return type_of_name(f".{format}") or _TYPES.get(format, f"audio/{format}")


def refuse_verbose(target: UpstreamTarget) -> InvalidRequest:
    """The 400 of a model that knows no times."""
    return InvalidRequest(
        f"`response_format` verbose_json is not offered by {target.upstream_model}. Use json, or another model.",
        field="response_format",
    )


def _used(said: Transcript) -> tuple[float | None, Usage | None]:
    """Seconds and tokens, as far as they were told."""
    if is_blank(said.usage):
        return said.duration_s, None
    members = members_of(said.usage)
    told = next((members[name] for name in ("seconds", "prompt_audio_seconds") if name in members), None)
    seconds = said.duration_s
    if isinstance(told, int | float) and not isinstance(told, bool) and 0 <= told <= _SECONDS_MAX:
        seconds = told
    usage = normalise(said.usage)
    audio = int_of(object_of(object_of(said.usage).get("input_token_details")).get("audio_tokens"))
    if audio is not None:
        usage = replace(usage, prompt_audio_tokens=min(usage.prompt_tokens, max(0, audio)))
    return seconds, usage if usage.prompt_tokens or usage.completion_tokens else None
