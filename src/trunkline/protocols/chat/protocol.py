"""openai-chat, towards upstreams, as the gateway holds it."""

from collections.abc import Mapping

from trunkline.protocols.answers import UpstreamTarget
from trunkline.protocols.chat.decoder import ChatDecoder, decode_body
from trunkline.protocols.chat.prefill import beta_path
from trunkline.protocols.chat.upstream import encode_upstream
from trunkline.protocols.faults.classify import classify
from trunkline.protocols.faults.types import Classified
from trunkline.protocols.hub import DecodedBody, ResponseDecoder
from trunkline.protocols.quirks import quirks_of
from trunkline.protocols.remote_media import Addressed
from trunkline.protocols.requests import GenerationRequest


class ChatProtocol:
    """Implements `protocols.upstream.UpstreamProtocol`.

    `path` is where it is spoken under the base URL: at Vertex beside other formats.
    """

    __slots__ = ("_path",)

    def __init__(self, path: str = "chat/completions") -> None:
        self._path = path

    def path(self, target: UpstreamTarget, *, stream: bool) -> str:
        return beta_path(self._path, target) if target.goes_on else self._path

    def headers(self, request: GenerationRequest, target: UpstreamTarget) -> tuple[tuple[str, str], ...]:
        return ()

    def needs_content(self, part: Addressed, target: UpstreamTarget) -> bool:
        return "data_urls" in quirks_of(target)

    def encode(self, request: GenerationRequest, target: UpstreamTarget) -> bytes:
        return encode_upstream(request, target)

    def open_stream(self, target: UpstreamTarget, *, exclude_reasoning: bool) -> ResponseDecoder:
        return ChatDecoder(quirks=target.quirks, exclude_reasoning=exclude_reasoning)

    def decode_body(self, data: bytes, target: UpstreamTarget, *, exclude_reasoning: bool) -> DecodedBody:
        return decode_body(data, quirks=target.quirks, exclude_reasoning=exclude_reasoning)

    def classify(self, status: int, headers: Mapping[str, str], body: bytes, *, now_ms: int) -> Classified:
        return classify(status, headers, body, now_ms=now_ms)
