"""openai-responses, towards upstreams, as the gateway holds it."""

from collections.abc import Mapping

from trunkline.protocols.answers import UpstreamTarget
from trunkline.protocols.faults.classify import classify
from trunkline.protocols.faults.types import Classified
from trunkline.protocols.hub import DecodedBody, ResponseDecoder
from trunkline.protocols.remote_media import Addressed
from trunkline.protocols.requests import GenerationRequest
from trunkline.protocols.responses.decoder import ResponsesDecoder, decode_body
from trunkline.protocols.responses.request import encode_request
from trunkline.protocols.stop_cut import cut_body, cut_stream


class ResponsesProtocol:
    """Implements `protocols.upstream.UpstreamProtocol`."""

    __slots__ = ()

    def path(self, target: UpstreamTarget, *, stream: bool) -> str:
        return "responses"

    def headers(self, request: GenerationRequest, target: UpstreamTarget) -> tuple[tuple[str, str], ...]:
        return ()

    def needs_content(self, part: Addressed, target: UpstreamTarget) -> bool:
        """Images and files go by URL; videos not at all."""
        return False

    def encode(self, request: GenerationRequest, target: UpstreamTarget) -> bytes:
        return encode_request(request, target)

    def open_stream(self, target: UpstreamTarget, *, exclude_reasoning: bool) -> ResponseDecoder:
        return cut_stream(ResponsesDecoder(target, exclude_reasoning=exclude_reasoning), target.cut_at)

    def decode_body(self, data: bytes, target: UpstreamTarget, *, exclude_reasoning: bool) -> DecodedBody:
        return cut_body(decode_body(data, target, exclude_reasoning=exclude_reasoning), target.cut_at)

    def classify(self, status: int, headers: Mapping[str, str], body: bytes, *, now_ms: int) -> Classified:
        return classify(status, headers, body, now_ms=now_ms)
