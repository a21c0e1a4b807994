"""`/rankings`: what this instance's public traffic was, by model, lab, context and tool use (site.md 7).

The numbers are those of the datasets API: the same functions of `statistics/`.
"""

from collections.abc import Mapping, Sequence
from typing import Literal

from msgspec import Struct
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from trunkline.core.calendar import DAY_MS
from trunkline.listing.rows import ListedModel
from trunkline.statistics.apps import RankedApp, rank_apps
from trunkline.statistics.rankings import BUCKETS, OTHER, ContextBucket, Ranked, rank_models
from trunkline.web.context import WebContext
from trunkline.web.formats import times
from trunkline.web.rendering import Document

Span = Literal["day", "week", "month"]
SPAN_DAYS: Mapping[Span, int] = {"day": 1, "week": 7, "month": 30}
CHART_DAYS = 30
SERIES_MAX = 10
SHORT = 10

StackedDay = tuple[int, str, tuple[int, ...]]
"""(start in ms, label, an amount for each series)."""


class Place(Struct, frozen=True, kw_only=True):
    """A model's place. Growth compares with the period before; None: it had no traffic then."""

    permaslug: str
    row: ListedModel | None
    tokens: int
    growth_percent: int | None
    rank_change: int | None
    share: float
    """Percent of the first one's tokens."""


class Share(Struct, frozen=True):
    """A part of all tokens, in percent."""

    name: str
    tokens: int
    percent: float


class RankingsView(Struct, frozen=True, kw_only=True):
    """What the page shows; `places` is None while the database is away."""

    span: Span
    places: list[Place] | None
    total_tokens: int
    columns: list[str]
    days: list[StackedDay]
    labs: list[Share]
    contexts: list[Share]
    tools: list[Share]
    apps: list[RankedApp]
    as_of: str


def routes(context: WebContext) -> list[Route]:
    """The page, and its leaderboard as CSV; nothing where the operator has switched them off (RANK-04)."""

    async def show(request: Request) -> Response:
        _refuse_when_off(context)
        document = Document(
            template="rankings.html",
            title="Rankings",
            description="Models by the tokens that this instance routed to them.",
            page=await _view(context, read_span(request.query_params.get("view"))),
        )
        return await context.respond(request, document)

    async def download(request: Request) -> Response:
        _refuse_when_off(context)
        view = await _view(context, read_span(request.query_params.get("view")))
        lines = [f"{at},{place.permaslug},{place.tokens}" for at, place in enumerate(view.places or (), 1)]
        headers = {
            "content-disposition": f'attachment; filename="rankings-{view.span}.csv"',
            "cache-control": "no-store",
        }
        return Response("\n".join(["rank,model,total_tokens", *lines, ""]), media_type="text/csv", headers=headers)

    return [Route("/rankings", show), Route("/rankings.csv", download)]


def read_span(value: str | None) -> Span:
    """The period of an address; a week for anything unknown."""
    match value:
        case "day" | "month":
            return value
        case _:
            return "week"


def _refuse_when_off(context: WebContext) -> None:
    if context.settings.site.rankings == "off":
        raise HTTPException(404)


async def _view(context: WebContext, span: Span) -> RankingsView:
    now_ms = context.facts.now_ms()
    today, length = now_ms // DAY_MS, SPAN_DAYS[span]
    now = await context.tried(context.database.read(rank_models, today - length + 1, today))
    before = await context.tried(context.database.read(rank_models, today - 2 * length + 1, today - length))
    daily = await context.tried(context.database.read(rank_models, today - CHART_DAYS + 1, today))
    names = {row.model.canonical_slug: row for row in context.rows()}
    totals = _summed(now or [])
    columns, days = stack(daily or [], today - CHART_DAYS + 1, today)
    return RankingsView(
        span=span,
        places=None if now is None else _places(totals, _summed(before or []), names),
        total_tokens=sum(totals.values()),
        columns=columns,
        days=days,
        labs=_shares(_by_lab(totals)),
        contexts=_shares(await _by_context(context, today - length + 1, today)),
        tools=_shares(await _by_tools(context, today - length + 1, today, sum(totals.values()))),
        apps=(await context.tried(context.database.read(rank_apps, today - length + 1, today)) or [])[:SHORT],
        as_of=times.moment(now_ms),
    )


