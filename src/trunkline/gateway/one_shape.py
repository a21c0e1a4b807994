"""Operations of one shape each (embeddings, rerank …): no hub, one codec for each upstream format (architecture 2)."""

from collections.abc import Mapping
from typing import Generic, Protocol, TypeVar

from msgspec import Struct

from trunkline.catalog.types import Endpoint, Operation
from trunkline.gateway.conversion import EncodedRequest, TravelPolicy
from trunkline.protocols.answers import AnswerBody, AnswerIdentity, AnswerStream, UpstreamTarget
from trunkline.protocols.client import AskedRequest, ClientFormat
from trunkline.protocols.faults.classify import classify
from trunkline.protocols.faults.types import Classified
from trunkline.protocols.media_use import MediaUse
from trunkline.protocols.remote_media import FetchedMedia, RemoteMedia

R = TypeVar("R", bound=AskedRequest)
R_contra = TypeVar("R_contra", bound=AskedRequest, contravariant=True)


class Codec(Protocol[R_contra]):
    """One upstream format of one operation."""

    def path(self, request: R_contra, target: UpstreamTarget) -> str:
        """Under the provider's base URL, without a leading slash."""
        ...

    def headers(self, request: R_contra, target: UpstreamTarget) -> tuple[tuple[str, str], ...]:
        """What the format asks for beside authentication. Names in lower case."""
        ...

    def encode(self, request: R_contra, target: UpstreamTarget) -> bytes:
        """The upstream's body. Raises InvalidRequest for what this format cannot say."""
        ...

    def open_body(self, data: bytes, request: R_contra, target: UpstreamTarget, identity: AnswerIdentity) -> AnswerBody:
        """A whole answer, read. One that is none has a fault in its facts; nothing is raised, whatever the bytes."""
        ...


class OneShapeConversion(Generic[R]):
    """Implements `gateway.conversion.Conversion`."""

    __slots__ = ("_codec", "_request", "_target", "protocol_name")

    def __init__(self, request: R, codec: Codec[R], protocol_name: str, target: UpstreamTarget) -> None:
        self._request = request
        self._codec = codec
        self._target = target
        self.protocol_name = protocol_name

    def remote_media(self) -> tuple[RemoteMedia, ...]:
        return ()

    def encode(self, fetched: FetchedMedia | None = None) -> EncodedRequest:
        request, target, codec = self._request, self._target, self._codec
        return EncodedRequest(
            codec.path(request, target), codec.headers(request, target), codec.encode(request, target)
        )

    def classify(self, status: int, headers: Mapping[str, str], body: bytes, *, now_ms: int) -> Classified:
        return classify(status, headers, body, now_ms=now_ms)

    def open_stream(self, identity: AnswerIdentity) -> AnswerStream:
        raise AssertionError("an operation that answers whole was asked for a stream")

    def open_body(self, data: bytes, identity: AnswerIdentity) -> AnswerBody:
        return self._codec.open_body(data, self._request, self._target, identity)

    def echo(self, upstream_body: bytes, identity: AnswerIdentity) -> bytes:
        return b""


class InboundOneShape(Struct, Generic[R], frozen=True, kw_only=True):
    """Implements `gateway.conversion.Inbound`."""

    request: R
    format: ClientFormat
    operation: Operation
    codecs: Mapping[str, Codec[R]]
    """By the catalog's names of upstream formats, best first."""
    media_estimate: tuple[MediaUse, ...] = ()

    def convert(self, endpoint: Endpoint, target: UpstreamTarget, policy: TravelPolicy) -> OneShapeConversion[R]:
        offered = (endpoint.protocol, *endpoint.protocols)
        name = next(name for name in self.codecs if name in offered)
        return OneShapeConversion(self.request, self.codecs[name], name, target)
