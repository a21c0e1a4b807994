"""Speech (inference.md 23): an operation of one shape whose answer is sound, passed on as it comes."""

from msgspec import Struct

from trunkline.catalog.types import Endpoint, Operation
from trunkline.gateway.conversion import TimeLimit, TravelPolicy
from trunkline.gateway.one_shape import OneShapeConversion, spoken
from trunkline.protocols.answers import AnswerIdentity, AnswerStream, UpstreamTarget
from trunkline.protocols.client import ClientFormat
from trunkline.protocols.media_use import MediaUse
from trunkline.protocols.speech.codec import SpeechCodec
from trunkline.protocols.speech.request import MEDIA_TYPES, SpeechRequest
from trunkline.protocols.speech.upstreams import SPEECH


class SpeechConversion(OneShapeConversion[SpeechRequest]):
    """Implements `gateway.conversion.Conversion`: always a stream."""

    __slots__ = ("_speech",)

    def __init__(self, request: SpeechRequest, codec: SpeechCodec, protocol_name: str, target: UpstreamTarget) -> None:
        super().__init__(request, codec, protocol_name, target)
        self._speech = codec

    def open_stream(self, identity: AnswerIdentity) -> AnswerStream:
        return self._speech.open_stream(self._request)


class InboundSpeech(Struct, frozen=True, kw_only=True):
    """Implements `gateway.conversion.Inbound`."""

    request: SpeechRequest
    format: ClientFormat
    operation: Operation = "speech"
    time_limit: TimeLimit | None = None

    @property
    def media_estimate(self) -> tuple[MediaUse, ...]:
        return (self.request.characters,)

    @property
    def sound_type(self) -> str:
        return MEDIA_TYPES[self.request.response_format]

    def served_by(self, endpoint: Endpoint) -> "InboundSpeech":
        return self

    def convert(self, endpoint: Endpoint, target: UpstreamTarget, policy: TravelPolicy) -> SpeechConversion:
        name = spoken(endpoint, SPEECH)
        return SpeechConversion(self.request, SPEECH[name], name, target)
