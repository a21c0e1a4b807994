"""OpenAI's embeddings, and everybody's who copied them."""

import struct
from base64 import b64decode
from binascii import Error as Base64Error

import msgspec
from msgspec import Raw, Struct

from trunkline.core import json
from trunkline.protocols.answers import AnswerBody, AnswerIdentity, Facts, UpstreamTarget
from trunkline.protocols.embeddings.answer import EmbeddingsBody, NoAnswer
from trunkline.protocols.embeddings.request import EmbeddingsRequest
from trunkline.protocols.events import UpstreamFault
from trunkline.protocols.faults.reading import fault_in_answer
from trunkline.protocols.lenient_json import NOTHING, UNREADABLE, decode_mended, is_blank
from trunkline.protocols.usage import normalise


class _Item(Struct):
    embedding: str | tuple[float, ...]
    index: int | None = None


class _Answer(Struct):
    data: list[_Item] = []
    usage: Raw = NOTHING
    error: Raw = NOTHING


_answer = msgspec.json.Decoder(_Answer)


class OpenAIEmbeddings:
    """Implements `gateway.one_shape.Codec`."""

    __slots__ = ()

    def path(self, request: EmbeddingsRequest, target: UpstreamTarget) -> str:
        return "embeddings"

    def headers(self, request: EmbeddingsRequest, target: UpstreamTarget) -> tuple[tuple[str, str], ...]:
        return ()

    def encode(self, request: EmbeddingsRequest, target: UpstreamTarget) -> bytes:
        body: dict[str, object] = {"model": target.upstream_model, "input": request.texts or request.token_ids}
        if request.dimensions is not None and "no_dimensions" not in target.quirks:
            body["dimensions"] = request.dimensions
        if request.input_type is not None and "input_type" in target.passthrough:
            body["input_type"] = request.input_type
        return json.encode(body)

    def open_body(
        self, data: bytes, request: EmbeddingsRequest, target: UpstreamTarget, identity: AnswerIdentity
    ) -> AnswerBody:
        try:
            answer = decode_mended(_answer, data)
            vectors = _ordered(answer.data)
        except (*UNREADABLE, Base64Error, struct.error):
            return NoAnswer(Facts(fault=UpstreamFault(status=200, message="The answer is no list of embeddings")))
        if not is_blank(answer.error):
            return NoAnswer(Facts(fault=fault_in_answer(answer.error)))
        if len(vectors) != request.inputs:
            message = f"The answer has {len(vectors)} vectors for {request.inputs} inputs"
            return NoAnswer(Facts(fault=UpstreamFault(status=200, message=message)))
        facts = Facts(content_seen=True, finish_reason="stop", done=True)
        if not is_blank(answer.usage):
            facts.usage = normalise(answer.usage)
        return EmbeddingsBody(facts, vectors, identity, request.encoding_format)


def _ordered(items: list[_Item]) -> list[tuple[float, ...]]:
    """By `index`, where every item has one. Raises Base64Error or struct.error."""
    if all(item.index is not None for item in items):
        items = sorted(items, key=lambda item: item.index or 0)
    return [_floats(item.embedding) for item in items]


def _floats(embedding: str | tuple[float, ...]) -> tuple[float, ...]:
    if not isinstance(embedding, str):
        return embedding
    data = b64decode(embedding, validate=True)
    return struct.unpack(f"<{len(data) // 4}f", data)
