"""The body of POST /rerank (inference.md 21)."""

from collections.abc import Sequence
from typing import Annotated, Final

import msgspec
from msgspec import UNSET, Meta, Raw, Struct, UnsetType

from trunkline.protocols.estimates import TOKENS_PER_IMAGE, estimated_tokens
from trunkline.protocols.lenient_json import NOTHING, is_blank
from trunkline.protocols.media_payloads import check_image
from trunkline.protocols.media_use import MediaUse
from trunkline.protocols.plain_request import PlainRequest, plain_head
from trunkline.protocols.validation import ParseLimits, decode, invalid, is_string, string_of, top_level

DOCUMENTS_MAX: Final = 10_000
TOKENS_OF_CHUNK: Final = 500
"""A longer document counts as several (Cohere's pricing)."""
CHUNKS_OF_UNIT: Final = 100
"""A search unit is one query with so many documents."""

_query = msgspec.json.Decoder(Annotated[str, Meta(min_length=1)])
_documents = msgspec.json.Decoder(Annotated[tuple[Raw, ...], Meta(min_length=1, max_length=DOCUMENTS_MAX)])
_top_n = msgspec.json.Decoder(Annotated[int, Meta(ge=1)])


class Document(Struct, frozen=True):
    """One document, as it is answered: an object, also where a plain text was sent."""

    text: str | UnsetType = UNSET
    image: str | UnsetType = UNSET
    """http(s) or data URL."""

    @property
    def tokens(self) -> int:
        """About how many tokens it has."""
        text = 0 if self.text is UNSET else estimated_tokens(len(self.text.encode("utf-8", "replace")))
        return text + (0 if self.image is UNSET else TOKENS_PER_IMAGE)


class _WireDocument(Struct, frozen=True):
    text: str | None = None
    image: Raw = NOTHING


_document = msgspec.json.Decoder(_WireDocument)


class RerankRequest(PlainRequest, frozen=True, kw_only=True):
    """A score is asked for each of `documents`."""

    prompt_field: str = "documents"
    query: str
    documents: tuple[Document, ...]
    top_n: int | None = None

    @property
    def search_units(self) -> MediaUse:
        """About how many units a provider bills that bills them."""
        chunks = sum(max(1, -(-document.tokens // TOKENS_OF_CHUNK)) for document in self.documents)
        return MediaUse("search_unit", -(-chunks // CHUNKS_OF_UNIT) * 1000)


def parse_rerank(body: bytes, limits: ParseLimits) -> RerankRequest:
    """The request. Raises InvalidRequest for anything that is none."""
    members = top_level(body)
    head = plain_head(members, limits.models_max)
    if "query" not in members:
        raise invalid("query", "is missing. Send the text that documents are compared with.")
    if "documents" not in members:
        raise invalid("documents", "is missing. Send a list of texts.")
    query = decode(_query, members["query"], "query")
    raw_documents = decode(_documents, members["documents"], "documents")
    documents = tuple([_read(raw, f"documents[{index}]") for index, raw in enumerate(raw_documents)])
    images = sum(document.image is not UNSET for document in documents)
    raw_top_n = members.get("top_n")
    return RerankRequest(
        models=head.models,
        provider=head.provider,
        user=head.user,
        session_id=head.session_id,
        metadata=head.metadata,
        prompt_tokens_estimate=_tokens(query, documents),
        input_modalities=frozenset({"text", "image"}) if images else frozenset({"text"}),
        num_images=images,
        num_media=images,
        query=query,
        documents=documents,
        top_n=None if raw_top_n is None else decode(_top_n, raw_top_n, "top_n"),
    )


def _tokens(query: str, documents: Sequence[Document]) -> int:
    """The query is read beside each document."""
    asked = estimated_tokens(len(query.encode("utf-8", "replace")))
    return sum(asked + document.tokens for document in documents)


def _read(raw: Raw, path: str) -> Document:
    if is_string(raw):
        return Document(text=string_of(raw, path))
    document = decode(_document, raw, path)
    if document.text is None and is_blank(document.image):
        raise invalid(path, "is empty. Give it a `text`, an `image`, or both.")
    image: str | UnsetType = UNSET
    if not is_blank(document.image):
        check_image(document.image, f"{path}.image")
        image = string_of(document.image, f"{path}.image")
    return Document(text=UNSET if document.text is None else document.text, image=image)