def _places(totals: Mapping[str, int], before: Mapping[str, int], names: Mapping[str, ListedModel]) -> list[Place]:
    order = _order(totals)
    earlier = {permaslug: at for at, permaslug in enumerate(_order(before))}
    most = max(totals.values(), default=1)
    return [
        Place(
            permaslug=permaslug,
            row=names.get(permaslug),
            tokens=totals[permaslug],
            growth_percent=round(100 * (totals[permaslug] / before[permaslug] - 1)) if before.get(permaslug) else None,
            rank_change=earlier[permaslug] - at if permaslug in earlier else None,
            share=100 * totals[permaslug] / most,
        )
        for at, permaslug in enumerate(order)
    ]


def stack(rows: Sequence[Ranked], first: int, last: int) -> tuple[list[str], list[StackedDay]]:
    """The chart of a ranking by day."""
    return stack_of([(row.day, row.permaslug, row.total_tokens) for row in rows], first, last)


def stack_of(parts: Sequence[tuple[int, str, int]], first: int, last: int) -> tuple[list[str], list[StackedDay]]:
    """(series, days) of a stacked chart of (day, name, amount): the ten largest, and all others together, so that a
    day sums to its total."""
    totals: dict[str, int] = {}
    for _, name, amount in parts:
        totals[name] = totals.get(name, 0) + amount
    shown = _order(totals)[:SERIES_MAX]
    by_day: dict[int, dict[str, int]] = {}
    for day, name, amount in parts:
        of_day = by_day.setdefault(day, {})
        series = name if name in shown else OTHER
        of_day[series] = of_day.get(series, 0) + amount
    has_other = len(totals) > len(shown)
    columns = [*shown, OTHER] if has_other else shown
    days = [
        (day * DAY_MS, times.day(day * DAY_MS // 1000), tuple(by_day.get(day, {}).get(name, 0) for name in columns))
        for day in range(first, last + 1)
    ]
    return [*shown, "Other"] if has_other else shown, days


def _summed(rows: Sequence[Ranked]) -> dict[str, int]:
    totals: dict[str, int] = {}
    for row in rows:
        totals[row.permaslug] = totals.get(row.permaslug, 0) + row.total_tokens
    return totals


def _order(totals: Mapping[str, int]) -> list[str]:
    return sorted((slug for slug in totals if slug != OTHER), key=lambda slug: (-totals[slug], slug))


def _by_lab(totals: Mapping[str, int]) -> dict[str, int]:
    labs: dict[str, int] = {}
    for permaslug, tokens in totals.items():
        lab = permaslug.partition("/")[0]
        labs[lab] = labs.get(lab, 0) + tokens
    return labs


async def _by_context(context: WebContext, first: int, last: int) -> dict[str, int]:
    found: dict[str, int] = {}
    for bucket in BUCKETS:
        found[f"up to {bucket}"] = await _tokens(context, first, last, bucket)
    return found


async def _tokens(context: WebContext, first: int, last: int, bucket: ContextBucket) -> int:
    rows = await context.tried(context.database.read(rank_models, first, last, context_bucket=bucket))
    return sum(row.total_tokens for row in rows or ())


async def _by_tools(context: WebContext, first: int, last: int, total: int) -> dict[str, int]:
    rows = await context.tried(context.database.read(rank_models, first, last, used_tools=True))
    used = sum(row.total_tokens for row in rows or ())
    return {"With a tool call": used, "Without": total - used}


def _shares(parts: Mapping[str, int]) -> list[Share]:
    total = sum(parts.values())
    found = [Share(name, tokens, 100 * tokens / total) for name, tokens in parts.items() if tokens] if total else []
    return sorted(found, key=lambda share: -share.tokens)[:SHORT]
