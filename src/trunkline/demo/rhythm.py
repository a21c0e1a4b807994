"""When people call: more by day than by night, less on Sundays, a little more every week."""

import random
from collections.abc import Iterator
from itertools import accumulate
from math import cos, pi
from typing import Final

from trunkline.core.calendar import DAY_MS, HOUR_MS

PEAK_HOUR: Final = 15
"""Of the UTC day."""
WEEKEND: Final = 0.45
GROWTH_PER_DAY: Final = 0.012


def arrivals(dice: random.Random, first_ms: int, last_ms: int, count: int) -> Iterator[int]:
    """`count` times between the two, ascending, in that rhythm."""
    hours = range(first_ms // HOUR_MS, last_ms // HOUR_MS + 1)
    weights = list(accumulate(_weight(hour, hour - hours.start) for hour in hours))
    per_hour = [0] * len(hours)
    for index in dice.choices(range(len(hours)), cum_weights=weights, k=count):
        per_hour[index] += 1
    for hour, calls in zip(hours, per_hour, strict=True):
        times = sorted(hour * HOUR_MS + dice.randrange(HOUR_MS) for _ in range(calls))
        yield from (min(max(at_ms, first_ms), last_ms) for at_ms in times)


def _weight(hour: int, since: int) -> float:
    of_day = 1 + 0.8 * cos(2 * pi * (hour % 24 - PEAK_HOUR) / 24)
    weekday = (hour * HOUR_MS // DAY_MS + 3) % 7  # Monday is 0
    return of_day * (WEEKEND if weekday >= 5 else 1.0) * (1 + GROWTH_PER_DAY * since / 24)
