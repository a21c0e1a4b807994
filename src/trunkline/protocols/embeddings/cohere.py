"""Cohere's `/v2/embed`."""

from collections.abc import Mapping
from typing import Final

import msgspec
from msgspec import Raw, Struct

from trunkline.core import json
from trunkline.core.errors import InvalidRequest
from trunkline.core.json import JsonValue
from trunkline.protocols.answers import UpstreamTarget
from trunkline.protocols.bounds import TOKENS_MAX
from trunkline.protocols.codec import Payload
from trunkline.protocols.embeddings.answer import Vector
from trunkline.protocols.embeddings.codec import Embedded, EmbeddingsCodec, no_vectors, texts_only
from trunkline.protocols.embeddings.purposes import Words, word_for
from trunkline.protocols.embeddings.remote import content_url, remote_in
from trunkline.protocols.embeddings.request import Content, EmbeddingsRequest, Input
from trunkline.protocols.events import Usage
from trunkline.protocols.lenient_json import NOTHING, UNREADABLE, decode_mended, int_of, object_of
from trunkline.protocols.remote_media import MediaKey, RemoteMedia
from trunkline.protocols.requests import Image, Text

_WORDS: Final[Words] = {
    "query": "search_query",
    "document": "search_document",
    "classification": "classification",
    "clustering": "clustering",
}


class _Vectors(Struct):
    float: list[Vector]


class _Meta(Struct):
    billed_units: Raw = NOTHING


class _Answer(Struct):
    embeddings: _Vectors
    meta: _Meta | None = None
    id: str | None = None


_answer = msgspec.json.Decoder(_Answer)


class CohereEmbeddings(EmbeddingsCodec):
    """Implements `Codec`."""

    __slots__ = ()

    def path(self, request: EmbeddingsRequest, target: UpstreamTarget) -> str:
        return "embed"

    def remote_media(self, request: EmbeddingsRequest, target: UpstreamTarget) -> tuple[RemoteMedia, ...]:
        return remote_in(request)

    def encode(self, request: EmbeddingsRequest, target: UpstreamTarget, contents: Mapping[MediaKey, str]) -> Payload:
        body: dict[str, JsonValue] = {
            "model": target.upstream_model,
            "input_type": word_for(request.input_type or "document", _WORDS),
            "embedding_types": ["float"],
            "truncate": "NONE",
        }
        if "image" in request.input_modalities:
            body["inputs"] = [_content(one, index, contents) for index, one in enumerate(request.inputs)]
        else:
            body["texts"] = list[JsonValue](texts_only(request))
        if request.dimensions is not None:
            body["output_dimension"] = request.dimensions
        return Payload(json.encode(body))

    def read(self, data: bytes, target: UpstreamTarget) -> Embedded:
        try:
            answer = decode_mended(_answer, data)
        except UNREADABLE:
            raise no_vectors("The answer is no list of embeddings") from None
        billed = answer.meta.billed_units if answer.meta is not None else NOTHING
        return Embedded(answer.embeddings.float, _usage(billed), answer.id)


def _content(one: Input, index: int, contents: Mapping[MediaKey, str]) -> JsonValue:
    parts: list[JsonValue] = []
    for part in one.parts if isinstance(one, Content) else (Text(one) if isinstance(one, str) else None,):
        match part:
            case Text(text):
                parts.append({"type": "text", "text": text})
            case Image(url):
                parts.append({"type": "image_url", "image_url": {"url": content_url("image", url, contents)}})
            case _:
                raise InvalidRequest(
                    f"`input[{index}]` is neither text nor image, and this provider takes nothing else.",
                    field=f"input[{index}]",
                )
    return {"content": parts}


def _usage(billed: Raw) -> Usage | None:
    """Images are counted beside the text."""
    members = object_of(billed)
    if not members:
        return None
    text, images = _count(members.get("input_tokens")), _count(members.get("image_tokens"))
    return Usage(prompt_tokens=text + images, prompt_image_tokens=images, raw=Raw(bytes(billed)))


def _count(raw: Raw | None) -> int:
    value = int_of(raw)
    return value if value is not None and 0 <= value <= TOKENS_MAX else 0
