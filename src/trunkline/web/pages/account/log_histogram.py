"""How many requests came when: bars above the logs (site.md LOG-01), from the rollups, so that any number is quick."""

from collections.abc import Mapping

from msgspec import Struct

from trunkline.core.calendar import DAY_MS, HOUR_MS
from trunkline.statistics.account_usage import Bucket, UsageQuery, sum_usage
from trunkline.web.context import WebContext
from trunkline.web.formats import times

_WINDOWS: Mapping[str, tuple[Bucket, int]] = {"hour": ("hour", 24), "day": ("hour", 24), "week": ("day", 7)}
"""Range of the list → unit of the bars and how many; thirty days for every other range."""
_REST: tuple[Bucket, int] = ("day", 30)
_UNIT_MS: Mapping[Bucket, int] = {"hour": HOUR_MS, "day": DAY_MS}

Bar = tuple[int, str, tuple[int, int]]
"""(start in ms, label, (answered, failed))."""


class Histogram(Struct, frozen=True):
    """Bars, oldest first, and what they are of."""

    title: str
    bars: list[Bar]


async def histogram(context: WebContext, account_id: str, given: Mapping[str, str]) -> Histogram | None:
    """Of the key and the model that the list is filtered by; None when there was nothing, or the database is away."""
    bucket, count = _WINDOWS.get(given.get("since", ""), _REST)
    unit_ms = _UNIT_MS[bucket]
    last = context.facts.now_ms() // unit_ms
    first = last - count + 1
    query = UsageQuery(
        account_id=account_id, bucket=bucket, first=first, group="model", key_hash=given.get("api_key_hash")
    )
    sums = await context.tried(context.database.read(sum_usage, query)) or []
    counts: dict[int, tuple[int, int]] = {}
    for each in sums:
        if given.get("model", each.group) == each.group:
            answered, failed = counts.get(each.at, (0, 0))
            counts[each.at] = (answered + each.requests, failed + each.failures)
    if not counts:
        return None
    bars = [(at * unit_ms, _label(at * unit_ms, bucket), counts.get(at, (0, 0))) for at in range(first, last + 1)]
    return Histogram(f"Requests by {bucket}", bars)


def _label(at_ms: int, bucket: Bucket) -> str:
    return times.day(at_ms // 1000) if bucket == "day" else times.moment(at_ms).removesuffix(" UTC")
