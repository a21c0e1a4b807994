"""Performance and uptime of a model's endpoints over time, from what this instance measured (site.md 3.2, MP-07)."""

from collections.abc import Callable, Mapping, Sequence
from typing import Literal

from msgspec import Struct

from trunkline.catalog.types import Endpoint
from trunkline.core.calendar import DAY_MS, HOUR_MS, MINUTE_MS
from trunkline.statistics import history
from trunkline.statistics.tally import EndpointKey, Measurements
from trunkline.statistics.windows import Percentile, Quantiles, Summary, summarise
from trunkline.web.context import WebContext
from trunkline.web.formats import times
from trunkline.web.pages.model.head import Head

Range = Literal["1h", "24h", "7d", "30d"]
COUNT_MIN = 10
"""Fewer requests in a window say nothing: the value is a dash."""
UPTIME_HOURS = 72
_STEPS: Mapping[Range, tuple[int, int, int]] = {
    "1h": (MINUTE_MS, 5, 12),
    "24h": (HOUR_MS, 1, 24),
    "7d": (HOUR_MS, 6, 28),
    "30d": (DAY_MS, 1, 30),
}
"""Range → (unit of the rollup in ms, units in a bucket, buckets)."""
_TABLES: Mapping[int, Literal["minutes", "hours", "days"]] = {MINUTE_MS: "minutes", HOUR_MS: "hours", DAY_MS: "days"}

Row = tuple[int, str, tuple[float | None, ...]]
"""(start in ms, label, a value for each column)."""


class Performance(Struct, frozen=True, kw_only=True):
    """What the tab shows; `rows` are None while the database is away."""

    head: Head
    range: Range
    percentile: Percentile
    columns: list[str]
    latency_s: list[Row] | None
    throughput_tps: list[Row] | None
    success: list[tuple[str, str, str]]
    """(endpoint, tool calls that worked, structured outputs that met their schema) of the range."""

    @property
    def has_data(self) -> bool:
        shown = [*(self.latency_s or ()), *(self.throughput_tps or ())]
        return any(value is not None for _, _, values in shown for value in values)


class EndpointUptime(Struct, frozen=True, kw_only=True):
    """Hourly bars of an endpoint, oldest first, and the percent of the last day."""

    tag: str
    name: str
    bars: list[tuple[str, float | None]]
    last_day_percent: float | None


class Uptime(Struct, frozen=True, kw_only=True):
    """What the tab shows; `endpoints` is None while the database is away."""

    head: Head
    endpoints: list[EndpointUptime] | None
    lines: list[Row]
    """Each hour of the last day: with routing among all endpoints, and the mean of single ones."""

    @property
    def has_data(self) -> bool:
        return any(percent is not None for each in self.endpoints or () for _, percent in each.bars)


def read_range(value: str | None) -> Range:
    """The range of an address; a day for anything unknown."""
    match value:
        case "1h" | "7d" | "30d":
            return value
        case _:
            return "24h"


def read_percentile(value: str | None) -> Percentile:
    """The percentile of an address; the median for anything unknown."""
    match value:
        case "p75" | "p90" | "p99":
            return value
        case _:
            return "p50"


async def performance(context: WebContext, head: Head, of: Range, percentile: Percentile) -> Performance:
    """The tab as of now."""
    endpoints = head.model.endpoints
    unit_ms, width, count = _STEPS[of]
    now = context.facts.now_ms() // unit_ms
    first = (now // width - count + 1) * width
    found = await context.tried(
        context.database.read(history.measured, _TABLES[unit_ms], [endpoint.id for endpoint in endpoints], first)
    )
    buckets = [_merged(found or {}, endpoints, start, width) for start in range(first, first + count * width, width)]
    starts = [(first + at * width) * unit_ms for at in range(count)]

    def rows(value: Callable[[Summary, Percentile], float | None]) -> list[Row]:
        return [
            (start, _label(start, of), tuple(value(summary, percentile) for summary in bucket))
            for start, bucket in zip(starts, buckets, strict=True)
        ]

    whole = _merged(found or {}, endpoints, first, count * width)
    return Performance(
        head=head,
        range=of,
        percentile=percentile,
        columns=[endpoint.tag for endpoint in endpoints],
        latency_s=None if found is None else rows(_latency_s),
        throughput_tps=None if found is None else rows(_throughput_tps),
        success=[
            (
                endpoint.tag,
                _share(summary.tool_errors, summary.tool_requests),
                _share(summary.structured_errors, summary.structured_requests),
            )
            for endpoint, summary in zip(endpoints, whole, strict=True)
        ],
    )


async def uptime(context: WebContext, head: Head) -> Uptime:
    """The tab as of now."""
    endpoints = head.model.endpoints
    hour = context.facts.now_ms() // HOUR_MS
    first = hour - UPTIME_HOURS + 1
    found = await context.tried(
        context.database.read(history.measured, "hours", [endpoint.id for endpoint in endpoints], first)
    )
    if found is None:
        return Uptime(head=head, endpoints=None, lines=[])
    names = context.facts.snapshot().providers
    return Uptime(
        head=head,
        endpoints=[
            EndpointUptime(
                tag=endpoint.tag,
                name=names[endpoint.provider].name,
                bars=[
                    (_label(at * HOUR_MS, "7d"), _percent(found.get((at, endpoint.id))))
                    for at in range(first, hour + 1)
                ],
                last_day_percent=_merged(found, [endpoint], hour - 23, 24)[0].uptime_percent,
            )
            for endpoint in endpoints
        ],
        lines=[_line(found, endpoints, at) for at in range(hour - 23, hour + 1)],
    )


def _line(found: Mapping[EndpointKey, Measurements], endpoints: Sequence[Endpoint], hour: int) -> Row:
    """With routing, a request fails only where every endpoint that was tried failed: at most as often as the best."""
    percents = [value for endpoint in endpoints if (value := _percent(found.get((hour, endpoint.id)))) is not None]
    routed = max(percents, default=None)
    single = sum(percents) / len(percents) if percents else None
    return (hour * HOUR_MS, _label(hour * HOUR_MS, "24h"), (routed, single))


def _merged(
    found: Mapping[EndpointKey, Measurements], endpoints: Sequence[Endpoint], start: int, width: int
) -> list[Summary]:
    """What a bucket says of each endpoint."""
    return [
        summarise(found[at, endpoint.id] for at in range(start, start + width) if (at, endpoint.id) in found)
        for endpoint in endpoints
    ]


def _percent(measured: Measurements | None) -> float | None:
    if measured is None or not (counted := measured.successes + measured.failures):
        return None
    return 100.0 * measured.successes / counted


def _latency_s(summary: Summary, percentile: Percentile) -> float | None:
    value = _at(summary.latency_ms, percentile)
    return None if value is None else value / 1000


def _throughput_tps(summary: Summary, percentile: Percentile) -> float | None:
    return _at(summary.throughput_tps, percentile)


def _at(quantiles: Quantiles | None, percentile: Percentile) -> float | None:
    return None if quantiles is None or quantiles.count < COUNT_MIN else quantiles.at(percentile)


def _share(errors: int, requests: int) -> str:
    return "–" if requests < COUNT_MIN else f"{100 * (requests - errors) / requests:.1f}%"


def _label(at_ms: int, of: Range) -> str:
    moment = times.moment(at_ms).removesuffix(" UTC")
    day, clock = moment.split(", ")
    if of == "30d":
        return day
    return clock if of in ("1h", "24h") else f"{day.rsplit(' ', 1)[0]}, {clock}"
