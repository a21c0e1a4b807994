"""Which upstream formats are spoken: the one place of the gateway that knows concrete ones."""

from collections.abc import Callable, Mapping

from trunkline.catalog.types import Endpoint, Operation
from trunkline.protocols.answers import UpstreamTarget
from trunkline.protocols.chat import prefill as chat_prefill
from trunkline.protocols.chat.protocol import ChatProtocol
from trunkline.protocols.cohere.protocol import CohereProtocol
from trunkline.protocols.converse.families import family_of as converse_family
from trunkline.protocols.converse.protocol import ConverseProtocol
from trunkline.protocols.embeddings.upstreams import EMBEDDINGS
from trunkline.protocols.gemini import hosts as gemini_hosts
from trunkline.protocols.gemini.protocol import GeminiProtocol
from trunkline.protocols.images.upstreams import IMAGES
from trunkline.protocols.managed_caches import CachingProtocol
from trunkline.protocols.messages import hosts as messages_hosts
from trunkline.protocols.messages.families import COMPATIBLE
from trunkline.protocols.messages.families import family_of as claude_family
from trunkline.protocols.messages.protocol import MessagesProtocol
from trunkline.protocols.rerank.upstreams import RERANK
from trunkline.protocols.responses.protocol import ResponsesProtocol
from trunkline.protocols.speech.upstreams import SPEECH
from trunkline.protocols.transcription.upstreams import TRANSCRIPTION
from trunkline.protocols.upstream import UpstreamProtocol
from trunkline.protocols.videos.upstreams import VIDEOS

_CHAT = ChatProtocol()
_GEMINI = GeminiProtocol()
_VERTEX_GEMINI = GeminiProtocol(gemini_hosts.VERTEX)
_NONE = frozenset[str]()
UPSTREAMS: Mapping[str, UpstreamProtocol] = {
    "openai-chat": _CHAT,
    "azure-openai": _CHAT,  # chat under a resource's own address, where models are called by their deployments' names
    "mistral": _CHAT,  # chat with fields of its own, which quirks know
    "openai-responses": ResponsesProtocol(),
    "vertex-openai": ChatProtocol("endpoints/openapi/chat/completions"),
    "google-gemini": _GEMINI,
    "vertex-gemini": _VERTEX_GEMINI,
    "anthropic-messages": MessagesProtocol(),
    "vertex-anthropic": MessagesProtocol(messages_hosts.VERTEX),
    "bedrock-converse": ConverseProtocol(),
    "cohere-v2": CohereProtocol(),
}
"""Upstream formats of generations by the catalog's name, in the order in which a client of another format is served
best."""
CACHING: Mapping[str, CachingProtocol] = {"google-gemini": _GEMINI, "vertex-gemini": _VERTEX_GEMINI}
"""Those whose prompt caches are made and named by calls of their own."""


def _goes_on_at_claude(target: UpstreamTarget) -> bool:
    return claude_family(target.upstream_model).prefill


def _goes_on_at_bedrock(target: UpstreamTarget) -> bool:
    """Of Claude only the generations that do so elsewhere."""
    claude = claude_family(target.upstream_model)
    return converse_family(target.upstream_model).prefill and (claude is COMPATIBLE or claude.prefill)


def _goes_on(target: UpstreamTarget) -> bool:
    """Every model of this format does (inference.md 30.1)."""
    return True


GOES_ON: Mapping[str, Callable[[UpstreamTarget], bool]] = {
    "openai-chat": chat_prefill.can_go_on,
    "azure-openai": chat_prefill.can_go_on,
    "mistral": chat_prefill.can_go_on,
    "vertex-openai": chat_prefill.can_go_on,
    "google-gemini": _goes_on,
    "vertex-gemini": _goes_on,
    "anthropic-messages": _goes_on_at_claude,
    "vertex-anthropic": _goes_on_at_claude,
    "bedrock-converse": _goes_on_at_bedrock,
}
"""Which endpoints go on with an answer that another one began, format by format; formats without an entry do not."""
SEALS_REASONING: frozenset[str] = frozenset({"anthropic-messages", "vertex-anthropic", "openai-responses"})
"""Formats that sign or seal what the model thought: an answer with such a part cannot be gone on with elsewhere."""
PROTOCOLS: frozenset[str] = frozenset(UPSTREAMS)
_SPOKEN: Mapping[Operation, frozenset[str]] = {
    "chat": PROTOCOLS,
    "embeddings": frozenset(EMBEDDINGS),
    "rerank": frozenset(RERANK),
    "image": frozenset(IMAGES),
    "speech": frozenset(SPEECH),
    "transcription": frozenset(TRANSCRIPTION),
    "video": frozenset(VIDEOS),
}


def is_spoken(endpoint: Endpoint) -> bool:
    """Whether one of the formats that an endpoint offers is spoken, for what its model does."""
    return not _SPOKEN.get(endpoint.operation, _NONE).isdisjoint((endpoint.protocol, *endpoint.protocols))


def protocol_of(endpoint: Endpoint, native: frozenset[str]) -> str:
    """The format in which a callable endpoint is spoken to: one of the client's own where it is offered."""
    offered = (endpoint.protocol, *endpoint.protocols)
    return next((name for name in offered if name in native), None) or next(
        name for name in UPSTREAMS if name in offered
    )
