"""anthropic-messages, towards upstreams, as the gateway holds it."""

from collections.abc import Mapping

from trunkline.protocols.answers import UpstreamTarget
from trunkline.protocols.faults.classify import classify
from trunkline.protocols.faults.types import Classified
from trunkline.protocols.hub import DecodedBody, ResponseDecoder
from trunkline.protocols.messages.addresses import may_be_fetched, opens_url
from trunkline.protocols.messages.betas import VERSION, betas_of
from trunkline.protocols.messages.decoder import MessagesDecoder, decode_body
from trunkline.protocols.messages.hosts import ANTHROPIC, Host
from trunkline.protocols.messages.upstream import encode_upstream
from trunkline.protocols.remote_media import Addressed
from trunkline.protocols.requests import GenerationRequest


class MessagesProtocol:
    """Implements `protocols.upstream.UpstreamProtocol`, as `host` speaks it."""

    __slots__ = ("_host",)

    def __init__(self, host: Host = ANTHROPIC) -> None:
        self._host = host

    def path(self, target: UpstreamTarget, *, stream: bool) -> str:
        return self._host.path(target, stream=stream)

    def headers(self, request: GenerationRequest, target: UpstreamTarget) -> tuple[tuple[str, str], ...]:
        version = (("anthropic-version", VERSION),) if self._host.version_in_body is None else ()
        betas = [beta for beta in betas_of(request, target) if beta not in self._host.refused_betas]
        return (*version, ("anthropic-beta", ",".join(betas))) if betas else version

    def needs_content(self, part: Addressed, target: UpstreamTarget) -> bool:
        return not opens_url(part) or (not self._host.fetches and may_be_fetched(part))

    def encode(self, request: GenerationRequest, target: UpstreamTarget) -> bytes:
        return encode_upstream(request, target, self._host)

    def open_stream(self, target: UpstreamTarget, *, exclude_reasoning: bool) -> ResponseDecoder:
        return MessagesDecoder(target, exclude_reasoning=exclude_reasoning)

    def decode_body(self, data: bytes, target: UpstreamTarget, *, exclude_reasoning: bool) -> DecodedBody:
        return decode_body(data, target, exclude_reasoning=exclude_reasoning)

    def classify(self, status: int, headers: Mapping[str, str], body: bytes, *, now_ms: int) -> Classified:
        return classify(status, headers, body, now_ms=now_ms)
