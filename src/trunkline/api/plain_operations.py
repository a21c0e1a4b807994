"""What is no conversation (embeddings, rerank, audio), as `/openapi.json` describes it; served by `generation.py`."""

from typing import Annotated, Literal

from msgspec import UNSET, Meta, Raw, Struct, UnsetType

from trunkline.api.operations import Operation
from trunkline.api.wire import Usd

_ERRORS = (400, 401, 402, 403, 404, 413, 429, 500, 502, 503, 504)


class _Vector(Struct, frozen=True, kw_only=True):
    """`embedding` is base64 of little-endian float32 where `encoding_format` asks for it."""

    object: Literal["embedding"]
    index: int
    embedding: list[float] | str


class EmbeddingsUsage(Struct, frozen=True, kw_only=True):
    """Tokens as the provider counted them, and what the account was charged in USD."""

    prompt_tokens: int
    total_tokens: int
    cost: Usd
    is_byok: bool
    cost_details: dict[str, Raw]
    prompt_tokens_details: dict[str, int] | UnsetType = UNSET


class Embeddings(Struct, frozen=True, kw_only=True):
    """One vector for each input, in their order."""

    object: Literal["list"]
    id: str
    model: str
    provider: str
    data: list[_Vector]
    usage: EmbeddingsUsage


class EmbeddingsBody(Struct, frozen=True, kw_only=True):
    """Body of `POST /embeddings`."""

    model: str
    input: Annotated[str, Meta(min_length=1)] | list[Raw]
    dimensions: Annotated[int, Meta(ge=1)] | None = None
    encoding_format: Literal["float", "base64"] | None = None
    input_type: str | None = None
    user: str | None = None
    provider: dict[str, Raw] | None = None


class RankedDocument(Struct, frozen=True, kw_only=True):
    """The document at `index` of the request, as an object also where it was sent as a text."""

    index: int
    relevance_score: float
    document: dict[str, str]


class RerankUsage(Struct, frozen=True, kw_only=True):
    """What the provider counts in, and what the account was charged in USD."""

    cost: Usd
    search_units: int | UnsetType = UNSET
    total_tokens: int | UnsetType = UNSET


class Ranking(Struct, frozen=True, kw_only=True):
    """The documents, the best first."""

    id: str
    model: str
    provider: str
    results: list[RankedDocument]
    usage: RerankUsage


class RerankBody(Struct, frozen=True, kw_only=True):
    """Body of `POST /rerank`. A document is a text, or an object with `text`, `image` or both."""

    model: str
    query: Annotated[str, Meta(min_length=1)]
    documents: Annotated[list[str | dict[str, str]], Meta(min_length=1)]
    top_n: Annotated[int, Meta(ge=1)] | None = None
    provider: dict[str, Raw] | None = None


EMBEDDINGS = Operation(
    method="POST",
    path="/embeddings",
    id="createEmbeddings",
    summary="Create embeddings",
    tag="Embeddings",
    request=EmbeddingsBody,
    response=Embeddings,
    errors=_ERRORS,
)
RERANK = Operation(
    method="POST",
    path="/rerank",
    id="createRerank",
    summary="Rank documents by a query",
    tag="Rerank",
    request=RerankBody,
    response=Ranking,
    errors=_ERRORS,
)
OPERATIONS = (EMBEDDINGS, RERANK)
