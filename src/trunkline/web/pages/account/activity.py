"""`/activity`: what the account used, over time and by model, key or provider (site.md 17)."""

import csv
import io
from collections.abc import Callable, Mapping, Sequence
from decimal import Decimal
from typing import Literal, TypeVar

from msgspec import Struct
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from trunkline.accounts.repository import key_names
from trunkline.core.calendar import DAY_MS, HOUR_MS, date_text
from trunkline.core.money import NANO_PER_USD, format_decimal
from trunkline.statistics.account_usage import Bucket, Grouping, UsageQuery, UsageSum, sum_usage
from trunkline.web.context import WebContext
from trunkline.web.formats import numbers, times
from trunkline.web.guard import for_members
from trunkline.web.rendering import Document
from trunkline.web.visitors import Visitor

Period = Literal["day", "week", "month", "year"]
Metric = Literal["spend", "tokens", "requests"]

SPANS: Mapping[Period, tuple[str, Bucket, int]] = {
    "day": ("24 hours", "hour", 24),
    "week": ("7 days", "day", 7),
    "month": ("30 days", "day", 30),
    "year": ("365 days", "day", 365),
}
GROUPS: Mapping[Grouping, str] = {"model": "Model", "key": "API key", "provider": "Provider"}
METRICS: Mapping[Metric, str] = {"spend": "Spend", "tokens": "Tokens", "requests": "Requests"}
K = TypeVar("K")
SERIES_MAX = 9
OTHER = "Other"


class Total(Struct, frozen=True, kw_only=True):
    """One group over the whole period."""

    name: str
    requests: int
    failures: int
    prompt_tokens: int
    completion_tokens: int
    usage_nanousd: int
    byok_nanousd: int


class ActivityView(Struct, frozen=True, kw_only=True):
    """What the page shows. `rows` of the chart: (start in ms, label, an amount for each column; spend in dollars)."""

    period: Period
    group: Grouping
    metric: Metric
    totals: list[Total]
    whole: Total
    columns: list[str]
    rows: list[tuple[int, str, tuple[Decimal, ...]]]
    spans: Mapping[Period, tuple[str, Bucket, int]]
    groups: Mapping[Grouping, str]
    metrics: Mapping[Metric, str]
    formatted: Callable[[Decimal], str]


class _Asked(Struct, frozen=True, kw_only=True):
    period: Period
    group: Grouping
    metric: Metric
    bucket: Bucket
    first: int
    last: int


def routes(context: WebContext) -> list[Route]:
    """The page, and its numbers as CSV with exact amounts."""

    async def show(request: Request, visitor: Visitor) -> Response:
        asked = _read(request.query_params, context.facts.now_ms())
        names, sums = await _sums(context, visitor.account_id, asked)
        document = Document(
            template="account/activity.html",
            title="Activity",
            page=_view(asked, names, sums),
            is_indexed=False,
            is_private=True,
        )
        return await context.respond(request, document)

    async def download(request: Request, visitor: Visitor) -> Response:
        asked = _read(request.query_params, context.facts.now_ms())
        names, sums = await _sums(context, visitor.account_id, asked)
        headers = {
            "content-disposition": f'attachment; filename="activity-{asked.period}-by-{asked.group}.csv"',
            "cache-control": "private, no-store",
        }
        return Response(_csv(asked, names, sums), media_type="text/csv", headers=headers)

    return [Route("/activity", for_members(context, show)), Route("/activity.csv", for_members(context, download))]


def _read(given: Mapping[str, str], now_ms: int) -> _Asked:
    """What an address asks for; the default for anything unknown."""
    period = _chosen(SPANS, given.get("period"), "month")
    _, bucket, count = SPANS[period]
    last = now_ms // (HOUR_MS if bucket == "hour" else DAY_MS)
    return _Asked(
        period=period,
        group=_chosen(GROUPS, given.get("group"), "model"),
        metric=_chosen(METRICS, given.get("metric"), "spend"),
        bucket=bucket,
        first=last - count + 1,
        last=last,
    )


def _chosen(options: Mapping[K, object], name: str | None, default: K) -> K:
    return next((option for option in options if option == name), default)


