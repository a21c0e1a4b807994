"""The Sandbox's embeddings and rerank: deterministic, dimension-true, and plainly not a model's."""

import hashlib
import math
import struct

from trunkline.core import json
from trunkline.core.json import JsonValue
from trunkline.providers.sandbox import words
from trunkline.providers.sandbox.request import Document, EmbeddingsRequest, RerankRequest

DIMENSIONS_DEFAULT = 256
DIMENSIONS_MAX = 16_384


def embeddings(request: EmbeddingsRequest) -> bytes:
    """Unit vectors that follow from the text alone; equal texts are equal vectors."""
    inputs = _inputs(request)
    size = min(request.dimensions or DIMENSIONS_DEFAULT, DIMENSIONS_MAX)
    data: list[JsonValue] = [
        {"object": "embedding", "index": index, "embedding": list(unit_vector(text, size))}
        for index, text in enumerate(inputs)
    ]
    tokens = sum(len(words.tokens_of(text)) for text in inputs)
    usage: JsonValue = {"prompt_tokens": tokens, "total_tokens": tokens}
    return json.encode({"object": "list", "data": data, "model": request.model, "usage": usage})


def _inputs(request: EmbeddingsRequest) -> list[str]:
    given = request.input
    if isinstance(given, str):
        return [given]
    if all(isinstance(item, int) for item in given):
        return [str(given)]
    return [str(item) for item in given]


def unit_vector(text: str, size: int) -> tuple[float, ...]:
    """`size` numbers with length 1, from a hash of `text` stretched as far as needed."""
    stream = hashlib.shake_256(text.encode("utf-8", "replace")).digest(size * 2)
    numbers = [value / 32768 - 1 for value in struct.unpack(f">{size}H", stream)]
    length = math.sqrt(sum(number * number for number in numbers)) or 1.0
    return tuple(number / length for number in numbers)


def rerank(request: RerankRequest) -> bytes:
    """Documents by how many words they share with the query."""
    asked = set(request.query.lower().split())
    scored = sorted(
        ((_overlap(asked, _document(document)), index) for index, document in enumerate(request.documents)),
        key=lambda pair: (-pair[0], pair[1]),
    )
    results: list[JsonValue] = [
        {"index": index, "relevance_score": score, "document": {"text": _document(request.documents[index])}}
        for score, index in scored[: request.top_n]
    ]
    tokens = sum(len(words.tokens_of(text)) for text in (request.query, *map(_document, request.documents)))
    return json.encode({"results": results, "usage": {"search_units": 1, "total_tokens": tokens}})


def _document(document: str | Document) -> str:
    return document if isinstance(document, str) else document.text


def _overlap(asked: set[str], document: str) -> float:
    found = set(document.lower().split())
    return round(len(asked & found) / len(asked), 6) if asked else 0.0
