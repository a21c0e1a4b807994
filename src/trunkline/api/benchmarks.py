"""`/benchmarks`: published scores of models (routing-and-catalog.md 22.4).

What the catalog has are indices of Artificial Analysis. Design Arena's results and own evaluations have no table here,
so their rows are none; the parameters that narrow them are checked all the same.
"""

from collections.abc import Mapping
from typing import Final, Literal, get_args

from msgspec import Struct
from starlette.requests import Request
from starlette.responses import Response

from trunkline.api.catalog_view import CatalogView
from trunkline.api.context import ControlPlane
from trunkline.api.operations import Endpoint, Operation, Parameter
from trunkline.api.public_data import ERRORS, VERSION, admit
from trunkline.api.wire import json_response, timestamp
from trunkline.catalog.pricing import rates_at
from trunkline.catalog.scores import indices
from trunkline.catalog.types import Model
from trunkline.core.money import format_price
from trunkline.listing.filters import choice, number

Source = Literal["artificial-analysis", "design-arena", "openrouter"]
TaskType = Literal["coding", "intelligence", "agentic", "search"]
BenchmarkType = Literal[
    "gpqa_diamond",
    "tau_bench_verified_airline",
    "search_browsecomp",
    "search_hle",
    "search_dsqa",
    "search_widesearch",
]
Arena = Literal["models", "builders", "agents"]
Surface = Literal["server-tool", "plugin"]

ARTIFICIAL_ANALYSIS: Final = "artificial-analysis"
_SOURCE_URL: Final = "https://artificialanalysis.ai"
_CITATION: Final = "Source: Artificial Analysis (artificialanalysis.ai)."


class BenchmarkPricing(Struct, frozen=True):
    """USD per token, as decimal strings."""

    prompt: str
    completion: str


class IndexRow(Struct, frozen=True, kw_only=True):
    """A model's indices; null where it was not judged."""

    source: Literal["artificial-analysis"]
    model_permaslug: str
    display_name: str
    intelligence_index: float | None
    coding_index: float | None
    agentic_index: float | None
    pricing: BenchmarkPricing | None


class BenchmarksMeta(Struct, frozen=True, kw_only=True):
    """Whose scores they are; null when the rows are of several sources, or may be."""

    as_of: str
    version: Literal["v1"]
    source: Source | None
    source_url: str | None
    citation: str | None
    model_count: int
    task_type: TaskType | None


class BenchmarksResponse(Struct, frozen=True):
    """The best first."""

    data: list[IndexRow]
    meta: BenchmarksMeta


GET = Operation(
    method="GET",
    path="/benchmarks",
    id="getBenchmarks",
    summary="Published scores of models",
    tag="Benchmarks",
    parameters=(
        Parameter(name="source", type=Source, description="Only scores of this source"),
        Parameter(name="task_type", type=TaskType, description="Only models with a score for this"),
        Parameter(name="benchmark_type", type=BenchmarkType, description="Only this evaluation"),
        Parameter(name="arena", type=Arena, description="Design Arena only; `models` if absent"),
        Parameter(name="category", description="Design Arena only: category within the arena"),
        Parameter(name="search_engine", description="Search evaluations only"),
        Parameter(name="search_surface", type=Surface, description="Search evaluations only"),
        Parameter(name="include_run_config", type=bool, description="Search evaluations only: how they were run"),
        Parameter(name="max_results", type=int, description="Rows at most; all if absent"),
    ),
    response=BenchmarksResponse,
    errors=ERRORS,
)


class _Benchmarks:
    __slots__ = ("_context", "_view")

    def __init__(self, context: ControlPlane, view: CatalogView) -> None:
        self._context = context
        self._view = view

    async def get(self, request: Request) -> Response:
        """`GET /benchmarks`."""
        await admit(self._context, request)
        query = request.query_params
        source = _source(query)
        task = _task_type(query)
        most = number(query, "max_results", least=1, whole=True)
        now_ms = self._context.clock.now_ms()
        rows: list[IndexRow] = []
        if source in (None, ARTIFICIAL_ANALYSIS) and not _narrows_to_search(query, task):
            models = self._view.snapshot().models.values()
            found = [row for model in models if (row := _row(model, now_ms)) is not None]
            rows = [row for row in found if _score(row, task) is not None]
            rows.sort(key=lambda row: (-(_score(row, task) or 0), row.model_permaslug))
        rows = rows if most is None else rows[: int(most)]
        is_one_source = source == ARTIFICIAL_ANALYSIS
        meta = BenchmarksMeta(
            as_of=timestamp(now_ms),
            version=VERSION,
            source=source,
            source_url=_SOURCE_URL if is_one_source else None,
            citation=_CITATION if is_one_source else None,
            model_count=len({row.model_permaslug for row in rows}),
            task_type=task,
        )
        return json_response(BenchmarksResponse(rows, meta))


def endpoints(context: ControlPlane, view: CatalogView) -> list[Endpoint]:
    """The operations of this file with their handlers."""
    return [Endpoint(GET, _Benchmarks(context, view).get)]


def _source(query: Mapping[str, str]) -> Source | None:
    known: Mapping[str, Source] = {name: name for name in get_args(Source)}
    given = choice(query, "source", known)
    return None if given is None else known[given]


def _task_type(query: Mapping[str, str]) -> TaskType | None:
    known: Mapping[str, TaskType] = {name: name for name in get_args(TaskType)}
    given = choice(query, "task_type", known)
    return None if given is None else known[given]


def _narrows_to_search(query: Mapping[str, str], task: TaskType | None) -> bool:
    """Whether only rows of search evaluations are wanted. Raises InvalidRequest for values that are none."""
    kind = choice(query, "benchmark_type", get_args(BenchmarkType))
    surface = choice(query, "search_surface", get_args(Surface))
    choice(query, "arena", get_args(Arena))
    choice(query, "include_run_config", ("true", "false"))
    is_search = kind is not None and kind.startswith("search_")
    return is_search or surface is not None or bool(query.get("search_engine")) or task == "search"


def _row(model: Model, now_ms: int) -> IndexRow | None:
    """A model's row; None when nobody judged it. A free variant is the same model again, so it has none."""
    scores = indices(model)
    if not scores or model.variant != "standard":
        return None
    pricing = model.endpoints[0].pricing if model.endpoints else None
    rates = rates_at(pricing, 0, now_ms) if pricing is not None and pricing.priced else None
    return IndexRow(
        source=ARTIFICIAL_ANALYSIS,
        model_permaslug=model.canonical_slug,
        display_name=model.short_name,
        intelligence_index=scores.get("intelligence_index"),
        coding_index=scores.get("coding_index"),
        agentic_index=scores.get("agentic_index"),
        pricing=None if rates is None else BenchmarkPricing(format_price(rates.prompt), format_price(rates.completion)),
    )


def _score(row: IndexRow, task: TaskType | None) -> float | None:
    """What the row is ordered by; None when it has no score for the task."""
    match task:
        case "coding":
            return row.coding_index
        case "agentic":
            return row.agentic_index
        case "intelligence":
            return row.intelligence_index
        case _:
            known = (row.intelligence_index, row.coding_index, row.agentic_index)
            return next(score for score in known if score is not None)
