"""Trailing windows of an endpoint's measurements, summarised for those who ask often (routing-and-catalog.md 21)."""

from collections.abc import Iterable, Mapping
from typing import Final, Literal

from msgspec import Struct

from trunkline.statistics.sketch import Distribution
from trunkline.statistics.tally import Measurements

Window = Literal["30s", "5m", "30m", "2h", "1d", "3d"]
Percentile = Literal["p50", "p75", "p90", "p99"]

PERCENTILES: Final[Mapping[Percentile, int]] = {"p50": 50, "p75": 75, "p90": 90, "p99": 99}
WINDOW_MINUTES: Final[Mapping[Window, int]] = {"5m": 5, "30m": 30, "2h": 120}
WINDOW_HOURS: Final[Mapping[Window, int]] = {"1d": 24, "3d": 72}
RECENT_MS: Final = 30_000
"""The window of 30 seconds."""


class Quantiles(Struct, frozen=True):
    """How many values there were, and four percentiles of them."""

    count: int
    p50: float
    p75: float
    p90: float
    p99: float

    def at(self, percentile: Percentile) -> float:
        """One of the four."""
        match percentile:
            case "p50":
                return self.p50
            case "p75":
                return self.p75
            case "p90":
                return self.p90
            case "p99":
                return self.p99


class Summary(Struct, frozen=True):
    """What a window says of one endpoint; quantiles are None where nothing was measured."""

    successes: int
    failures: int
    rate_limited: int
    forbidden: int
    tool_requests: int
    tool_errors: int
    structured_requests: int
    structured_errors: int
    latency_ms: Quantiles | None
    throughput_tps: Quantiles | None
    """The larger the percentile, the more requests exceed the value: p90 ≤ p50."""

    @property
    def uptime_percent(self) -> float | None:
        """Successes per hundred counted attempts; None without any."""
        counted = self.successes + self.failures
        return 100.0 * self.successes / counted if counted else None


def summarise(parts: Iterable[Measurements]) -> Summary:
    """Everything together."""
    whole = Measurements()
    for part in parts:
        whole.merge(part)
    latency, throughput = Distribution([whole.latency_ms]), Distribution([whole.throughput_tps])
    return Summary(
        successes=whole.successes,
        failures=whole.failures,
        rate_limited=whole.rate_limited,
        forbidden=whole.forbidden,
        tool_requests=whole.tool_requests,
        tool_errors=whole.tool_errors,
        structured_requests=whole.structured_requests,
        structured_errors=whole.structured_errors,
        latency_ms=_quantiles(latency.count, [latency.reached_by(percent) for percent in PERCENTILES.values()]),
        throughput_tps=_quantiles(throughput.count, [throughput.exceeded_by(p) for p in PERCENTILES.values()]),
    )


def _quantiles(count: int, values: list[float | None]) -> Quantiles | None:
    known = [value for value in values if value is not None]
    return Quantiles(count, *known) if len(known) == len(PERCENTILES) else None
