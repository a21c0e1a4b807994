"""bedrock-converse, towards upstreams, as the gateway holds it."""

from collections.abc import Mapping
from urllib.parse import quote

from trunkline.protocols.answers import UpstreamTarget
from trunkline.protocols.converse.decoder import ConverseDecoder, decode_body
from trunkline.protocols.converse.errors import classify
from trunkline.protocols.converse.request import encode_request
from trunkline.protocols.faults.types import Classified
from trunkline.protocols.hub import DecodedBody, ResponseDecoder
from trunkline.protocols.remote_media import Addressed
from trunkline.protocols.requests import GenerationRequest


class ConverseProtocol:
    """Implements `protocols.upstream.UpstreamProtocol`."""

    __slots__ = ()

    def path(self, target: UpstreamTarget, *, stream: bool) -> str:
        """The model is one segment, whatever is in its name: ARNs have colons and slashes."""
        operation = "converse-stream" if stream else "converse"
        return f"model/{quote(target.upstream_model, safe='')}/{operation}"

    def headers(self, request: GenerationRequest, target: UpstreamTarget) -> tuple[tuple[str, str], ...]:
        return ()

    def needs_content(self, part: Addressed, target: UpstreamTarget) -> bool:
        """Always. Addresses of the vendor's own storage are not passed on: it would read them as the operator."""
        return True

    def encode(self, request: GenerationRequest, target: UpstreamTarget) -> bytes:
        return encode_request(request, target)

    def open_stream(self, target: UpstreamTarget, *, exclude_reasoning: bool) -> ResponseDecoder:
        return ConverseDecoder(target, exclude_reasoning=exclude_reasoning)

    def decode_body(self, data: bytes, target: UpstreamTarget, *, exclude_reasoning: bool) -> DecodedBody:
        return decode_body(data, target, exclude_reasoning=exclude_reasoning)

    def classify(self, status: int, headers: Mapping[str, str], body: bytes, *, now_ms: int) -> Classified:
        return classify(status, headers, body, now_ms=now_ms)
