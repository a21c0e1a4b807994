"""Models by tokens, each with its growth, and the days that they were used on."""

from collections.abc import Mapping, Sequence

from msgspec import Struct

from trunkline.listing.rows import ListedModel
from trunkline.statistics.rankings import Ranked, rank_models
from trunkline.web.context import WebContext
from trunkline.web.pages.rankings.spans import Window
from trunkline.web.pages.rankings.stacking import StackedDay, by_size, stack

CHART_DAYS = 30


class Place(Struct, frozen=True, kw_only=True):
    """A model's place. Growth compares full periods, those that ended yesterday; None: it had no traffic before."""

    permaslug: str
    row: ListedModel | None
    tokens: int
    growth_percent: int | None
    rank_change: int | None
    share: float
    """Percent of the first one's tokens."""


class Leaderboard(Struct, frozen=True, kw_only=True):
    """All models with traffic in the window, and the last thirty days."""

    places: list[Place]
    total_tokens: int
    columns: list[str]
    days: list[StackedDay]


async def leaderboard(context: WebContext, window: Window) -> Leaderboard | None:
    """As of now; None while the database is away."""
    today, length = window.today, window.length
    spans = {
        "now": (window.first, today),
        "full": (today - length, today - 1),
        "before": (today - 2 * length, today - length - 1),
        "chart": (today - CHART_DAYS + 1, today),
    }
    found: dict[str, list[Ranked]] = {}
    for name, (first, last) in spans.items():
        rows = await context.tried(context.database.read(rank_models, first, last))
        if rows is None:
            return None
        found[name] = rows
    names = {row.model.canonical_slug: row for row in context.rows()}
    amounts = summed(found["now"])
    columns, days = stack(
        [(row.day, row.permaslug, row.total_tokens) for row in found["chart"]], today - CHART_DAYS + 1, today
    )
    return Leaderboard(
        places=_places(amounts, summed(found["full"]), summed(found["before"]), names),
        total_tokens=sum(amounts.values()),
        columns=columns,
        days=days,
    )


def summed(rows: Sequence[Ranked]) -> dict[str, int]:
    """Tokens by permaslug over all days."""
    amounts: dict[str, int] = {}
    for row in rows:
        amounts[row.permaslug] = amounts.get(row.permaslug, 0) + row.total_tokens
    return amounts


def _places(
    amounts: Mapping[str, int], full: Mapping[str, int], before: Mapping[str, int], names: Mapping[str, ListedModel]
) -> list[Place]:
    earlier = {permaslug: at for at, permaslug in enumerate(by_size(before))}
    most = max(amounts.values(), default=1)
    return [
        Place(
            permaslug=permaslug,
            row=names.get(permaslug),
            tokens=amounts[permaslug],
            growth_percent=_growth(full.get(permaslug, 0), before.get(permaslug, 0)),
            rank_change=earlier[permaslug] - at if permaslug in earlier else None,
            share=100 * amounts[permaslug] / most,
        )
        for at, permaslug in enumerate(by_size(amounts))
    ]


def _growth(now: int, before: int) -> int | None:
    return round(100 * (now / before - 1)) if before else None
