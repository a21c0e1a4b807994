"""The ways in for inference: path, reader of the body, and the format that errors are told in."""

from collections.abc import Callable

from msgspec import Struct

from trunkline.gateway.conversion import Inbound, InboundGeneration
from trunkline.gateway.images import InboundImages
from trunkline.gateway.one_shape import InboundOneShape
from trunkline.protocols.chat.client import CHAT_FORMAT
from trunkline.protocols.chat.request import parse_chat, parse_completion
from trunkline.protocols.client import ClientFormat, ClientRequest
from trunkline.protocols.embeddings.request import parse_embeddings
from trunkline.protocols.embeddings.upstreams import EMBEDDINGS
from trunkline.protocols.images.request import parse_images
from trunkline.protocols.messages.client import MESSAGES_FORMAT, parse_messages
from trunkline.protocols.rerank.request import parse_rerank
from trunkline.protocols.rerank.upstreams import RERANK
from trunkline.protocols.responses.inbound.request import parse_responses
from trunkline.protocols.validation import ParseLimits
from trunkline.settings import Settings

Parse = Callable[[bytes, ParseLimits], Inbound]
"""From a body to what it asks for. Raises InvalidRequest or InvalidPrompt for anything that is no request."""


def parse_limits(settings: Settings) -> ParseLimits:
    """The bounds of one request, as the operator set them."""
    return ParseLimits(
        messages_max=settings.limits.messages_max,
        tools_max=settings.limits.tools_max,
        nesting_max=settings.limits.nesting_max,
        models_max=settings.routing.models_max,
    )


class Route(Struct, frozen=True):
    """One way in, under every API root."""

    path: str
    parse: Parse
    format: ClientFormat


def _generation(path: str, parse: Callable[[bytes, ParseLimits], ClientRequest], format: ClientFormat) -> Route:
    return Route(path, lambda body, limits: InboundGeneration(parse(body, limits), format), format)


def _embeddings(body: bytes, limits: ParseLimits) -> Inbound:
    request = parse_embeddings(body, limits)
    return InboundOneShape(request=request, format=CHAT_FORMAT, operation="embeddings", codecs=EMBEDDINGS)


def _rerank(body: bytes, limits: ParseLimits) -> Inbound:
    request = parse_rerank(body, limits)
    return InboundOneShape(
        request=request,
        format=CHAT_FORMAT,
        operation="rerank",
        codecs=RERANK,
        media_estimate=(request.search_units,),
    )


def _images(body: bytes, limits: ParseLimits) -> Inbound:
    return InboundImages(request=parse_images(body, limits), format=CHAT_FORMAT)


ROUTES: tuple[Route, ...] = (
    _generation("/chat/completions", parse_chat, CHAT_FORMAT),
    _generation("/completions", parse_completion, CHAT_FORMAT),
    _generation("/messages", parse_messages, MESSAGES_FORMAT),
    _generation("/responses", parse_responses, CHAT_FORMAT),
    Route("/embeddings", _embeddings, CHAT_FORMAT),
    Route("/rerank", _rerank, CHAT_FORMAT),
    Route("/images", _images, CHAT_FORMAT),
    Route("/images/generations", _images, CHAT_FORMAT),
)
