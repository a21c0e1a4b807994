"""How one upstream format is spoken through the hub: what every package under `protocols/` with upstreams offers.

The gateway holds one object of this kind for each format (`gateway/conversion.py`) and knows nothing else of it.
Sockets, keys and signatures are not a protocol's business: `path` and `headers` name only what the format itself needs.
"""

from collections.abc import Mapping
from typing import Protocol

from trunkline.protocols.answers import UpstreamTarget
from trunkline.protocols.faults.types import Classified
from trunkline.protocols.hub import DecodedBody, ResponseDecoder
from trunkline.protocols.remote_media import Addressed
from trunkline.protocols.requests import GenerationRequest


class UpstreamProtocol(Protocol):
    """One format, towards upstreams."""

    def path(self, target: UpstreamTarget, *, stream: bool) -> str:
        """Under the provider's base URL, without a leading slash: `chat/completions`, `models/x:generateContent`."""
        ...

    def headers(self, request: GenerationRequest, target: UpstreamTarget) -> tuple[tuple[str, str], ...]:
        """What the format asks for beside authentication: a version, beta flags. Names in lower case."""
        ...

    def needs_content(self, part: Addressed, target: UpstreamTarget) -> bool:
        """Whether a part with an http(s) URL must be sent as data, because this upstream does not open the URL.

        False also for a part that cannot be sent in either way: `encode` refuses it.
        """
        ...

    def encode(self, request: GenerationRequest, target: UpstreamTarget) -> bytes:
        """The upstream's body. Raises InvalidRequest or InvalidPrompt for what this format cannot say."""
        ...

    def open_stream(self, target: UpstreamTarget, *, exclude_reasoning: bool) -> ResponseDecoder:
        """A fresh decoder for one stream."""
        ...

    def decode_body(self, data: bytes, target: UpstreamTarget, *, exclude_reasoning: bool) -> DecodedBody:
        """A whole answer. A body that is none ends with `Failed`; nothing is raised, whatever the bytes are."""
        ...

    def classify(self, status: int, headers: Mapping[str, str], body: bytes, *, now_ms: int) -> Classified:
        """An answer with another status than 200."""
        ...
