"""Activity and apps of a model: what all public traffic of this instance used of it (site.md 3.2)."""

from collections.abc import Mapping
from decimal import Decimal

from msgspec import Struct

from trunkline.core.calendar import DAY_MS
from trunkline.core.money import NANO_PER_USD
from trunkline.statistics.apps import RankedApp, rank_apps
from trunkline.statistics.rankings import ModelDay, days_of_model
from trunkline.web.context import WebContext
from trunkline.web.formats import numbers, times
from trunkline.web.pages.model.head import Head

APPS = 20
APPS_DAYS = 30
SPANS = (30, 90)
EFFECTIVE_REQUESTS_MIN = 100
"""Fewer say nothing about what tokens cost (MP-09)."""


class Activity(Struct, frozen=True, kw_only=True):
    """What the tab shows; `days` is None while the database is away. Days without traffic have zeros."""

    head: Head
    span_days: int
    days: list[ModelDay] | None

    @property
    def tokens(self) -> list[tuple[int, str, tuple[int, int, int]]]:
        """Prompt, completion without reasoning, reasoning: what a day's bar is stacked of."""
        return [
            (
                day.day * DAY_MS,
                times.day(day.day * DAY_MS // 1000),
                (day.prompt_tokens, day.completion_tokens - day.reasoning_tokens, day.reasoning_tokens),
            )
            for day in self.days or ()
        ]

    @property
    def requests(self) -> list[tuple[int, str, tuple[int, int]]]:
        """All requests, and those whose answer called a tool."""
        return [
            (day.day * DAY_MS, times.day(day.day * DAY_MS // 1000), (day.requests, day.tool_requests))
            for day in self.days or ()
        ]

    @property
    def total_requests(self) -> int:
        return sum(day.requests for day in self.days or ())


class Apps(Struct, frozen=True, kw_only=True):
    """What the tab shows; `apps` is None while the database is away or where rankings are not public."""

    head: Head
    apps: list[RankedApp] | None
    is_off: bool


async def activity(context: WebContext, head: Head, query: Mapping[str, str]) -> Activity:
    """The tab as of now, today included."""
    span = 90 if query.get("days") == "90" else 30
    today = context.facts.now_ms() // DAY_MS
    found = await context.tried(context.database.read(days_of_model, head.model.id, today - span + 1, today))
    days = None if found is None else _every_day(found, today - span + 1, today)
    return Activity(head=head, span_days=span, days=days)


async def apps(context: WebContext, head: Head) -> Apps:
    """The largest apps of thirty days."""
    if context.settings.site.rankings != "public":
        return Apps(head=head, apps=None, is_off=True)
    today = context.facts.now_ms() // DAY_MS
    found = await context.tried(context.database.read(rank_apps, today - APPS_DAYS + 1, today, model=head.model.id))
    return Apps(head=head, apps=None if found is None else found[:APPS], is_off=False)


async def recent_tokens(context: WebContext, model_id: str, days: int) -> list[int] | None:
    """Tokens of each of the last days, today last; None while the database is away."""
    today = context.facts.now_ms() // DAY_MS
    found = await context.tried(context.database.read(days_of_model, model_id, today - days + 1, today))
    if found is None:
        return None
    return [day.prompt_tokens + day.completion_tokens for day in _every_day(found, today - days + 1, today)]


async def top_apps(context: WebContext, model_id: str, count: int) -> list[RankedApp]:
    """The largest apps of thirty days; none where rankings are not public or the database is away."""
    if context.settings.site.rankings != "public":
        return []
    today = context.facts.now_ms() // DAY_MS
    return (await context.tried(context.database.read(rank_apps, today - APPS_DAYS + 1, today, model=model_id)) or [])[
        :count
    ]


async def effective_price(context: WebContext, model_id: str, days: int) -> str | None:
    """What a million tokens, in and out together, really cost in the last days; None with few of them."""
    today = context.facts.now_ms() // DAY_MS
    found = await context.tried(context.database.read(days_of_model, model_id, today - days + 1, today)) or []
    if sum(day.requests for day in found) < EFFECTIVE_REQUESTS_MIN:
        return None
    tokens = sum(day.prompt_tokens + day.completion_tokens for day in found)
    spent_nanousd = sum(day.usage_nanousd for day in found)
    if not tokens or not spent_nanousd:
        return None
    return numbers.price(Decimal(spent_nanousd) * 10**6 / tokens / NANO_PER_USD)


def _every_day(found: list[ModelDay], first: int, last: int) -> list[ModelDay]:
    by_day = {day.day: day for day in found}
    return [by_day.get(day, ModelDay(day, 0, 0, 0, 0, 0, 0)) for day in range(first, last + 1)]
