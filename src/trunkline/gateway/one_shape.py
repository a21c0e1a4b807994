"""Operations of one shape each (embeddings, rerank …): no hub, one codec for each upstream format (architecture 2)."""

from collections.abc import Iterable, Mapping
from typing import Generic, TypeVar

from msgspec import Struct

from trunkline.catalog.types import Endpoint, Operation
from trunkline.gateway.conversion import EncodedRequest, TimeLimit, TravelPolicy
from trunkline.gateway.parts import split_bodies
from trunkline.protocols.answers import AnswerBody, AnswerIdentity, AnswerStream, UpstreamTarget
from trunkline.protocols.client import AskedRequest, ClientFormat
from trunkline.protocols.codec import Codec
from trunkline.protocols.faults.classify import classify
from trunkline.protocols.faults.types import Classified
from trunkline.protocols.media_use import MediaUse
from trunkline.protocols.remote_media import FetchedMedia, RemoteMedia

R = TypeVar("R", bound=AskedRequest)


class OneShapeConversion(Generic[R]):
    """Implements `gateway.conversion.Conversion`."""

    __slots__ = ("_codec", "_parts", "_request", "_target", "protocol_name")

    def __init__(self, request: R, codec: Codec[R], protocol_name: str, target: UpstreamTarget) -> None:
        self._request = request
        self._codec = codec
        self._target = target
        self._parts = codec.parts(request, target)
        self.protocol_name = protocol_name

    def remote_media(self) -> tuple[RemoteMedia, ...]:
        return self._codec.remote_media(self._request, self._target)

    def encode(self, fetched: FetchedMedia | None = None) -> EncodedRequest:
        request, target, codec = self._request, self._target, self._codec
        contents = fetched.data_urls if fetched is not None else {}
        first, *more = [codec.encode(part, target, contents) for part in self._parts]
        return EncodedRequest(
            codec.path(request, target),
            codec.headers(request, target),
            first.body,
            content_type=first.content_type,
            more_bodies=tuple([payload.body for payload in more]),
            next_address=codec.next_address if codec.follows else None,
        )

    def classify(self, status: int, headers: Mapping[str, str], body: bytes, *, now_ms: int) -> Classified:
        return classify(status, headers, body, now_ms=now_ms)

    def open_stream(self, identity: AnswerIdentity) -> AnswerStream:
        raise AssertionError("an operation that answers whole was asked for a stream")

    def open_body(self, data: bytes, identity: AnswerIdentity) -> AnswerBody:
        bodies = [data] if len(self._parts) == 1 else split_bodies(data)
        return self._codec.open_body(bodies, self._request, self._target, identity)

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
    time_limit: TimeLimit | None = None
    sound_type: str = ""

    def served_by(self, endpoint: Endpoint) -> "InboundOneShape[R]":
        return self

    def convert(self, endpoint: Endpoint, target: UpstreamTarget, policy: TravelPolicy) -> OneShapeConversion[R]:
        name = spoken(endpoint, self.codecs)
        return OneShapeConversion(self.request, self.codecs[name], name, target)


def spoken(endpoint: Endpoint, formats: Iterable[str]) -> str:
    """The best of `formats` that a callable endpoint offers."""
    offered = (endpoint.protocol, *endpoint.protocols)
    return next(name for name in formats if name in offered)
