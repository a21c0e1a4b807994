"""How one client request travels to one endpoint and back: the seam between the pipeline and the wire formats.

Equal formats on both ends take the native path, an edit that keeps every unknown member; all others, and everything
when `routing.path = "hub"`, go through the hub (architecture, "The three ways").
"""

from collections.abc import Mapping
from typing import Literal, Protocol

from msgspec import Struct, structs

from trunkline.catalog.types import Endpoint, Operation
from trunkline.core.errors import InvalidRequest
from trunkline.gateway.upstreams import CACHING, UPSTREAMS, protocol_of
from trunkline.protocols.answers import AnswerBody, AnswerIdentity, AnswerStream, Path, UpstreamTarget
from trunkline.protocols.client import Answering, AskedRequest, ClientFormat, ClientRequest
from trunkline.protocols.codec import JSON
from trunkline.protocols.compression import CompressionLimits, Shortened, compress
from trunkline.protocols.faults.types import Classified
from trunkline.protocols.heard import JUDGED, Heard
from trunkline.protocols.managed_caches import CacheablePrompt
from trunkline.protocols.media_use import MediaUse
from trunkline.protocols.quirks import quirks_of
from trunkline.protocols.reasoning.efforts import is_off, least
from trunkline.protocols.remote_media import FetchedMedia, RemoteMedia, remote_media, with_content
from trunkline.protocols.requests import GenerationRequest
from trunkline.routing.types import Candidate

_ADDRESSED = frozenset({"image", "file", "video"})
"""Modalities that may be given by URL."""


class EncodedRequest(Struct, frozen=True):
    """What is sent, but for address and credentials. `path` is relative to the provider's base URL."""

    path: str
    headers: tuple[tuple[str, str], ...]
    body: bytes
    content_type: str = JSON
    more_bodies: tuple[bytes, ...] = ()
    """Further calls to the same address that the answer is put together from (`gateway/parts.py`)."""
    shortened: Shortened | None = None
    """What was left of the conversation, where it had to be shortened (routing-and-catalog.md 17)."""
    cacheable: CacheablePrompt | None = None
    """How it would be said with a prompt cache, where the caller marked one and the upstream keeps such objects."""


class TimeLimit(Struct, frozen=True):
    """The longest that one provider may take for a whole answer, and what a caller is told who ran into it."""

    seconds: float
    advice: str


class TravelPolicy(Struct, frozen=True, kw_only=True):
    """What instance and caller say of the way."""

    path: Literal["auto", "hub"] = "auto"
    docs_url: str = ""
    anthropic_betas: tuple[str, ...] = ()
    always_reasons: bool = False
    """The model must reason and the caller named only its family: a wish for none becomes the least there is
    (routing-and-catalog.md 12.4 rule 5)."""
    compression: CompressionLimits | None = None
    """What the conversation must be brought to; None: it goes as it is."""


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
        """A fresh relay for one upstream stream."""
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


class InboundGeneration(Struct, frozen=True):
    """A generation: any client format, any upstream format."""

    request: ClientRequest
    format: ClientFormat
    operation: Operation = "chat"
    media_estimate: tuple[MediaUse, ...] = ()
    time_limit: TimeLimit | None = None
    sound_type: str = ""

    def served_by(self, endpoint: Endpoint) -> "InboundGeneration":
        return self

    def convert(self, endpoint: Endpoint, target: UpstreamTarget, policy: TravelPolicy) -> Conversion:
        return GenerationConversion(self.request, endpoint, target, policy)


