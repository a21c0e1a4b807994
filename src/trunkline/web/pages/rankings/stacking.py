"""Amounts by day, stacked: the largest series, and all others together."""

from collections.abc import Mapping, Sequence

from trunkline.core.calendar import DAY_MS
from trunkline.statistics.rankings import OTHER
from trunkline.web.formats import times

SERIES_MAX = 10

StackedDay = tuple[int, str, tuple[int, ...]]
"""(start in ms, label, an amount for each series)."""


def stack(parts: Sequence[tuple[int, str, int]], first: int, last: int) -> tuple[list[str], list[StackedDay]]:
    """(series, days) of a chart of (day, name, amount): the ten largest, and all others together, so that a day sums to
    its total."""
    shown = by_size(totals(parts))[:SERIES_MAX]
    by_day: dict[int, dict[str, int]] = {}
    for day, name, amount in parts:
        of_day = by_day.setdefault(day, {})
        series = name if name in shown else OTHER
        of_day[series] = of_day.get(series, 0) + amount
    has_other = any(name not in shown for _, name, _ in parts)
    columns = [*shown, OTHER] if has_other else shown
    days = [
        (day * DAY_MS, times.day(day * DAY_MS // 1000), tuple(by_day.get(day, {}).get(name, 0) for name in columns))
        for day in range(first, last + 1)
    ]
    return [*shown, "Other"] if has_other else shown, days


def totals(parts: Sequence[tuple[int, str, int]]) -> dict[str, int]:
    """Each name's amount over all days."""
    found: dict[str, int] = {}
    for _, name, amount in parts:
        found[name] = found.get(name, 0) + amount
    return found


def by_size(amounts: Mapping[str, int]) -> list[str]:
    """Names by amount, the largest first; what is called other is no name."""
    return sorted((name for name in amounts if name != OTHER), key=lambda name: (-amounts[name], name))
