"""`/datasets/…`: what models and apps were used for, and at what cost (routing-and-catalog.md 22.1 to 22.3)."""

from collections.abc import Collection, Mapping
from typing import Annotated, Final, Literal, get_args

from msgspec import Meta, Struct
from starlette.requests import Request
from starlette.responses import Response

from trunkline.api.catalog_view import CatalogView
from trunkline.api.context import ControlPlane
from trunkline.api.operations import Endpoint, Operation, Parameter
from trunkline.api.public_data import DATES, ERRORS, VERSION, DatasetMeta, admit, dataset_meta, days_asked
from trunkline.api.wire import Usd, json_response, timestamp
from trunkline.catalog.types import Model
from trunkline.core.calendar import date_text
from trunkline.core.money import usd_number
from trunkline.listing.filters import CATEGORIES, choice, invalid, number
from trunkline.statistics.apps import GROUPS, AppSort, CategoryGroup, rank_apps
from trunkline.statistics.rankings import ContextBucket, Period, rank_models
from trunkline.statistics.session_costs import WINDOW_DAYS, TurnRange, list_session_costs

_TAG: Final = "Datasets"
Modality = Literal["text", "image", "image_output", "audio", "tool_calling"]
LanguageType = Literal["natural", "programming"]
SUBCATEGORIES: Final = tuple(name for group in GROUPS.values() for name in group)

_PERIODS: Final[Mapping[str, Period]] = {name: name for name in get_args(Period)}
_BUCKETS: Final[Mapping[str, ContextBucket]] = {name: name for name in get_args(ContextBucket)}
_SORTS: Final[Mapping[str, AppSort]] = {name: name for name in get_args(AppSort)}
_GROUPS: Final[Mapping[str, CategoryGroup]] = {name: name for name in GROUPS}


class RankingsDailyRow(Struct, frozen=True):
    """A model's tokens in a period, which is named by its first day."""

    date: str
    model_permaslug: str
    total_tokens: str


class RankingsDailyResponse(Struct, frozen=True):
    """At most 51 rows for each period."""

    data: list[RankingsDailyRow]
    meta: DatasetMeta


class AppRankingsRow(Struct, frozen=True):
    """An app's place."""

    rank: int
    app_id: int
    app_name: str
    total_tokens: str
    total_requests: int


class AppRankingsResponse(Struct, frozen=True):
    """A page of the ranking."""

    data: list[AppRankingsRow]
    meta: DatasetMeta


class SessionCostRow(Struct, frozen=True):
    """What half of the sessions cost at most."""

    app_slug: str
    app_name: str
    model_permaslug: str
    turn_range: TurnRange
    median_session_cost_usd: Usd


class SessionCostMeta(Struct, frozen=True):
    """Both null while nothing is published."""

    as_of: str
    version: Literal["v1"]
    window_days: int | None
    window_end_date: str | None


class SessionCostResponse(Struct, frozen=True):
    """A page of the cells."""

    data: list[SessionCostRow]
    meta: SessionCostMeta


def _page(limit_default: int, limit_max: int, offset_max: int) -> tuple[Parameter, Parameter]:
    return (
        Parameter(
            name="limit", type=Annotated[int, Meta(ge=1, le=limit_max)], description=f"{limit_default} if absent"
        ),
        Parameter(name="offset", type=Annotated[int, Meta(ge=0, le=offset_max)], description="Rows to skip"),
    )


RANKINGS_DAILY = Operation(
    method="GET",
    path="/datasets/rankings-daily",
    id="getRankingsDaily",
    summary="Tokens of the top 50 models by day, week or month",
    tag=_TAG,
    parameters=(
        *DATES,
        Parameter(name="period", type=Period, description="`day` if absent; with category or language_type `week`"),
        Parameter(name="modality", type=Modality, description="Only models, or requests, of this kind"),
        Parameter(name="context_bucket", type=ContextBucket, description="Only requests with prompts of this length"),
        Parameter(name="category", type=Literal[CATEGORIES], description="Only uses of this kind; estimated"),
        Parameter(name="language_type", type=LanguageType, description="Only text of this kind; estimated"),
    ),
    response=RankingsDailyResponse,
    errors=ERRORS,
)
APP_RANKINGS = Operation(
    method="GET",
    path="/datasets/app-rankings",
    id="getAppRankings",
    summary="Apps by tokens or by growth",
    tag=_TAG,
    parameters=(
        *DATES,
        Parameter(name="sort", type=AppSort, description="`popular` if absent"),
        Parameter(name="category", type=CategoryGroup, description="Only apps of this group"),
        Parameter(name="subcategory", type=Literal[SUBCATEGORIES], description="Only apps filed under this"),
        *_page(50, 100, 100),
    ),
    response=AppRankingsResponse,
    errors=ERRORS,
)
SESSION_COST = Operation(
    method="GET",
    path="/datasets/session-cost",
    id="getSessionCost",
    summary="What sessions cost by app, model and number of turns",
    tag=_TAG,
    parameters=(
        Parameter(name="app_slug", description="Only this app: its origin"),
        Parameter(name="model", description="Only this permaslug"),
        Parameter(name="turn_range", type=TurnRange, description="Only sessions of this length"),
        *_page(100, 500, 5000),
    ),
    response=SessionCostResponse,
    errors=ERRORS,
)


