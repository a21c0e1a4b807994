"""Prices as they are shown: what counts now on top, and from when or how much on others do (routing 20.4)."""

from collections.abc import Mapping

from trunkline.catalog.prices import PriceKey, PriceOverride, PriceSheet
from trunkline.catalog.pricing import effective_prices
from trunkline.core.calendar import DAY_MS, day_of
from trunkline.core.money import AttoUsd

Window = tuple[int, int]
"""Clock numbers, half-open; the last one of a day ends at 0 and so wraps past midnight."""


def shown_prices(sheet: PriceSheet, at_ms: int) -> tuple[Mapping[PriceKey, AttoUsd], tuple[PriceOverride, ...]]:
    """(prices of a small request now, conditional prices of the same UTC day).

    Weekdays are an extension that clients do not know, so they are resolved to the day of `at_ms`. When time windows
    apply on that day, the conditional prices tile its 24 hours; within each, larger prompts follow.
    """
    now = effective_prices(sheet, prompt_tokens=0, at_ms=at_ms)
    if not sheet.overrides:
        return now, ()
    keys: set[PriceKey] = {key for override in sheet.overrides for key in override.prices}
    steps = sorted({step for override in sheet.overrides if (step := override.min_prompt_tokens) is not None})
    shown: list[PriceOverride] = []
    for window in _tiles(sheet, at_ms, steps):
        for step in (None, *steps):
            if window is None and step is None:
                continue  # that is what stands on top
            prices = _prices_in(sheet, window, step, at_ms)
            shown.append(
                PriceOverride(
                    prices={key: price for key, price in prices.items() if key in keys},
                    min_prompt_tokens=step,
                    utc_start=None if window is None else window[0],
                    utc_end=None if window is None else window[1],
                )
            )
    return now, tuple(shown)


def _tiles(sheet: PriceSheet, at_ms: int, steps: list[int]) -> list[Window | None]:
    """The day cut wherever a price changes, neighbours of equal prices joined; `[None]`: nothing changes."""
    edges = {0}
    for override in sheet.overrides:
        if override.utc_start is not None and override.utc_end is not None:
            edges |= {override.utc_start, override.utc_end}
    starts: list[int] = []
    previous: list[Mapping[PriceKey, AttoUsd]] = []
    for edge in sorted(edges):
        prices = [_prices_in(sheet, (edge, edge), step, at_ms) for step in (None, *steps)]
        if prices != previous:
            starts.append(edge)
        previous = prices
    first = [_prices_in(sheet, (0, 0), step, at_ms) for step in (None, *steps)]
    if len(starts) > 1 and previous == first:
        starts.pop(0)  # the night before and after midnight is one window
        return list(zip(starts, [*starts[1:], starts[0]], strict=True))
    if len(starts) == 1:
        return [None]
    return list(zip(starts, [*starts[1:], 0], strict=True))


def _prices_in(sheet: PriceSheet, window: Window | None, step: int | None, at_ms: int) -> Mapping[PriceKey, AttoUsd]:
    """What counts at the window's start for a prompt just above the step."""
    moment = at_ms
    if window is not None:
        hours, minutes = divmod(window[0], 100)
        moment = day_of(at_ms) * DAY_MS + (hours * 60 + minutes) * 60_000
    return effective_prices(sheet, prompt_tokens=0 if step is None else step + 1, at_ms=moment)
