"""The ways in for inference: path, reader of the body, and the format that errors are told in."""

from collections.abc import Callable

from msgspec import Struct

from trunkline.api import audio_forms, image_forms
from trunkline.api.memory_forms import FormRules, MemoryForm
from trunkline.gateway.conversion import Inbound, TimeLimit
from trunkline.gateway.generation_conversion import InboundGeneration
from trunkline.gateway.images import InboundImages
from trunkline.gateway.one_shape import InboundOneShape
from trunkline.gateway.speech import InboundSpeech
from trunkline.gateway.videos import InboundVideo
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
from trunkline.protocols.speech.request import parse_speech
from trunkline.protocols.transcription.request import TranscriptionRequest, parse_transcription
from trunkline.protocols.transcription.upstreams import TRANSCRIPTION
from trunkline.protocols.validation import ParseLimits
from trunkline.protocols.videos.request import parse_video
from trunkline.settings import Settings

Parse = Callable[[bytes, ParseLimits], Inbound]
"""From a body to what it asks for. Raises InvalidRequest or InvalidPrompt for anything that is no request."""


class FormWay(Struct, frozen=True):
    """How a form is taken: its bounds, and what it asks for. `parse` raises InvalidRequest."""

    rules: FormRules
    parse: Callable[[MemoryForm, ParseLimits], Inbound]


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
    form: FormWay | None = None
    """For bodies of multipart/form-data, where the operation takes them."""


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


def _edit(form: MemoryForm, limits: ParseLimits) -> Inbound:
    return InboundImages(request=image_forms.images_of_form(form, limits), format=CHAT_FORMAT)


TRANSCRIPTION_LIMIT = TimeLimit(
    60.0, "The provider did not answer within 60 s. Split long recordings into shorter ones."
)


def _transcription(request: TranscriptionRequest) -> Inbound:
    return InboundOneShape(
        request=request,
        format=CHAT_FORMAT,
        operation="transcription",
        codecs=TRANSCRIPTION,
        media_estimate=(request.seconds,),
        time_limit=TRANSCRIPTION_LIMIT,
    )


def _transcription_of_form(form: MemoryForm, limits: ParseLimits) -> Inbound:
    return _transcription(audio_forms.transcription_of_form(form, limits))


def _speech(body: bytes, limits: ParseLimits) -> Inbound:
    return InboundSpeech(request=parse_speech(body, limits), format=CHAT_FORMAT)


def _video(body: bytes, limits: ParseLimits) -> Inbound:
    return InboundVideo(request=parse_video(body, limits), format=CHAT_FORMAT)


ROUTES: tuple[Route, ...] = (
    _generation("/chat/completions", parse_chat, CHAT_FORMAT),
    _generation("/completions", parse_completion, CHAT_FORMAT),
    _generation("/messages", parse_messages, MESSAGES_FORMAT),
    _generation("/responses", parse_responses, CHAT_FORMAT),
    Route("/embeddings", _embeddings, CHAT_FORMAT),
    Route("/rerank", _rerank, CHAT_FORMAT),
    Route("/images", _images, CHAT_FORMAT),
    Route("/videos", _video, CHAT_FORMAT),
    Route("/images/generations", _images, CHAT_FORMAT),
    Route("/images/edits", _images, CHAT_FORMAT, FormWay(image_forms.RULES, _edit)),
    Route("/audio/speech", _speech, CHAT_FORMAT),
    Route(
        "/audio/transcriptions",
        lambda body, limits: _transcription(parse_transcription(body, limits)),
        CHAT_FORMAT,
        FormWay(audio_forms.RULES, _transcription_of_form),
    ),
)
