"""The Sandbox's embeddings, rerank and images: deterministic, dimension-true, and plainly not a model's."""

import base64
import hashlib
import math
import struct
import zlib

from trunkline.core import json
from trunkline.core.json import JsonValue
from trunkline.providers.sandbox import words
from trunkline.providers.sandbox.request import Document, EmbeddingsRequest, ImagesRequest, RerankRequest

DIMENSIONS_DEFAULT = 256
DIMENSIONS_MAX = 16_384
IMAGE_SIDE_MAX = 2048
IMAGES_MAX = 10


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


def images(request: ImagesRequest) -> bytes:
    """PNG pictures in two colours that follow from the prompt."""
    width, height = _size(request.size)
    data: list[JsonValue] = [
        {"b64_json": base64.b64encode(png(f"{request.prompt}#{index}", width, height)).decode()}
        for index in range(min(max(1, request.n), IMAGES_MAX))
    ]
    return json.encode({"created": 0, "data": data})


def _size(size: str | None) -> tuple[int, int]:
    width, cross, height = (size or "256x256").partition("x")
    if cross and width.isdecimal() and height.isdecimal():
        return min(max(1, int(width)), IMAGE_SIDE_MAX), min(max(1, int(height)), IMAGE_SIDE_MAX)
    return 256, 256


def png(text: str, width: int, height: int) -> bytes:
    """A valid PNG of stripes."""
    colours = hashlib.sha256(text.encode("utf-8", "replace")).digest()
    rows = (b"\0" + colours[:3] * width, b"\0" + colours[3:6] * width)
    pixels = b"".join(rows[y // 16 % 2] for y in range(height))
    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    chunks = (_chunk(b"IHDR", header), _chunk(b"IDAT", zlib.compress(pixels)), _chunk(b"IEND", b""))
    return b"\x89PNG\r\n\x1a\n" + b"".join(chunks)


def _chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
