"""Google's embeddings: many contents in one call at AI Studio, one in each at Vertex."""

from collections.abc import Mapping, Sequence
from typing import Final

import msgspec
from msgspec import Raw, Struct

from trunkline.core import json
from trunkline.core.errors import InvalidRequest
from trunkline.core.json import JsonValue
from trunkline.protocols.answers import UpstreamTarget
from trunkline.protocols.bounds import TOKENS_MAX
from trunkline.protocols.codec import Payload
from trunkline.protocols.data_urls import split_data_url
from trunkline.protocols.embeddings.answer import Vector
from trunkline.protocols.embeddings.codec import Embedded, EmbeddingsCodec, no_vectors, texts_only
from trunkline.protocols.embeddings.purposes import Words, word_for
from trunkline.protocols.embeddings.remote import content_url, remote_in
from trunkline.protocols.embeddings.request import Content, EmbeddingsRequest, Input
from trunkline.protocols.events import Usage
from trunkline.protocols.gemini.media import audio_type
from trunkline.protocols.gemini.usage import UsageReader
from trunkline.protocols.lenient_json import NOTHING, UNREADABLE, decode_mended, is_blank
from trunkline.protocols.remote_media import MediaKey, RemoteMedia
from trunkline.protocols.requests import Audio, File, Image, Part, Text, Video

_WORDS: Final[Words] = {
    "query": "RETRIEVAL_QUERY",
    "document": "RETRIEVAL_DOCUMENT",
    "classification": "CLASSIFICATION",
    "clustering": "CLUSTERING",
    "similarity": "SEMANTIC_SIMILARITY",
}
_PREDICTED: Final = ("gemini-embedding-001", "text-embedding-", "text-multilingual-embedding-")
"""Models that Vertex serves by `predict`; later ones by `embedContent`."""
_WITHOUT_TASKS: Final = "gemini-embedding-2"
"""Reads what texts are for out of the texts, and refuses to be told."""


class _Embedding(Struct):
    values: Vector


class _Batch(Struct, rename="camel"):
    embeddings: list[_Embedding]
    usage_metadata: Raw = NOTHING


class _One(Struct, rename="camel"):
    embedding: _Embedding
    usage_metadata: Raw = NOTHING


class _Statistics(Struct):
    token_count: float = 0


class _Embeddings(Struct):
    values: Vector
    statistics: _Statistics | None = None


class _Prediction(Struct):
    embeddings: _Embeddings


class _Predicted(Struct):
    predictions: list[_Prediction]


_batch = msgspec.json.Decoder(_Batch)
_one = msgspec.json.Decoder(_One)
_predicted = msgspec.json.Decoder(_Predicted)


class GeminiEmbeddings(EmbeddingsCodec):
    """Implements `Codec` for AI Studio."""

    __slots__ = ()

    def path(self, request: EmbeddingsRequest, target: UpstreamTarget) -> str:
        return f"models/{target.upstream_model}:batchEmbedContents"

    def remote_media(self, request: EmbeddingsRequest, target: UpstreamTarget) -> tuple[RemoteMedia, ...]:
        return remote_in(request)

    def encode(self, request: EmbeddingsRequest, target: UpstreamTarget, contents: Mapping[MediaKey, str]) -> Payload:
        settings = _settings(request, target)
        requests: list[JsonValue] = [
            {"model": f"models/{target.upstream_model}", "content": _content(one, index, contents), **settings}
            for index, one in enumerate(request.inputs)
        ]
        return Payload(json.encode({"requests": requests}))

    def read(self, data: bytes, target: UpstreamTarget) -> Embedded:
        try:
            answer = decode_mended(_batch, data)
        except UNREADABLE:
            raise no_vectors("The answer is no list of embeddings") from None
        return Embedded([embedding.values for embedding in answer.embeddings], _usage(answer.usage_metadata))


