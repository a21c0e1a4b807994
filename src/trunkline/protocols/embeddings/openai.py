"""OpenAI's embeddings, and everybody's who copied them."""

import struct
from base64 import b64decode
from binascii import Error as Base64Error
from collections.abc import Mapping
from typing import Final

import msgspec
from msgspec import Raw, Struct
from msgspec.structs import replace

from trunkline.core import json
from trunkline.core.json import JsonValue
from trunkline.protocols.answers import UpstreamTarget
from trunkline.protocols.codec import Payload
from trunkline.protocols.embeddings.answer import Vector
from trunkline.protocols.embeddings.codec import Embedded, EmbeddingsCodec, Unreadable, no_vectors, texts_only
from trunkline.protocols.embeddings.dialects import Dialect, dialect_of
from trunkline.protocols.embeddings.purposes import word_for
from trunkline.protocols.embeddings.request import EmbeddingsRequest
from trunkline.protocols.events import Usage
from trunkline.protocols.faults.reading import fault_in_answer
from trunkline.protocols.lenient_json import NOTHING, UNREADABLE, decode_mended, int_of, is_blank, object_of
from trunkline.protocols.remote_media import MediaKey
from trunkline.protocols.usage import normalise

_BYTES_OF_FLOAT: Final = 4


class _Item(Struct):
    embedding: str | Vector
    index: int | None = None


class _Answer(Struct):
    data: list[_Item] = []
    usage: Raw = NOTHING
    error: Raw = NOTHING
    id: str | None = None


_answer = msgspec.json.Decoder(_Answer)


class OpenAIEmbeddings(EmbeddingsCodec):
    """Implements `Codec`; what a provider does otherwise stands in `dialects.py`."""

    __slots__ = ()

    def path(self, request: EmbeddingsRequest, target: UpstreamTarget) -> str:
        return "embeddings"

    def encode(self, request: EmbeddingsRequest, target: UpstreamTarget, contents: Mapping[MediaKey, str]) -> Payload:
        dialect = dialect_of(target)
        body: dict[str, JsonValue] = {"model": target.upstream_model, "input": _input(request), **dialect.always}
        if request.dimensions is not None and dialect.dimensions is not None:
            body[dialect.dimensions] = request.dimensions
        if dialect.input_type is not None:
            word = request.input_type or dialect.input_type_usual
            if word is not None:
                body["input_type"] = word_for(word, dialect.input_type)
        return Payload(json.encode(body))

    def read(self, data: bytes, target: UpstreamTarget) -> Embedded:
        dialect = dialect_of(target)
        try:
            answer = decode_mended(_answer, data)
            if not is_blank(answer.error):
                raise Unreadable(fault_in_answer(answer.error))
            vectors = _ordered(answer.data, dialect)
        except (*UNREADABLE, Base64Error, struct.error):
            raise no_vectors("The answer is no list of embeddings") from None
        return Embedded(vectors, usage_of(answer.usage), answer.id)


def _input(request: EmbeddingsRequest) -> JsonValue:
    """Texts, or token ids where all inputs are such."""
    ids = [list[JsonValue](one) for one in request.inputs if isinstance(one, tuple)]
    if len(ids) == len(request.inputs):
        return list[JsonValue](ids)
    return list[JsonValue](texts_only(request))


def usage_of(raw: Raw) -> Usage | None:
    """Some tell only the total, which is the prompt's: nothing else is counted here."""
    if is_blank(raw):
        return None
    usage = normalise(raw)
    total = int_of(object_of(raw).get("total_tokens")) or 0
    return usage if usage.prompt_tokens or total <= 0 else replace(usage, prompt_tokens=total)


def _ordered(items: list[_Item], dialect: Dialect) -> list[Vector]:
    """By `index`, where every item has one. Raises Base64Error or struct.error."""
    if all(item.index is not None for item in items):
        items = sorted(items, key=lambda item: item.index or 0)
    return [_vector(item.embedding, dialect) for item in items]


def _vector(embedding: str | Vector, dialect: Dialect) -> Vector:
    if not isinstance(embedding, str):
        return embedding
    data = b64decode(embedding, validate=True)
    if dialect.bytes_are_numbers:
        return tuple([float(number) for number in struct.unpack(f"{len(data)}b", data)])
    return struct.unpack(f"<{len(data) // _BYTES_OF_FLOAT}f", data)
