"""How one client request travels to one endpoint and back: the seam between the pipeline and the wire formats.

Equal formats on both ends take the native path, an edit that keeps every unknown member; all others, and everything
when `routing.path = "hub"`, go through the hub (architecture, "The three ways").
"""

from collections.abc import Callable, Mapping
from typing import Literal, Protocol

from msgspec import Struct

from trunkline.catalog.types import Endpoint, Operation
from trunkline.protocols.answers import AnswerBody, AnswerIdentity, AnswerStream, UpstreamTarget
from trunkline.protocols.client import AskedRequest, ClientFormat
from trunkline.protocols.codec import JSON
from trunkline.protocols.compression import CompressionLimits, Shortened
from trunkline.protocols.continuation import ContinuableStream
from trunkline.protocols.faults.types import Classified
from trunkline.protocols.managed_caches import CacheablePrompt
from trunkline.protocols.media_use import MediaUse
from trunkline.protocols.remote_media import FetchedMedia, RemoteMedia
from trunkline.routing.types import Candidate


class EncodedRequest(Struct, frozen=True):
    """What is sent, but for address and credentials. `path` is relative to the provider's base URL."""

    path: str
    headers: tuple[tuple[str, str], ...]
    body: bytes
    content_type: str = JSON
    more_bodies: tuple[bytes, ...] = ()
    """Further calls to the same address that the answer is put together from (`gateway/parts.py`)."""
    next_address: Callable[[bytes, str], str | None] | None = None
    """Set where the answer has to be asked after (`gateway/followed.py`)."""
    shortened: Shortened | None = None
    """What was left of the conversation, where it had to be shortened (routing-and-catalog.md 17)."""
    cacheable: CacheablePrompt | None = None
    """How it would be said with a prompt cache, where the caller marked one and the upstream keeps such objects."""

    @property
    def takes_several_calls(self) -> bool:
        return bool(self.more_bodies) or self.next_address is not None or self.cacheable is not None


class TimeLimit(Struct, frozen=True):
    """The longest that one provider may take for a whole answer, and what a caller is told who ran into it."""

    seconds: float
    advice: str


class TravelPolicy(Struct, frozen=True, kw_only=True):
    """What instance and caller say of the way."""

    path: Literal["auto", "hub"] = "auto"
    docs_url: str = ""
    anthropic_betas: tuple[str, ...] = ()
    reasons: bool = False
    """The model can reason."""
    always_reasons: bool = False
    """The model must reason and the caller named only its family: a wish for none becomes the least there is
    (routing-and-catalog.md 12.4 rule 5)."""
    compression: CompressionLimits | None = None
    """What the conversation must be brought to; None: it goes as it is."""
    may_break: bool = False
    """Should the answer break off, another endpoint may go on with it."""
    goes_on: ContinuableStream | None = None
    """The answer that broke off, and that this endpoint goes on with."""


class Conversion(Protocol):
    """One client request on its way to one endpoint and back."""

    @property
    def protocol_name(self) -> str:
        """The upstream format that is spoken, by the catalog's name."""
        ...

    def remote_media(self) -> tuple[RemoteMedia, ...]:
        """The URLs whose content this upstream must be given as data, and uploads."""
        ...

    def encode(self, fetched: FetchedMedia | None = None) -> EncodedRequest:
        """The upstream's request, with the content of `fetched` in place of URLs.

        Raises InvalidRequest or InvalidPrompt for what the format cannot say.
        """
        ...

    def classify(self, status: int, headers: Mapping[str, str], body: bytes, *, now_ms: int) -> Classified:
        """An answer with another status than 200."""
        ...

    def open_stream(self, identity: AnswerIdentity) -> AnswerStream:
        """The relay for one upstream stream: a fresh one, unless the upstream goes on with an answer that broke."""
        ...

    def open_body(self, data: bytes, identity: AnswerIdentity) -> AnswerBody:
        """A whole upstream answer, read."""
        ...

    def echo(self, upstream_body: bytes, identity: AnswerIdentity) -> bytes:
        """The event that shows a caller what is sent; empty where the client's format has no place for it."""
        ...


class Inbound(Protocol):
    """What came in: a request, and how it is put to an endpoint."""

    @property
    def request(self) -> AskedRequest: ...

    @property
    def operation(self) -> Operation:
        """What models are called for: only those of this operation may serve it."""
        ...

    @property
    def media_estimate(self) -> tuple[MediaUse, ...]:
        """What is used and not counted in tokens, as far as the request tells: the base of the hold."""
        ...

    @property
    def format(self) -> ClientFormat: ...

    def served_by(self, endpoint: Endpoint) -> "Inbound":
        """The same, as far as the first endpoint of its plan decides it: whether it is answered as a stream."""
        ...

    @property
    def sound_type(self) -> str:
        """Media type of an answer that is sound, passed on as it comes; empty for all others."""
        ...

    @property
    def time_limit(self) -> TimeLimit | None:
        """Of each attempt, where the operation has one below the provider's own."""
        ...

    def convert(self, endpoint: Endpoint, target: UpstreamTarget, policy: TravelPolicy) -> Conversion:
        """The way to one endpoint."""
        ...


def target_of(candidate: Candidate, *, user_hash: str | None, max_tokens_override: int | None) -> UpstreamTarget:
    """What the encoders must know of an endpoint and its model."""
    endpoint, reasoning = candidate.endpoint, candidate.model.reasoning
    return UpstreamTarget(
        provider=endpoint.provider,
        protocol=endpoint.protocol,
        upstream_model=endpoint.upstream_model,
        supported_parameters=endpoint.supported_parameters,
        quirks=endpoint.quirks,
        passthrough=endpoint.passthrough,
        max_inputs=endpoint.max_inputs,
        max_output_tokens=endpoint.max_output_tokens,
        max_tokens_override=max_tokens_override,
        user_hash=user_hash,
        reasoning_efforts=reasoning.supported_efforts if reasoning is not None else None,
        reasoning_mandatory=reasoning is not None and reasoning.mandatory,
    )
