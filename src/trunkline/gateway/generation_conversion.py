"""Generations on their way: any client format, any upstream format, by the native path or through the hub."""

from collections.abc import Mapping

from msgspec import Struct, structs

from trunkline.catalog.types import Endpoint, Operation
from trunkline.core.errors import InvalidRequest
from trunkline.gateway.conversion import Conversion, EncodedRequest, TimeLimit, TravelPolicy
from trunkline.gateway.upstreams import CACHING, SEALS_REASONING, UPSTREAMS, protocol_of
from trunkline.protocols.answers import AnswerBody, AnswerIdentity, AnswerStream, Path, UpstreamTarget
from trunkline.protocols.client import Answering, ClientFormat, ClientRequest
from trunkline.protocols.compression import compress
from trunkline.protocols.continuation import ContinuableDecoder, ContinuableStream
from trunkline.protocols.faults.types import Classified
from trunkline.protocols.heard import JUDGED, Heard
from trunkline.protocols.media_use import MediaUse
from trunkline.protocols.prefill import going_on
from trunkline.protocols.quirks import quirks_of
from trunkline.protocols.reasoning.efforts import is_off, least
from trunkline.protocols.remote_media import FetchedMedia, RemoteMedia, remote_media, with_content
from trunkline.protocols.requests import GenerationRequest

_NONE = frozenset[str]()
_ADDRESSED = frozenset({"image", "file", "video"})
"""Modalities that may be given by URL."""


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
        needs_hub = needs_hub or policy.goes_on is not None
        native = frozenset[str]() if wants_none or needs_hub or policy.path == "hub" else request.native_formats
        if policy.may_break:
            native = _worth_more(request, native)
        self.protocol_name = protocol_of(endpoint, native)
        self.protocol = UPSTREAMS[self.protocol_name]
        self.path: Path = "native" if self.protocol_name in native else "hub"
        tool = request.answer_tool if self.path == "hub" else None
        goes_on = policy.goes_on is not None
        if tool is not None or goes_on or self.protocol_name != target.protocol:
            target = structs.replace(target, answer_tool=tool, protocol=self.protocol_name, goes_on=goes_on)
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
        if self._policy.goes_on is not None:
            hub = going_on(hub, self._policy.goes_on.said or "", reasons=self._policy.reasons)
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
            if (broken := self._policy.goes_on) is not None:
                broken.go_on_with(decoder, is_repeated="prefill_repeated" in quirks_of(self._target))
                return broken
            if self._policy.may_break:
                kept = ContinuableDecoder(decoder)
                answer = ContinuableStream(self._request.hub_stream(kept, answering), kept)
            else:
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


def _worth_more(request: ClientRequest, native: frozenset[str]) -> frozenset[str]:
    """The native formats that are worth more than an answer that can be gone on with: those that seal the thinking that
    was asked for, whose answers cannot. All others give way to the hub, which alone can join two upstreams."""
    return native & SEALS_REASONING if "reasoning" in request.used_parameters else _NONE


def _puts_content_in(request: ClientRequest, target: UpstreamTarget) -> bool:
    """Whether media by URL must go as data, which the native path cannot do."""
    return "data_urls" in quirks_of(target) and not request.input_modalities.isdisjoint(_ADDRESSED)
