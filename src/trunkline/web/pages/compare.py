"""`/compare?models=a,b`: two to four models side by side (site.md 4)."""

from collections.abc import Callable, Sequence

from msgspec import Struct
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from trunkline.catalog.scores import indices
from trunkline.catalog.types import DataPolicy, Model
from trunkline.core.calendar import DAY_MS
from trunkline.core.errors import NotFound
from trunkline.listing.rows import ListedModel
from trunkline.web.context import WebContext
from trunkline.web.formats import numbers, text, times
from trunkline.web.pages.model.endpoints import EndpointView, endpoint_views
from trunkline.web.pages.model.head import find_model
from trunkline.web.pages.model.pricing import EFFECTIVE_DAYS
from trunkline.web.pages.model.traffic import effective_price, recent_tokens, top_apps
from trunkline.web.pages.search import find
from trunkline.web.rendering import Document

MODELS_MAX = 4
SUGGESTIONS = 3
CHART_DAYS = 30


class Cell(Struct, frozen=True):
    """A value; `is_best` is the best of its row, where that means something."""

    text: str
    is_best: bool = False


class CompareRow(Struct, frozen=True):
    """One fact of all models."""

    title: str
    cells: list[Cell]

    @property
    def is_equal(self) -> bool:
        return len({cell.text for cell in self.cells}) == 1


class Unknown(Struct, frozen=True):
    """A slug that is no model here, and what may have been meant."""

    slug: str
    suggestions: list[tuple[str, str]]


class CompareView(Struct, frozen=True, kw_only=True):
    """What the page shows."""

    models: list[Model]
    unknown: list[Unknown]
    rows: list[CompareRow]
    parameters: list[tuple[str, list[bool]]]
    tokens_by_day: list[tuple[int, str, tuple[int, ...]]]
    """An amount for each model; empty when none of them had any traffic."""
    only_differences: bool
    known: list[str]
    """Slugs that may be added."""

    def address(self, slugs: Sequence[str], only_differences: bool = False) -> str:
        """This page with other models."""
        query = f"?models={','.join(slugs)}" if slugs else ""
        return f"/compare{query}{'&differences=on' if only_differences and query else ''}"

    @property
    def slugs(self) -> list[str]:
        return [model.id for model in self.models]


class _Facts(Struct, frozen=True, kw_only=True):
    """What rows read of a model."""

    row: ListedModel
    views: list[EndpointView]
    tokens: int | None
    effective: str | None
    """What a million tokens really cost here."""
    top_app: str | None

    @property
    def model(self) -> Model:
        return self.row.model


def routes(context: WebContext) -> list[Route]:
    """The page; the address holds the list."""

    async def show(request: Request) -> Response:
        view = await compare(context, request)
        names = ", ".join(model.short_name for model in view.models)
        document = Document(
            template="compare.html",
            title=f"Compare {names}" if names else "Compare models",
            description="Models side by side: prices, context, speed, policies, parameters.",
            page=view,
        )
        return await context.respond(request, document)

    return [Route("/compare", show)]


async def compare(context: WebContext, request: Request) -> CompareView:
    """The models of the address, in its order; what exceeds four is left out."""
    given = [slug.strip() for part in request.query_params.getlist("models") for slug in part.split(",")]
    slugs = list(dict.fromkeys(filter(None, given)))[:MODELS_MAX]
    models: list[Model] = []
    unknown: list[Unknown] = []
    for slug in slugs:
        try:
            models.append(find_model(context, *_parts(slug)))
        except NotFound:
            hits = find(context, slug.replace("/", " "), SUGGESTIONS)[0].hits
            unknown.append(Unknown(slug, [(hit.title, hit.hint) for hit in hits]))
    tokens = await context.weekly_tokens()
    facts = [await _facts(context, model, tokens.get(model.id)) for model in models]
    names = sorted({name for model in models for name in model.supported_parameters})
    return CompareView(
        models=models,
        unknown=unknown,
        rows=_rows(facts) if facts else [],
        parameters=[(name, [name in model.supported_parameters for model in models]) for name in names],
        tokens_by_day=await _tokens_by_day(context, models),
        only_differences=request.query_params.get("differences") == "on",
        known=[row.model.id for row in context.rows()],
    )


