"""The formats of rerank: Cohere's, which Jina, vLLM, llama.cpp and others copied, and Voyage's, which differs in names.

What comes back is read in all of their spellings, whoever it comes from.
"""

from collections.abc import Mapping, Sequence
from typing import Final, Literal

import msgspec
from msgspec import UNSET, Raw, Struct

from trunkline.core import json
from trunkline.core.json import JsonValue
from trunkline.protocols.answers import AnswerBody, AnswerIdentity, Facts, UpstreamTarget
from trunkline.protocols.bounds import TOKENS_MAX
from trunkline.protocols.codec import Codec, NoAnswer, Payload
from trunkline.protocols.events import UpstreamFault, Usage
from trunkline.protocols.faults.reading import fault_in_answer
from trunkline.protocols.lenient_json import NOTHING, UNREADABLE, decode_mended, int_of, is_blank, object_of
from trunkline.protocols.media_use import MediaUse
from trunkline.protocols.quirks import quirks_of
from trunkline.protocols.remote_media import MediaKey, RemoteMedia, is_web_address
from trunkline.protocols.rerank.answer import Counted, RerankBody, Score
from trunkline.protocols.rerank.request import Document, RerankRequest


class _Answer(Struct):
    results: list[Score] | None = None
    data: list[Score] | None = None
    """Voyage's name for them."""
    meta: Raw = NOTHING
    usage: Raw = NOTHING
    id: str | None = None
    error: Raw = NOTHING


_answer = msgspec.json.Decoder(_Answer)
_UNITS_MAX: Final = 1_000_000


class RerankCodec(Codec[RerankRequest]):
    """Implements `Codec`. `limit` is the format's name for how many results are wanted."""

    __slots__ = ("_always", "_limit")

    def __init__(self, limit: Literal["top_n", "top_k"], always: Mapping[str, JsonValue]) -> None:
        self._limit = limit
        self._always = always

    def path(self, request: RerankRequest, target: UpstreamTarget) -> str:
        return "rerank"

    def remote_media(self, request: RerankRequest, target: UpstreamTarget) -> tuple[RemoteMedia, ...]:
        if "data_urls" not in quirks_of(target):
            return ()
        return tuple(
            RemoteMedia("image", document.image, f"documents[{index}].image")
            for index, document in enumerate(request.documents)
            if document.image is not UNSET and is_web_address(document.image)
        )

    def encode(self, request: RerankRequest, target: UpstreamTarget, contents: Mapping[MediaKey, str]) -> Payload:
        body: dict[str, JsonValue] = {
            "model": target.upstream_model,
            "query": request.query,
            "documents": [_written(document, contents) for document in request.documents],
            **self._always,
        }
        if request.top_n is not None:
            body[self._limit] = min(request.top_n, len(request.documents))
        return Payload(json.encode(body))

    def open_body(
        self, bodies: Sequence[bytes], request: RerankRequest, target: UpstreamTarget, identity: AnswerIdentity
    ) -> AnswerBody:
        try:
            answer = decode_mended(_answer, bodies[0])
        except UNREADABLE:
            return _none("The answer is no list of results")
        if not is_blank(answer.error):
            return NoAnswer(Facts(fault=fault_in_answer(answer.error)))
        scores = answer.results if answer.results is not None else answer.data or []
        indexes = {score.index for score in scores}
        if not scores or len(indexes) != len(scores) or not indexes <= set(range(len(request.documents))):
            return _none("The results are not those of the documents")
        counted = _counted(answer)
        facts = Facts(content_seen=True, finish_reason="stop", done=True, upstream_id=answer.id)
        if counted.total_tokens is not None:
            facts.usage = Usage(prompt_tokens=counted.total_tokens)
        units = counted.search_units
        facts.media_used = (request.search_units if units is None else MediaUse("search_unit", units * 1000),)
        return RerankBody(facts, scores, counted, request, identity)


def _none(message: str) -> NoAnswer:
    return NoAnswer(Facts(fault=UpstreamFault(status=200, message=message)))


def _written(document: Document, contents: Mapping[MediaKey, str]) -> JsonValue:
    """A plain text, or an object where there is an image."""
    if document.image is UNSET:
        return "" if document.text is UNSET else document.text
    image = contents.get(("image", document.image), document.image)
    return {"image": image} if document.text is UNSET else {"text": document.text, "image": image}


def _counted(answer: _Answer) -> Counted:
    billed = object_of(object_of(answer.meta).get("billed_units"))
    usage = object_of(answer.usage)
    units = _count(billed.get("search_units"), _UNITS_MAX)
    tokens = _count(usage.get("total_tokens"), TOKENS_MAX)
    return Counted(
        search_units=_count(usage.get("search_units"), _UNITS_MAX) if units is None else units,
        total_tokens=_count(billed.get("input_tokens"), TOKENS_MAX) if tokens is None else tokens,
    )


def _count(raw: Raw | None, most: int) -> int | None:
    value = int_of(raw)
    return value if value is not None and 0 <= value <= most else None
