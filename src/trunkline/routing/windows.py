"""Counters and samples over a trailing window, in bounded memory. Time is given, never asked."""

from bisect import bisect_left
from collections import deque
from itertools import islice

SAMPLES_MAX = 256
"""Newest measurements kept of one kind and endpoint; under load they span less than the window, never more."""


class Counter:
    """Successes and failures of the trailing `window_s`, in `buckets` steps of equal width.

    A failure is forgotten between `window_s` and one bucket width later.
    """

    __slots__ = ("_bad", "_good", "_newest", "_width_s", "bad", "good")

    def __init__(self, window_s: float, buckets: int) -> None:
        self._width_s = window_s / buckets
        # One bucket more than the window: the oldest is only partly inside.
        self._good = [0] * (buckets + 1)
        self._bad = [0] * (buckets + 1)
        self._newest = 0
        self.good = 0
        """Successes in the window, as of the last `advance`."""
        self.bad = 0
        """Failures in the window, as of the last `advance`."""

    def advance(self, now_s: float) -> None:
        """Forget what has left the window."""
        bucket = int(now_s / self._width_s)
        if bucket <= self._newest:
            return
        size = len(self._good)
        for passed in range(max(self._newest + 1, bucket - size + 1), bucket + 1):
            slot = passed % size
            self.good -= self._good[slot]
            self.bad -= self._bad[slot]
            self._good[slot] = self._bad[slot] = 0
        self._newest = bucket

    @property
    def next_step_s(self) -> float:
        """When `advance` may forget something again."""
        return (self._newest + 1) * self._width_s

    def add(self, now_s: float, *, good: bool) -> None:
        """Count one outcome."""
        self.advance(now_s)
        slot = self._newest % len(self._good)
        if good:
            self.good += 1
            self._good[slot] += 1
        else:
            self.bad += 1
            self._bad[slot] += 1


class Samples:
    """The newest measurements of one kind, and their percentiles by nearest rank (routing-and-catalog.md 21)."""

    __slots__ = ("_fresh_until_s", "_sorted", "_taken_s", "_values")

    _REFRESH_S = 1.0

    def __init__(self) -> None:
        self._taken_s: deque[float] = deque(maxlen=SAMPLES_MAX)
        self._values: deque[float] = deque(maxlen=SAMPLES_MAX)
        self._sorted: list[float] = []
        self._fresh_until_s = 0.0

    def add(self, now_s: float, value: float) -> None:
        self._taken_s.append(now_s)
        self._values.append(value)

    def reached_by(self, percent: int, now_s: float, windows_s: tuple[float, ...], count_min: int = 1) -> float | None:
        """The value that `percent` % of the samples stay at or below, in the first of `windows_s` that has any; None
        where that has fewer than `count_min`.

        The order of the samples is worked out at most once a second: many requests ask between two measurements.
        """
        if now_s >= self._fresh_until_s:
            self._sorted = self._in_first_window(now_s, windows_s)
            self._fresh_until_s = now_s + self._REFRESH_S
        if len(self._sorted) < count_min:
            return None
        return self._sorted[max(0, -(-percent * len(self._sorted) // 100) - 1)]

    def _in_first_window(self, now_s: float, windows_s: tuple[float, ...]) -> list[float]:
        taken_s = list(self._taken_s)
        for window_s in windows_s:
            outside = bisect_left(taken_s, now_s - window_s)
            if outside < len(taken_s):
                return sorted(islice(self._values, outside, None))
        return []