class GenerationConversion:
    """Implements `Conversion` for generations."""

    __slots__ = ("_docs_url", "_hub", "_policy", "_request", "_target", "path", "protocol", "protocol_name")

    def __init__(
        self, request: ClientRequest, endpoint: Endpoint, target: UpstreamTarget, policy: TravelPolicy
    ) -> None:
        self._request = request
        self._policy = policy
        self._hub: GenerationRequest | None = None
        wants_none = policy.always_reasons and is_off(request.to_hub().reasoning)
        needs_hub = policy.compression is not None or request.names_uploads or _puts_content_in(request, target)
        native = frozenset[str]() if wants_none or needs_hub or policy.path == "hub" else request.native_formats
        self.protocol_name = protocol_of(endpoint, native)
        self.protocol = UPSTREAMS[self.protocol_name]
        self.path: Path = "native" if self.protocol_name in native else "hub"
        tool = request.answer_tool if self.path == "hub" else None
        if tool is not None or self.protocol_name != target.protocol:
            target = structs.replace(target, answer_tool=tool, protocol=self.protocol_name)
        self._target = target

    def remote_media(self) -> tuple[RemoteMedia, ...]:
        if self.path == "native" or self._request.input_modalities.isdisjoint(_ADDRESSED):
            return ()
        return remote_media(self._as_hub(), lambda part: self.protocol.needs_content(part, self._target))

    def encode(self, fetched: FetchedMedia | None = None) -> EncodedRequest:
        try:
            return self._encode(fetched)
        except InvalidRequest as refusal:
            # An upstream's format knows parts by where the client named them, and the whole by no name.
            refusal.field = refusal.field or self._request.prompt_field
            raise

    def _encode(self, fetched: FetchedMedia | None) -> EncodedRequest:
        request, target = self._request, self._target
        path = self.protocol.path(target, stream=request.stream)
        if self.path == "native":
            headers = request.native_headers(target, self._policy.anthropic_betas)
            return EncodedRequest(path, headers, request.edit(target))
        hub, self._hub = self._as_hub(), None  # it holds every medium: not to be kept while the answer streams
        if hub.sampling.stop:
            self._target = target = structs.replace(target, cut_at=hub.sampling.stop)
        if fetched is not None:
            hub = with_content(hub, fetched.data_urls, fetched.filenames)
        shortened = None
        if self._policy.compression is not None:
            hub, shortened = compress(hub, self._policy.compression)
        headers, caching = self.protocol.headers(hub, target), CACHING.get(self.protocol_name)
        if caching is None:
            return EncodedRequest(path, headers, self.protocol.encode(hub, target), shortened=shortened)
        body, cacheable = caching.encode_cacheable(hub, target)
        return EncodedRequest(path, headers, body, shortened=shortened, cacheable=cacheable)

    def classify(self, status: int, headers: Mapping[str, str], body: bytes, *, now_ms: int) -> Classified:
        return self.protocol.classify(status, headers, body, now_ms=now_ms)

    def open_stream(self, identity: AnswerIdentity) -> AnswerStream:
        answering = self._answering(identity)
        if self.path == "native":
            answer = self._request.native_stream(answering)
        else:
            decoder = self.protocol.open_stream(self._target, exclude_reasoning=not self._request.include_reasoning)
            answer = self._request.hub_stream(decoder, answering)
        if not self._request.used_parameters.isdisjoint(JUDGED):
            answer.facts.heard = Heard(self._request.expected)
        return answer

    def open_body(self, data: bytes, identity: AnswerIdentity) -> AnswerBody:
        answering = self._answering(identity)
        is_judged = not self._request.used_parameters.isdisjoint(JUDGED)
        decoded = None
        if self.path == "hub" or is_judged:
            exclude_reasoning = not self._request.include_reasoning
            decoded = self.protocol.decode_body(data, self._target, exclude_reasoning=exclude_reasoning)
        if self.path == "native" or decoded is None:
            answer = self._request.native_body(data, answering)
        else:
            answer = self._request.hub_body(decoded, answering)
        if is_judged and decoded is not None:
            answer.facts.heard = Heard(self._request.expected)
            answer.facts.heard.take(decoded.events)
        return answer

    def echo(self, upstream_body: bytes, identity: AnswerIdentity) -> bytes:
        return self._request.echo(upstream_body, self._answering(identity))

    def _as_hub(self) -> GenerationRequest:
        if self._hub is None:
            hub, betas = self._request.to_hub(), self._policy.anthropic_betas
            if self._policy.always_reasons and is_off(hub.reasoning):
                hub = structs.replace(hub, reasoning=least(self._target.reasoning_efforts))
            self._hub = structs.replace(hub, anthropic_betas=betas) if betas else hub
        return self._hub

    def _answering(self, identity: AnswerIdentity) -> Answering:
        return Answering(identity=identity, target=self._target, docs_base=self._policy.docs_url)


def _puts_content_in(request: ClientRequest, target: UpstreamTarget) -> bool:
    """Whether media by URL must go as data, which the native path cannot do."""
    return "data_urls" in quirks_of(target) and not request.input_modalities.isdisjoint(_ADDRESSED)


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
