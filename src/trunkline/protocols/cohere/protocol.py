"""cohere-v2, towards upstreams, as the gateway holds it."""

from collections.abc import Mapping

from trunkline.protocols.answers import UpstreamTarget
from trunkline.protocols.cohere.decoder import CohereDecoder, decode_body
from trunkline.protocols.cohere.request import encode_upstream
from trunkline.protocols.faults.classify import classify
from trunkline.protocols.faults.types import Classified
from trunkline.protocols.hub import DecodedBody, ResponseDecoder
from trunkline.protocols.remote_media import Addressed
from trunkline.protocols.requests import File, GenerationRequest, Image, Video


class CohereProtocol:
    """Implements `protocols.upstream.UpstreamProtocol`."""

    __slots__ = ()

    def path(self, target: UpstreamTarget, *, stream: bool) -> str:
        return "chat"

    def headers(self, request: GenerationRequest, target: UpstreamTarget) -> tuple[tuple[str, str], ...]:
        return ()

    def needs_content(self, part: Addressed, target: UpstreamTarget) -> bool:
        """The upstream opens images over https; of files it takes only the text."""
        match part:
            case Image(url):
                return url[:8].lower() != "https://"
            case File():
                return True
            case Video():
                return False

    def encode(self, request: GenerationRequest, target: UpstreamTarget) -> bytes:
        return encode_upstream(request, target)

    def open_stream(self, target: UpstreamTarget, *, exclude_reasoning: bool) -> ResponseDecoder:
        return CohereDecoder(exclude_reasoning=exclude_reasoning)

    def decode_body(self, data: bytes, target: UpstreamTarget, *, exclude_reasoning: bool) -> DecodedBody:
        return decode_body(data, exclude_reasoning=exclude_reasoning)

    def classify(self, status: int, headers: Mapping[str, str], body: bytes, *, now_ms: int) -> Classified:
        return classify(status, headers, body, now_ms=now_ms)