class VertexEmbeddings(EmbeddingsCodec):
    """Implements `Codec` for Vertex."""

    __slots__ = ()

    def path(self, request: EmbeddingsRequest, target: UpstreamTarget) -> str:
        method = "predict" if _is_predicted(target) else "embedContent"
        return f"publishers/google/models/{target.upstream_model}:{method}"

    def remote_media(self, request: EmbeddingsRequest, target: UpstreamTarget) -> tuple[RemoteMedia, ...]:
        return remote_in(request)

    def encode(self, request: EmbeddingsRequest, target: UpstreamTarget, contents: Mapping[MediaKey, str]) -> Payload:
        if _is_predicted(target):
            return Payload(json.encode(_instances(request)))
        (one,) = request.inputs  # `limits.py`: one in each call
        return Payload(json.encode({"content": _content(one, 0, contents), **_settings(request, target)}))

    def read(self, data: bytes, target: UpstreamTarget) -> Embedded:
        try:
            if _is_predicted(target):
                found = [prediction.embeddings for prediction in decode_mended(_predicted, data).predictions]
                return Embedded([embeddings.values for embeddings in found], _counted(found))
            answer = decode_mended(_one, data)
        except UNREADABLE:
            raise no_vectors("The answer is no embedding") from None
        return Embedded([answer.embedding.values], _usage(answer.usage_metadata))


def _is_predicted(target: UpstreamTarget) -> bool:
    return target.upstream_model.startswith(_PREDICTED)


def _settings(request: EmbeddingsRequest, target: UpstreamTarget) -> dict[str, JsonValue]:
    settings: dict[str, JsonValue] = {}
    if request.input_type is not None and not target.upstream_model.startswith(_WITHOUT_TASKS):
        settings["taskType"] = word_for(request.input_type, _WORDS)
    if request.dimensions is not None:
        settings["outputDimensionality"] = request.dimensions
    return settings


def _instances(request: EmbeddingsRequest) -> JsonValue:
    task: dict[str, JsonValue] = {}
    if request.input_type is not None:
        task["task_type"] = word_for(request.input_type, _WORDS)
    parameters: dict[str, JsonValue] = {"autoTruncate": False}
    if request.dimensions is not None:
        parameters["outputDimensionality"] = request.dimensions
    return {"instances": [{"content": text, **task} for text in texts_only(request)], "parameters": parameters}


def _content(one: Input, index: int, contents: Mapping[MediaKey, str]) -> JsonValue:
    if isinstance(one, tuple):
        raise InvalidRequest(
            f"`input[{index}]` is a list of token ids, and this provider takes texts. Send the text.",
            field=f"input[{index}]",
        )
    parts = one.parts if isinstance(one, Content) else (Text(one),)
    return {"parts": [_part(part, index, contents) for part in parts]}


def _part(part: Part, index: int, contents: Mapping[MediaKey, str]) -> JsonValue:
    match part:
        case Text(text):
            return {"text": text}
        case Image(url):
            return _inline(content_url("image", url, contents), index)
        case Video(url):
            return _inline(content_url("video", url, contents), index)
        case File(str(url)):
            return _inline(content_url("file", url, contents), index)
        case Audio(data, format_):
            return {"inlineData": {"mimeType": audio_type(format_), "data": data}}
        case _:
            raise InvalidRequest(f"`input[{index}]` has a part that cannot be embedded.", field=f"input[{index}]")


def _inline(url: str, index: int) -> JsonValue:
    split = split_data_url(url)
    if split is None:
        raise InvalidRequest(
            f"`input[{index}]` has a malformed data URL. Write data:<type>;base64,<data>.", field=f"input[{index}]"
        )
    return {"inlineData": {"mimeType": split.mime, "data": split.data}}


def _usage(metadata: Raw) -> Usage | None:
    if is_blank(metadata):
        return None
    reader = UsageReader()
    reader.read(metadata)
    return reader.usage(0)


def _counted(found: Sequence[_Embeddings]) -> Usage | None:
    """The tokens of all texts, None where not every text was counted."""
    counts = [int(one.statistics.token_count) for one in found if one.statistics is not None]
    return Usage(prompt_tokens=min(TOKENS_MAX, max(0, sum(counts)))) if len(counts) == len(found) else None