class _Datasets:
    __slots__ = ("_context", "_view")

    def __init__(self, context: ControlPlane, view: CatalogView) -> None:
        self._context = context
        self._view = view

    async def rankings_daily(self, request: Request) -> Response:
        """`GET /datasets/rankings-daily`."""
        await admit(self._context, request)
        query = request.query_params
        days = await days_asked(self._context, query)
        period = choice(query, "period", _PERIODS)
        modality = choice(query, "modality", get_args(Modality))
        bucket = choice(query, "context_bucket", _BUCKETS)
        if _is_sampled(query, exact=modality or bucket):
            if period == "day":
                raise invalid("period", "category and language_type are counted by week; use week or month")
            # Nothing is sorted into uses yet, so there is nothing to estimate from.
            return json_response(RankingsDailyResponse([], dataset_meta(self._context, days)))
        found = await self._context.database.read(
            rank_models,
            days.first,
            days.last,
            period=_PERIODS[period or "day"],
            context_bucket=None if bucket is None else _BUCKETS[bucket],
            used_tools=modality == "tool_calling",
            models=self._models_of(modality),
        )
        rows = [RankingsDailyRow(date_text(row.day), row.permaslug, str(row.total_tokens)) for row in found]
        return json_response(RankingsDailyResponse(rows, dataset_meta(self._context, days)))

    async def app_rankings(self, request: Request) -> Response:
        """`GET /datasets/app-rankings`."""
        await admit(self._context, request)
        query = request.query_params
        days = await days_asked(self._context, query)
        sort = choice(query, "sort", _SORTS) or "popular"
        offset, limit = _paging(query, 50, 100, 100)
        categories = _categories(query)
        ranked = await self._context.database.read(
            rank_apps, days.first, days.last, sort=_SORTS[sort], categories=categories
        )
        rows = [
            AppRankingsRow(offset + place, app.app_id, app.name, str(app.total_tokens), app.total_requests)
            for place, app in enumerate(ranked[offset : offset + limit], start=1)
        ]
        return json_response(AppRankingsResponse(rows, dataset_meta(self._context, days)))

    async def session_cost(self, request: Request) -> Response:
        """`GET /datasets/session-cost`."""
        await admit(self._context, request)
        query = request.query_params
        turns = choice(query, "turn_range", get_args(TurnRange))
        offset, limit = _paging(query, 100, 500, 5000)
        cells = await self._context.database.read(list_session_costs)
        wanted = [
            cell
            for cell in cells
            if query.get("app_slug") in (None, "", cell.app_origin)
            and query.get("model") in (None, "", cell.permaslug)
            and turns in (None, cell.turn_range)
        ]
        rows = [
            SessionCostRow(
                cell.app_origin, cell.app_title, cell.permaslug, cell.turn_range, usd_number(cell.median_nanousd)
            )
            for cell in wanted[offset : offset + limit]
        ]
        meta = SessionCostMeta(
            timestamp(self._context.clock.now_ms()),
            VERSION,
            WINDOW_DAYS if cells else None,
            date_text(cells[0].window_end_day) if cells else None,
        )
        return json_response(SessionCostResponse(rows, meta))

    def _models_of(self, modality: str | None) -> Collection[str] | None:
        """Catalog ids of the models that a modality means; None: all."""
        if modality is None or modality == "tool_calling":
            return None
        models = self._view.snapshot().models.values()
        return frozenset(model.id for model in models if _has_modality(model, modality))


def endpoints(context: ControlPlane, view: CatalogView) -> list[Endpoint]:
    """The operations of this file with their handlers."""
    datasets = _Datasets(context, view)
    return [
        Endpoint(RANKINGS_DAILY, datasets.rankings_daily),
        Endpoint(APP_RANKINGS, datasets.app_rankings),
        Endpoint(SESSION_COST, datasets.session_cost),
    ]


def _is_sampled(query: Mapping[str, str], *, exact: str | None) -> bool:
    """Whether an estimated dataset is asked for. Raises InvalidRequest when filters exclude each other."""
    category = choice(query, "category", CATEGORIES)
    language = choice(query, "language_type", get_args(LanguageType))
    if category is not None and language is not None:
        raise invalid("language_type", "cannot be combined with category")
    if (category or language) is not None and exact is not None:
        raise invalid("category" if category else "language_type", "cannot be combined with modality or context_bucket")
    return (category or language) is not None


def _has_modality(model: Model, modality: str) -> bool:
    match modality:
        case "text":
            return "text" in model.output_modalities
        case "image_output":
            return "image" in model.output_modalities
        case _:
            return modality in model.input_modalities


def _categories(query: Mapping[str, str]) -> Collection[str]:
    """What apps must be filed under, any of it; empty: anything."""
    category = choice(query, "category", _GROUPS)
    subcategory = choice(query, "subcategory", SUBCATEGORIES)
    group = () if category is None else GROUPS[_GROUPS[category]]
    if subcategory is None:
        return group
    if category is not None and subcategory not in group:
        raise invalid("subcategory", f"{subcategory!r} is not in the category {category!r}")
    return (subcategory,)


def _paging(query: Mapping[str, str], limit_default: int, limit_max: int, offset_max: int) -> tuple[int, int]:
    """(offset, limit)."""
    offset = number(query, "offset", most=offset_max, whole=True)
    limit = number(query, "limit", least=1, most=limit_max, whole=True)
    return int(offset or 0), int(limit or limit_default)