async def _tokens_by_day(context: WebContext, models: list[Model]) -> list[tuple[int, str, tuple[int, ...]]]:
    today = context.facts.now_ms() // DAY_MS
    columns = [await recent_tokens(context, model.id, CHART_DAYS) or [0] * CHART_DAYS for model in models]
    if not any(map(any, columns)):
        return []
    days = range(today - CHART_DAYS + 1, today + 1)
    return [
        (day * DAY_MS, times.day(day * DAY_MS // 1000), amounts)
        for day, amounts in zip(days, zip(*columns, strict=True), strict=True)
    ]


async def _facts(context: WebContext, model: Model, tokens: int | None) -> _Facts:
    apps = await top_apps(context, model.id, 1)
    return _Facts(
        row=context.listing.row(model),
        views=endpoint_views(context, model),
        tokens=tokens,
        effective=await effective_price(context, model.id, EFFECTIVE_DAYS),
        top_app=apps[0].name if apps else None,
    )


def _parts(slug: str) -> tuple[str, str]:
    author, _, name = slug.partition("/")
    return author, name


def _rows(facts: list[_Facts]) -> list[CompareRow]:
    return [
        _plain("In a sentence", facts, lambda f: text.first_sentence(f.model.description) or numbers.DASH),
        _plain("Lab", facts, lambda f: f.model.author),
        _best("Released", facts, lambda f: f.model.created_s, lambda value: times.day(int(value)), max),
        _best("Context", facts, lambda f: f.model.context_length, lambda value: numbers.context(int(value)), max),
        _best("Max output", facts, lambda f: f.model.max_output_tokens, lambda value: numbers.context(int(value)), max),
        _plain("Takes", facts, lambda f: ", ".join(f.model.input_modalities)),
        _plain("Gives", facts, lambda f: ", ".join(f.model.output_modalities)),
        _best("Input /M", facts, lambda f: _price(f, f.row.prompt), _per_million, min),
        _best("Output /M", facts, lambda f: _price(f, f.row.completion), _per_million, min),
        _best("Cache read /M", facts, lambda f: f.row.top.pricing.base.get("input_cache_read"), _per_million, min),
        _best("Cache write /M", facts, lambda f: f.row.top.pricing.base.get("input_cache_write"), _per_million, min),
        _plain("Really paid /M, 7 days", facts, lambda f: f.effective or numbers.DASH),
        _best("Tokens this week", facts, lambda f: f.tokens, lambda value: numbers.count(int(value)), max),
        _best("Latency, median", facts, lambda f: _least([v.latency_s for v in f.views]), numbers.seconds, min),
        _best(
            "Throughput, median",
            facts,
            lambda f: _most([v.throughput_tps for v in f.views]),
            numbers.tokens_per_second,
            max,
        ),
        _best("Uptime, 30 min", facts, lambda f: _most([v.uptime_percent for v in f.views]), numbers.percent, max),
        _best("Endpoints", facts, lambda f: len(f.views), lambda value: str(int(value)), max),
        _plain("Zero data retention", facts, lambda f: _yes(any(v.endpoint.data_policy.zdr for v in f.views))),
        _plain("Trains on prompts", facts, lambda f: _trains([v.endpoint.data_policy for v in f.views])),
        _plain("Top app, 30 days", facts, lambda f: f.top_app or numbers.DASH),
        _plain("Data policy of the first", facts, lambda f: text.retention(f.row.top.data_policy)),
        *(
            _best(title, facts, lambda f, name=name: indices(f.model).get(name), numbers.score, max)
            for name, title in (
                ("intelligence_index", "Intelligence index"),
                ("coding_index", "Coding index"),
                ("agentic_index", "Agentic index"),
            )
        ),
    ]


def _plain(title: str, facts: list[_Facts], read: Callable[[_Facts], str]) -> CompareRow:
    return CompareRow(title, [Cell(read(each)) for each in facts])


def _best(
    title: str,
    facts: list[_Facts],
    read: Callable[[_Facts], float | None],
    show: Callable[[float], str],
    better: Callable[[list[float]], float],
) -> CompareRow:
    """A row of numbers. The best is marked unless all are equal; what is unknown never wins (CMP-03)."""
    values = [read(each) for each in facts]
    known = [value for value in values if value is not None]
    best = better(known) if len(set(known)) > 1 else None
    cells = [
        Cell(numbers.DASH) if value is None else Cell(show(value), best is not None and value == best)
        for value in values
    ]
    return CompareRow(title, cells)


def _price(facts: _Facts, attousd: int) -> int | None:
    is_by_token = facts.row.prompt or facts.row.completion or facts.row.score == 0
    return attousd if facts.row.is_priced and is_by_token else None


def _per_million(attousd: float) -> str:
    return numbers.price_per_million(int(attousd))


def _least(values: list[float | None]) -> float | None:
    return min((value for value in values if value is not None), default=None)


def _most(values: list[float | None]) -> float | None:
    return max((value for value in values if value is not None), default=None)


def _yes(value: bool) -> str:
    return "Available" if value else "No"


def _trains(policies: list[DataPolicy]) -> str:
    trains = [policy.training for policy in policies]
    return "Every endpoint may" if all(trains) else "Some endpoints may" if any(trains) else "No"
