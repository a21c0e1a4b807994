"""Numbers that the hot path may touch: an increment each, turned into Prometheus' families only when scraped."""

from bisect import bisect_left
from collections.abc import Iterator, Sequence

from prometheus_client.core import CounterMetricFamily, HistogramMetricFamily

SERIES_MAX = 2_000
"""Of one counter. Beyond it, new label values are counted under `other`: a flood of names must not fill memory."""

_OTHER = "other"


class LabelledCounter:
    """A count per combination of label values."""

    __slots__ = ("_counts", "_help", "_labels", "_name", "_unit")

    def __init__(self, name: str, help: str, labels: Sequence[str], *, unit: int = 1) -> None:
        """`unit`: how many counted units make one of the exported ones (nano-dollars in a dollar)."""
        self._name = name
        self._help = help
        self._labels = tuple(labels)
        self._unit = unit
        self._counts: dict[tuple[str, ...], int] = {}

    def add(self, amount: int, *values: str) -> None:
        """Count `amount` under these label values, given in the order of the labels."""
        counts = self._counts
        if values in counts:
            counts[values] += amount
        elif len(counts) < SERIES_MAX:
            counts[values] = amount
        else:
            other = (_OTHER,) * len(values)
            counts[other] = counts.get(other, 0) + amount

    def collect(self) -> Iterator[CounterMetricFamily]:
        family = CounterMetricFamily(self._name, self._help, labels=self._labels)
        for values, count in self._counts.items():
            family.add_metric(values, count / self._unit)
        yield family


class Histogram:
    """How often a duration fell under each bound."""

    __slots__ = ("_bounds_ms", "_counts", "_help", "_name", "_sum_ms")

    def __init__(self, name: str, help: str, bounds_ms: Sequence[int]) -> None:
        self._name = name
        self._help = help
        self._bounds_ms = tuple(bounds_ms)
        self._counts = [0] * (len(self._bounds_ms) + 1)
        self._sum_ms = 0

    def observe(self, value_ms: int) -> None:
        """One more."""
        self._counts[bisect_left(self._bounds_ms, value_ms)] += 1
        self._sum_ms += value_ms

    def collect(self) -> Iterator[HistogramMetricFamily]:
        total = 0
        buckets: list[tuple[str, float]] = []
        bounds = [*(f"{bound_ms / 1000:g}" for bound_ms in self._bounds_ms), "+Inf"]
        for bound, count in zip(bounds, self._counts, strict=True):
            total += count
            buckets.append((bound, total))
        yield HistogramMetricFamily(self._name, self._help, buckets=buckets, sum_value=self._sum_ms / 1000)
