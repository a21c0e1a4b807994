"""Endpoints' figures as everybody is shown them: the last half hour of all processes (routing-and-catalog.md 20.5)."""

from typing import Final

from trunkline.routing.types import EndpointHealth, EndpointStatistics, Percentile

_PERCENTILES: Final[dict[str, Percentile]] = {"p50": "p50", "p75": "p75", "p90": "p90", "p99": "p99"}


class ShownHealth:
    """EndpointHealth whose rank is the one that routing uses now, and whose figures are those of the rollups, so that
    the API, the site's pages and every process say the same."""

    __slots__ = ("_health", "_statistics")

    def __init__(self, health: EndpointHealth, statistics: EndpointStatistics) -> None:
        self._health = health
        self._statistics = statistics

    def rank(self, endpoint_id: str) -> int:
        return self._health.rank(endpoint_id)

    def uptime_percent(self, endpoint_id: str) -> float | None:
        return self._statistics.uptime_percent(endpoint_id, "30m")

    def latency_s(self, endpoint_id: str, percentile: str) -> float | None:
        return self._statistics.latency_s(endpoint_id, "30m", _PERCENTILES[percentile])

    def throughput_tps(self, endpoint_id: str, percentile: str) -> float | None:
        return self._statistics.throughput_tps(endpoint_id, "30m", _PERCENTILES[percentile])
