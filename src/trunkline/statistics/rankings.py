"""Models by the tokens that all accounts together spent on them (routing-and-catalog.md 22.1)."""

from collections.abc import Collection, Iterable, Mapping
from typing import Final, Literal

from msgspec import Struct
from sqlalchemy import ColumnElement, Connection, func, select

from trunkline.core.calendar import window_start_day
from trunkline.statistics.tally import CONTEXT_BUCKETS
from trunkline.storage.tables import model_days

Period = Literal["day", "week", "month"]
ContextBucket = Literal["1K", "10K", "100K", "1M", "10M"]
BUCKETS: Final[Mapping[ContextBucket, int]] = {"1K": 0, "10K": 1, "100K": 2, "1M": 3, "10M": 4}
assert len(BUCKETS) == len(CONTEXT_BUCKETS)
TOP: Final = 50
OTHER: Final = "other"
_RESETS: Final[Mapping[Period, Literal["daily", "weekly", "monthly"]]] = {
    "day": "daily",
    "week": "weekly",
    "month": "monthly",
}


class Ranked(Struct, frozen=True):
    """A model's tokens in a period; the period is named by its first day."""

    day: int
    permaslug: str
    total_tokens: int


class ModelDay(Struct, frozen=True):
    """A model's public traffic of one day."""

    day: int
    requests: int
    tool_requests: int
    prompt_tokens: int
    completion_tokens: int
    reasoning_tokens: int
    usage_nanousd: int


def rank_models(
    connection: Connection,
    first_day: int,
    last_day: int,
    *,
    period: Period = "day",
    context_bucket: ContextBucket | None = None,
    used_tools: bool = False,
    models: Collection[str] | None = None,
) -> list[Ranked]:
    """The top fifty of each period by tokens, then `other` if there are more; periods ascending.

    `models`: only these catalog ids. `used_tools`: only requests whose answer called a tool.
    """
    days = model_days.c
    where: list[ColumnElement[bool]] = [days.day >= first_day, days.day <= last_day]
    if context_bucket is not None:
        where.append(days.context_bucket == BUCKETS[context_bucket])
    if used_tools:
        where.append(days.used_tools)
    totals: dict[int, dict[str, int]] = {}
    rows = connection.execute(
        select(days.day, days.model, func.max(days.permaslug), func.sum(days.prompt_tokens + days.completion_tokens))
        .where(*where)
        .group_by(days.day, days.model)
    )
    for day, model, permaslug, tokens in rows:
        if models is None or model in models:
            of_period = totals.setdefault(window_start_day(_RESETS[period], day), {})
            of_period[permaslug] = of_period.get(permaslug, 0) + int(tokens)
    return [row for start in sorted(totals) for row in _top(start, totals[start])]


def _top(start: int, totals: Mapping[str, int]) -> Iterable[Ranked]:
    used = [(permaslug, tokens) for permaslug, tokens in totals.items() if tokens]
    used.sort(key=lambda found: (-found[1], found[0]))
    rows = [Ranked(start, *found) for found in used[:TOP]]
    if rest := used[TOP:]:
        rows.append(Ranked(start, OTHER, sum(tokens for _, tokens in rest)))
    return rows


def first_recorded_day(connection: Connection) -> int | None:
    """The day that public data begins with; None while there is none."""
    return connection.execute(select(func.min(model_days.c.day))).scalar()


def tokens_by_model(connection: Connection, first_day: int) -> dict[str, int]:
    """Prompt and completion tokens of each model since that day, by catalog id."""
    days = model_days.c
    rows = connection.execute(
        select(days.model, func.sum(days.prompt_tokens + days.completion_tokens))
        .where(days.day >= first_day)
        .group_by(days.model)
    )
    return {model: int(tokens) for model, tokens in rows}


def days_of_model(connection: Connection, model: str, first_day: int, last_day: int) -> list[ModelDay]:
    """What all accounts together used of a model by day, for its page; days without traffic are absent."""
    days = model_days.c
    rows = connection.execute(
        select(
            days.day,
            func.sum(days.requests),
            func.coalesce(func.sum(days.requests).filter(days.used_tools), 0),
            func.sum(days.prompt_tokens),
            func.sum(days.completion_tokens),
            func.sum(days.reasoning_tokens),
            func.sum(days.usage_nanousd),
        )
        .where(days.model == model, days.day >= first_day, days.day <= last_day)
        .group_by(days.day)
        .order_by(days.day)
    )
    return [ModelDay(*(int(value) for value in row)) for row in rows]
