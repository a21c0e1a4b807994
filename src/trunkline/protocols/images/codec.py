"""What the upstream formats of images have in common: pictures in, wherever they lie, and streams where there are
any."""

from abc import abstractmethod
from collections.abc import Mapping, Sequence

from trunkline.protocols.answers import AnswerBody, AnswerIdentity, AnswerStream, Facts, UpstreamTarget
from trunkline.protocols.codec import Codec, NoAnswer, Payload
from trunkline.protocols.events import UpstreamFault
from trunkline.protocols.images.request import ImagesRequest
from trunkline.protocols.images.stream import WholeAsEvents
from trunkline.protocols.remote_media import MediaKey, RemoteMedia, is_web_address


class ImagesCodec(Codec[ImagesRequest]):
    """One upstream format of images."""

    __slots__ = ()

    @abstractmethod
    def path(self, request: ImagesRequest, target: UpstreamTarget) -> str: ...

    @abstractmethod
    def encode(self, request: ImagesRequest, target: UpstreamTarget, contents: Mapping[MediaKey, str]) -> Payload: ...

    @abstractmethod
    def read(self, data: bytes, request: ImagesRequest, target: UpstreamTarget, identity: AnswerIdentity) -> AnswerBody:
        """A whole answer. One that is none has a fault in its facts; nothing is raised, whatever the bytes."""

    def open_body(
        self, bodies: Sequence[bytes], request: ImagesRequest, target: UpstreamTarget, identity: AnswerIdentity
    ) -> AnswerBody:
        return self.read(bodies[0], request, target, identity)

    def open_stream(self, request: ImagesRequest, target: UpstreamTarget, identity: AnswerIdentity) -> AnswerStream:
        """A fresh relay. Where the upstream answers whole, the whole answer as events (22.3)."""
        return WholeAsEvents(identity, lambda data: self.read(data, request, target, identity))


def referenced(request: ImagesRequest) -> tuple[RemoteMedia, ...]:
    """The references that must be fetched for formats that take no addresses."""
    return tuple(
        RemoteMedia("image", url, f"input_references[{index}].image_url.url")
        for index, url in enumerate(request.references)
        if is_web_address(url)
    )


def filled(request: ImagesRequest, contents: Mapping[MediaKey, str]) -> tuple[str, ...]:
    """The references with data URLs in place of addresses that were fetched."""
    return tuple(contents.get(("image", url), url) for url in request.references)


def no_images(message: str) -> NoAnswer:
    """An upstream's body that is no answer."""
    return NoAnswer(Facts(fault=UpstreamFault(status=200, message=message)))
