"""Which pairs of formats exist, and by which path an answer travels.

The one place of the gateway that knows concrete protocols. Equal formats on both ends take the native path, an edit
that keeps every unknown member; all others, and everything when `routing.path = "hub"`, go through the hub
(architecture, "The three ways").
"""

from collections.abc import Mapping
from typing import Literal

from msgspec import Struct, structs

from trunkline.catalog.types import Endpoint
from trunkline.protocols.answers import AnswerBody, AnswerIdentity, AnswerStream, Path, UpstreamTarget
from trunkline.protocols.chat import answers, native_request
from trunkline.protocols.chat.protocol import ChatProtocol
from trunkline.protocols.chat.request import ChatRequest, to_hub
from trunkline.protocols.cohere.protocol import CohereProtocol
from trunkline.protocols.converse.protocol import ConverseProtocol
from trunkline.protocols.gemini.protocol import GeminiProtocol
from trunkline.protocols.messages.protocol import MessagesProtocol
from trunkline.protocols.remote_media import FetchedMedia, RemoteMedia, remote_media, with_content
from trunkline.protocols.requests import GenerationRequest
from trunkline.protocols.responses.protocol import ResponsesProtocol
from trunkline.protocols.upstream import UpstreamProtocol
from trunkline.routing.types import Candidate

_CHAT = ChatProtocol()
UPSTREAMS: Mapping[str, UpstreamProtocol] = {
    "openai-chat": _CHAT,
    "azure-openai": _CHAT,  # chat under a resource's own address, where models are called by their deployments' names
    "mistral": _CHAT,  # chat with fields of its own, which quirks know
    "openai-responses": ResponsesProtocol(),
    "google-gemini": GeminiProtocol(),
    "anthropic-messages": MessagesProtocol(),
    "bedrock-converse": ConverseProtocol(),
    "cohere-v2": CohereProtocol(),
}
"""Upstream formats that are spoken, by the catalog's name, in the order in which a chat client is served best."""
PROTOCOLS: frozenset[str] = frozenset(UPSTREAMS)
"""Endpoints with none of them are not callable."""
_ADDRESSED = frozenset({"image", "file", "video"})
"""Modalities that may be given by URL."""


def protocol_of(endpoint: Endpoint) -> str:
    """The format in which a callable endpoint is spoken to: chat itself where it is offered."""
    offered = (endpoint.protocol, *endpoint.protocols)
    return next(name for name in UPSTREAMS if name in offered)


class EncodedRequest(Struct, frozen=True):
    """What is sent, but for address and credentials. `path` is relative to the provider's base URL."""

    path: str
    headers: tuple[tuple[str, str], ...]
    body: bytes


class Conversion:
    """One client request on its way to one endpoint and back."""

    __slots__ = ("_betas", "_hub", "_options", "path", "protocol", "request", "target")

    def __init__(
        self,
        request: ChatRequest,
        endpoint: Endpoint,
        target: UpstreamTarget,
        path_policy: Literal["auto", "hub"],
        docs_url: str,
        anthropic_betas: tuple[str, ...] = (),
    ) -> None:
        self.request = request
        self._betas = anthropic_betas
        self._hub: GenerationRequest | None = None
        self.protocol = UPSTREAMS[protocol_of(endpoint)]
        self.path: Path = "native" if path_policy == "auto" and self.protocol is _CHAT else "hub"
        tool = request.answer_tool if self.path == "hub" else None
        self.target = target if tool is None else structs.replace(target, answer_tool=tool)
        self._options = answers.AnswerOptions(
            exclude_reasoning=request.reasoning is not None and request.reasoning.exclude,
            text_completion=request.text_completion,
            quirks=target.quirks,
            docs_base=docs_url,
        )

    def remote_media(self) -> tuple[RemoteMedia, ...]:
        """The URLs whose content this upstream must be given as data; none on the native path."""
        if self.path == "native" or self.request.input_modalities.isdisjoint(_ADDRESSED):
            return ()
        return remote_media(self._as_hub(), lambda part: self.protocol.needs_content(part, self.target))

    def encode(self, fetched: FetchedMedia | None = None) -> EncodedRequest:
        """The upstream's request, with the content of `fetched` in place of URLs.

        Raises InvalidRequest or InvalidPrompt for what the format cannot say.
        """
        path = self.protocol.path(self.target, stream=self.request.stream)
        if self.path == "native":
            return EncodedRequest(path, (), native_request.edit_request(self.request, self.target))
        hub, self._hub = self._as_hub(), None  # it holds every medium: not to be kept while the answer streams
        if fetched is not None:
            hub = with_content(hub, fetched.data_urls)
        return EncodedRequest(path, self.protocol.headers(hub, self.target), self.protocol.encode(hub, self.target))

    def _as_hub(self) -> GenerationRequest:
        if self._hub is None:
            hub = to_hub(self.request)
            self._hub = structs.replace(hub, anthropic_betas=self._betas) if self._betas else hub
        return self._hub

    def open_stream(self, identity: AnswerIdentity) -> AnswerStream:
        """A fresh relay for one upstream stream."""
        if self.path == "native":
            return answers.open_stream("native", identity, self._options)
        decoder = self.protocol.open_stream(self.target, exclude_reasoning=self._options.exclude_reasoning)
        return answers.encode_stream(decoder, identity, self._options)

    def open_body(self, data: bytes, identity: AnswerIdentity) -> AnswerBody:
        """A whole upstream answer, read."""
        if self.path == "native":
            return answers.open_body("native", data, identity, self._options)
        decoded = self.protocol.decode_body(data, self.target, exclude_reasoning=self._options.exclude_reasoning)
        return answers.encode_body(decoded, identity, self._options)


def target_of(candidate: Candidate, *, user_hash: str | None, max_tokens_override: int | None) -> UpstreamTarget:
    """What the encoders must know of an endpoint and its model."""
    endpoint, reasoning = candidate.endpoint, candidate.model.reasoning
    return UpstreamTarget(
        provider=endpoint.provider,
        upstream_model=endpoint.upstream_model,
        supported_parameters=endpoint.supported_parameters,
        quirks=endpoint.quirks,
        passthrough=endpoint.passthrough,
        max_output_tokens=endpoint.max_output_tokens,
        max_tokens_override=max_tokens_override,
        user_hash=user_hash,
        reasoning_efforts=reasoning.supported_efforts if reasoning is not None else None,
        reasoning_mandatory=reasoning is not None and reasoning.mandatory,
    )
