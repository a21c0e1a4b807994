"""The operations on models as `/openapi.json` describes them."""

from typing import Literal

from msgspec import Struct

from trunkline.api.endpoint_objects import PublicEndpoint
from trunkline.api.model_objects import Architecture, ModelObject
from trunkline.api.operations import Operation, Parameter
from trunkline.listing.filters import CATEGORIES, SORTS

_MODELS = "Models"
_ENDPOINTS = "Endpoints"


class NextLink(Struct, frozen=True):
    """Relative URL of the next page, null on the last and when everything was asked for."""

    next: str | None


class ModelsResponse(Struct, frozen=True):
    """Rows, and how many match in all."""

    data: list[ModelObject]
    total_count: int
    links: NextLink


class ModelResponse(Struct, frozen=True):
    """One row."""

    data: ModelObject


class Count(Struct, frozen=True):
    """How many there are."""

    count: int


class CountResponse(Struct, frozen=True):
    """Rows that the list would have."""

    data: Count


class ModelEndpoints(Struct, frozen=True):
    """A model and everyone who serves it."""

    id: str
    name: str
    created: int
    description: str
    architecture: Architecture
    endpoints: list[PublicEndpoint]


class ModelEndpointsResponse(Struct, frozen=True):
    """The endpoints of one model."""

    data: ModelEndpoints


class EndpointsResponse(Struct, frozen=True):
    """Endpoints of all models."""

    data: list[PublicEndpoint]


def _range(what: str, unit: str, kind: object = float) -> tuple[Parameter, Parameter]:
    return (
        Parameter(name=f"min_{what}", type=kind, description=f"At least, {unit}"),
        Parameter(name=f"max_{what}", type=kind, description=f"At most, {unit}"),
    )


_PAGE = (
    Parameter(name="offset", type=int, description="Rows to skip. Without offset and limit the list is whole"),
    Parameter(name="limit", type=int, description="Rows of a page, 1 to 1000; 500 if only offset is given"),
)
_OUTPUT = Parameter(
    name="output_modalities", description='Comma list of which a model gives any, or "all"; "text" if absent'
)
PATH = (
    Parameter(name="author", where="path", required=True, description="Part of the id before the slash"),
    Parameter(name="slug", where="path", required=True, description="Part of the id after the slash"),
)
_FILTERS = (
    _OUTPUT,
    Parameter(name="input_modalities", description="Comma list; a model must take all"),
    Parameter(name="supported_parameters", description="Comma list; all must be supported"),
    Parameter(name="category", type=Literal[CATEGORIES], description="Among the most used for this last week"),
    Parameter(name="q", description="Part of a name or slug"),
    Parameter(name="context", type=int, description="Least context length in tokens"),
    *_range("price", "USD per million prompt tokens"),
    *_range("output_price", "USD per million completion tokens"),
    Parameter(name="arch", description="Tokenizer group, such as GPT"),
    Parameter(name="model_authors", description="Comma list, any of them"),
    Parameter(name="providers", description="Comma list of slugs or names, served by any of them"),
    Parameter(name="distillable", type=Literal["true", "false"], description="May train other models, or may not"),
    Parameter(name="zdr", type=Literal["true", "false"], description='"true": somebody serves it without retention'),
    Parameter(name="region", type=Literal["eu", "us"], description="Somebody serves it there"),
    *_range("age_days", "days since release", int),
    *_range("intelligence_index", "score"),
    *_range("coding_index", "score"),
    *_range("agentic_index", "score"),
    *_range("tool_success_rate", "fraction 0 to 1"),
    Parameter(name="use_rss", description="RSS 2.0 instead of JSON"),
    Parameter(name="use_rss_chat_links", description="RSS whose items lead to the chat"),
    Parameter(name="sort", type=Literal[SORTS], description="Newest first if absent"),
)

LIST = Operation(
    method="GET",
    path="/models",
    id="getModels",
    summary="List models",
    tag=_MODELS,
    parameters=(*_PAGE, *_FILTERS),
    response=ModelsResponse,
    other_media_type="application/rss+xml",
    errors=(400, 500),
    public=True,
)
COUNT = Operation(
    method="GET",
    path="/models/count",
    id="listModelsCount",
    summary="Count models",
    tag=_MODELS,
    parameters=(_OUTPUT,),
    response=CountResponse,
    errors=(400, 500),
    public=True,
)
LIST_USER = Operation(
    method="GET",
    path="/models/user",
    id="listModelsUser",
    summary="List the models that the caller may use",
    tag=_MODELS,
    parameters=_PAGE,
    response=ModelsResponse,
    errors=(400, 401, 500),
)
GET = Operation(
    method="GET",
    path="/model/{author}/{slug}",
    id="getModel",
    summary="Get a model",
    tag=_MODELS,
    parameters=PATH,
    response=ModelResponse,
    errors=(404, 500),
    public=True,
)
ENDPOINTS = Operation(
    method="GET",
    path="/models/{author}/{slug}/endpoints",
    id="listEndpoints",
    summary="List the endpoints of a model",
    tag=_ENDPOINTS,
    parameters=PATH,
    response=ModelEndpointsResponse,
    errors=(404, 500),
    public=True,
)
ZDR = Operation(
    method="GET",
    path="/endpoints/zdr",
    id="listEndpointsZdr",
    summary="List endpoints with zero data retention",
    tag=_ENDPOINTS,
    response=EndpointsResponse,
    errors=(500,),
    public=True,
)
EMBEDDINGS = Operation(
    method="GET",
    path="/embeddings/models",
    id="listEmbeddingsModels",
    summary="List embeddings models",
    tag="Embeddings",
    parameters=_PAGE,
    response=ModelsResponse,
    errors=(400, 500),
    public=True,
)
