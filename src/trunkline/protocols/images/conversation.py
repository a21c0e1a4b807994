"""Image models that are called as in a conversation: one turn with the prompt and the pictures, images in the answer.

Gemini's image models, and those of gateways that speak chat (inference.md 11.1), through the hub.
"""

from collections.abc import Mapping

import msgspec
from msgspec import Raw, Struct

from trunkline.core import json
from trunkline.protocols.answers import AnswerBody, AnswerIdentity, Facts, UpstreamTarget
from trunkline.protocols.codec import NoAnswer, Payload
from trunkline.protocols.events import MediaDelta
from trunkline.protocols.images.abilities import (
    abilities_at,
    aspect_ratio_for,
    knobs_for,
    require_able,
    tier_for,
)
from trunkline.protocols.images.answer import ImagesBody
from trunkline.protocols.images.codec import ImagesCodec, filled, referenced
from trunkline.protocols.images.request import ImagesRequest
from trunkline.protocols.lenient_json import UNREADABLE
from trunkline.protocols.provider_options import options_for
from trunkline.protocols.remote_media import MediaKey, RemoteMedia
from trunkline.protocols.requests import GenerationRequest, Image, Message, Part, Sampling, Text
from trunkline.protocols.upstream import UpstreamProtocol


class _Url(Struct):
    url: str


class _Picture(Struct):
    image_url: _Url


_picture = msgspec.json.Decoder(_Picture)


class ConversationImages(ImagesCodec):
    """Any upstream format of generations whose models answer with images."""

    __slots__ = ("_protocol",)

    def __init__(self, protocol: UpstreamProtocol) -> None:
        self._protocol = protocol

    def remote_media(self, request: ImagesRequest, target: UpstreamTarget) -> tuple[RemoteMedia, ...]:
        return tuple(
            remote for remote in referenced(request) if self._protocol.needs_content(Image(remote.url), target)
        )

    def path(self, request: ImagesRequest, target: UpstreamTarget) -> str:
        return self._protocol.path(target, stream=False)

    def headers(self, request: ImagesRequest, target: UpstreamTarget) -> tuple[tuple[str, str], ...]:
        return self._protocol.headers(_hub(request, request.references, Raw(b""), {}), target)

    def encode(self, request: ImagesRequest, target: UpstreamTarget, contents: Mapping[MediaKey, str]) -> Payload:
        abilities = abilities_at(target)
        require_able(request, abilities, target)
        config: dict[str, object] = dict(knobs_for(request, abilities))
        config.pop("seed", None)
        if (aspect_ratio := aspect_ratio_for(request, abilities)) is not None:
            config["aspect_ratio"] = aspect_ratio
        if (tier := tier_for(request, abilities)) is not None:
            config["image_size"] = tier
        extra = options_for(request.options, target, abilities.passthrough)
        hub = _hub(request, filled(request, contents), json.raw(config) if config else Raw(b""), extra)
        return Payload(self._protocol.encode(hub, target))

    def read(self, data: bytes, request: ImagesRequest, target: UpstreamTarget, identity: AnswerIdentity) -> AnswerBody:
        decoded = self._protocol.decode_body(data, target, exclude_reasoning=True)
        facts = decoded.facts
        if facts.fault is not None:
            return NoAnswer(Facts(fault=facts.fault))
        payloads = [
            url
            for event in decoded.events
            if isinstance(event, MediaDelta) and event.kind == "image" and (url := _url(event.payload))
        ]
        body = ImagesBody(payloads, facts.usage, request, identity, facts.upstream_id)
        body.facts.native_finish_reason = facts.native_finish_reason
        return body


def _url(payload: Raw) -> str:
    try:
        return _picture.decode(payload).image_url.url
    except UNREADABLE:
        return ""


def _hub(
    request: ImagesRequest, references: tuple[str, ...], image_config: Raw, extra: Mapping[str, Raw]
) -> GenerationRequest:
    parts: tuple[Part, ...] = (Text(request.prompt), *(Image(url) for url in references))
    return GenerationRequest(
        messages=(Message(role="user", parts=parts),),
        modalities=("image", "text"),
        image_config=image_config,
        sampling=Sampling(seed=request.seed),
        extra=extra,
    )
