"""Images (inference.md 22): an operation of one shape that streams where the first endpoint of its plan can."""

from msgspec import Struct
from msgspec.structs import replace

from trunkline.catalog.types import Endpoint, Operation
from trunkline.gateway.conversion import TimeLimit, TravelPolicy
from trunkline.gateway.one_shape import OneShapeConversion, spoken
from trunkline.protocols.answers import AnswerIdentity, AnswerStream, UpstreamTarget
from trunkline.protocols.client import ClientFormat
from trunkline.protocols.images.abilities import ImageAbilities, abilities_of
from trunkline.protocols.images.answer import media_used
from trunkline.protocols.images.codec import ImagesCodec
from trunkline.protocols.images.request import ImagesRequest
from trunkline.protocols.images.upstreams import IMAGES
from trunkline.protocols.media_use import MediaUse


class ImagesConversion(OneShapeConversion[ImagesRequest]):
    """Implements `gateway.conversion.Conversion`, streams included."""

    __slots__ = ("_images",)

    def __init__(self, request: ImagesRequest, codec: ImagesCodec, protocol_name: str, target: UpstreamTarget) -> None:
        super().__init__(request, codec, protocol_name, target)
        self._images = codec

    def open_stream(self, identity: AnswerIdentity) -> AnswerStream:
        return self._images.open_stream(self._request, self._target, identity)


class InboundImages(Struct, frozen=True, kw_only=True):
    """Implements `gateway.conversion.Inbound`."""

    request: ImagesRequest
    format: ClientFormat
    operation: Operation = "image"
    time_limit: TimeLimit | None = None
    sound_type: str = ""

    @property
    def media_estimate(self) -> tuple[MediaUse, ...]:
        return media_used(self.request, self.request.n)

    def served_by(self, endpoint: Endpoint) -> "InboundImages":
        """`stream` is ignored where the endpoint does not stream (22.3)."""
        if not self.request.stream or image_abilities(endpoint).streams:
            return self
        return replace(self, request=replace(self.request, stream=False))

    def convert(self, endpoint: Endpoint, target: UpstreamTarget, policy: TravelPolicy) -> ImagesConversion:
        name = spoken_of(endpoint)
        return ImagesConversion(self.request, IMAGES[name], name, replace(target, protocol=name))


def spoken_of(endpoint: Endpoint) -> str:
    """The format in which a callable endpoint is asked for images."""
    return spoken(endpoint, IMAGES)


def image_abilities(endpoint: Endpoint) -> ImageAbilities:
    """What is known of the endpoint's model."""
    return abilities_of(spoken_of(endpoint), endpoint.provider, endpoint.upstream_model)