async def _sums(context: WebContext, account_id: str, asked: _Asked) -> tuple[Mapping[str, str], list[UsageSum]]:
    """Names of keys, when it is they that are shown, and the sums."""
    query = UsageQuery(account_id=account_id, bucket=asked.bucket, first=asked.first, group=asked.group)
    names = await context.database.read(key_names, account_id) if asked.group == "key" else {}
    return names, await context.database.read(sum_usage, query)


def _view(asked: _Asked, names: Mapping[str, str], sums: Sequence[UsageSum]) -> ActivityView:
    by_group: dict[str, list[UsageSum]] = {}
    for each in sums:
        by_group.setdefault(each.group, []).append(each)
    ranked = sorted(by_group, key=lambda group: -sum(_amount(each, asked.metric) for each in by_group[group]))
    columns = ranked[:SERIES_MAX]
    has_other = len(ranked) > SERIES_MAX
    amounts: dict[tuple[int, str], int] = {}
    for each in sums:
        place = (each.at, each.group if each.group in columns else OTHER)
        amounts[place] = amounts.get(place, 0) + _amount(each, asked.metric)
    unit = Decimal(NANO_PER_USD if asked.metric == "spend" else 1)
    series = [*columns, *([OTHER] if has_other else ())]
    return ActivityView(
        period=asked.period,
        group=asked.group,
        metric=asked.metric,
        totals=[_total(_name(group, names), by_group[group]) for group in ranked],
        whole=_total("All", sums),
        columns=[*(_name(group, names) for group in columns), *([OTHER] if has_other else ())],
        rows=[
            (_start_ms(asked, at), _label(asked, at), tuple(amounts.get((at, name), 0) / unit for name in series))
            for at in range(asked.first, asked.last + 1)
        ],
        spans=SPANS,
        groups=GROUPS,
        metrics=METRICS,
        formatted=_dollars if asked.metric == "spend" else _exact,
    )


def _total(name: str, sums: Sequence[UsageSum]) -> Total:
    return Total(
        name=name,
        requests=sum(each.requests for each in sums),
        failures=sum(each.failures for each in sums),
        prompt_tokens=sum(each.prompt_tokens for each in sums),
        completion_tokens=sum(each.completion_tokens for each in sums),
        usage_nanousd=sum(each.usage_nanousd for each in sums),
        byok_nanousd=sum(each.byok_nanousd for each in sums),
    )


def _amount(each: UsageSum, metric: Metric) -> int:
    match metric:
        case "spend":
            return each.usage_nanousd
        case "tokens":
            return each.prompt_tokens + each.completion_tokens
        case "requests":
            return each.requests


def _dollars(amount: Decimal) -> str:
    return numbers.amount(int(amount * NANO_PER_USD))


def _exact(amount: Decimal) -> str:
    return numbers.exact(int(amount))


def _name(group: str, names: Mapping[str, str]) -> str:
    return names.get(group, group) or "None"


def _start_ms(asked: _Asked, at: int) -> int:
    return at * (HOUR_MS if asked.bucket == "hour" else DAY_MS)


def _label(asked: _Asked, at: int) -> str:
    return times.moment(at * HOUR_MS) if asked.bucket == "hour" else times.day(at * DAY_MS // 1000)


def _csv(asked: _Asked, names: Mapping[str, str], sums: Sequence[UsageSum]) -> str:
    """Exact US dollars; a cell that a spreadsheet would take for a formula begins with an apostrophe."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow([asked.bucket, asked.group, *UsageSum.__struct_fields__[2:8], "usage_usd", "byok_usd"])
    for each in sums:
        at = date_text(each.at) if asked.bucket == "day" else times.iso_moment(each.at * HOUR_MS)
        name = _name(each.group, names)
        shown = f"'{name}" if name[0] in "=+-@\t\r" else name
        counts = (each.requests, each.failures, each.prompt_tokens, each.completion_tokens)
        more = (each.reasoning_tokens, each.cached_tokens)
        writer.writerow(
            [at, shown, *counts, *more, format_decimal(each.usage_nanousd, 9), format_decimal(each.byok_nanousd, 9)]
        )
    return out.getvalue()
