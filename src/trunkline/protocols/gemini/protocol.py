"""google-gemini, towards upstreams, as the gateway holds it."""

from collections.abc import Mapping

from trunkline.protocols.answers import UpstreamTarget
from trunkline.protocols.faults.classify import classify
from trunkline.protocols.faults.types import Classified
from trunkline.protocols.gemini.decoder import GeminiDecoder, decode_body
from trunkline.protocols.gemini.families import family_of
from trunkline.protocols.gemini.hosts import AI_STUDIO, Host
from trunkline.protocols.gemini.media import opens_url
from trunkline.protocols.gemini.prompt_cache import CacheableRequest
from trunkline.protocols.gemini.request import encode_cacheable, encode_request
from trunkline.protocols.hub import DecodedBody, ResponseDecoder
from trunkline.protocols.remote_media import Addressed
from trunkline.protocols.requests import GenerationRequest


class GeminiProtocol:
    """Implements `protocols.upstream.UpstreamProtocol`, as `host` speaks it."""

    __slots__ = ("_host",)

    def __init__(self, host: Host = AI_STUDIO) -> None:
        self._host = host

    def path(self, target: UpstreamTarget, *, stream: bool) -> str:
        resource = self._host.resource(target.upstream_model)
        return f"{resource}:streamGenerateContent?alt=sse" if stream else f"{resource}:generateContent"

    def headers(self, request: GenerationRequest, target: UpstreamTarget) -> tuple[tuple[str, str], ...]:
        return ()

    def needs_content(self, part: Addressed, target: UpstreamTarget) -> bool:
        return not opens_url(part, self._host.family(target.upstream_model))

    def encode(self, request: GenerationRequest, target: UpstreamTarget) -> bytes:
        return encode_request(request, target, self._host)

    def encode_cacheable(
        self, request: GenerationRequest, target: UpstreamTarget
    ) -> tuple[bytes, CacheableRequest | None]:
        """Implements `protocols.managed_caches.CachingProtocol`."""
        return encode_cacheable(request, target, self._host)

    def open_stream(self, target: UpstreamTarget, *, exclude_reasoning: bool) -> ResponseDecoder:
        return GeminiDecoder(family_of(target.upstream_model), exclude_reasoning=exclude_reasoning)

    def decode_body(self, data: bytes, target: UpstreamTarget, *, exclude_reasoning: bool) -> DecodedBody:
        return decode_body(data, family_of(target.upstream_model), exclude_reasoning=exclude_reasoning)

    def classify(self, status: int, headers: Mapping[str, str], body: bytes, *, now_ms: int) -> Classified:
        """Google's `error.status` and `RetryInfo`, also in an array of one, are read as every dialect's are."""
        return classify(status, headers, body, now_ms=now_ms)
