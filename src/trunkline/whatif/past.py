"""What routing knew when a request came: health and statistics, learnt again from the records as they pass.

The health is the gateway's own (`routing/health.py`), driven by the recorded attempts: what was down then is down in
the replay. It knows what happened, not what would have: attempts that only the other policy makes teach it nothing.
"""

import heapq
from collections.abc import Iterable
from typing import Final, Literal

from trunkline.generations.types import Generation
from trunkline.protocols.events import UpstreamFault
from trunkline.protocols.faults.types import Classified
from trunkline.routing.health import MemoryHealth, RecentStatistics
from trunkline.routing.types import Past, Percentile, Window
from trunkline.settings import Routing
from trunkline.statistics.outcomes import Attempt
from trunkline.statistics.tally import Measurements
from trunkline.statistics.windows import Summary, summarise
from trunkline.whatif.measured import Measured

TOOL_HOURS: Final = 2
"""Full hours that stand for the window in which tool calls are judged (routing-and-catalog.md 21)."""


def _fault(error_type: Literal["provider_unavailable", "rate_limit_exceeded"], *, counts: bool) -> Classified:
    return Classified(
        fault=UpstreamFault(status=0, message=""),
        error_type=error_type,
        status=502,
        next_endpoint="any",
        next_model=True,
        transient=True,
        counts_against_uptime=counts,
    )


_FAILURE: Final = _fault("provider_unavailable", counts=True)
_RATE_LIMITED: Final = _fault("rate_limit_exceeded", counts=False)


class ReplayClock:
    """The time of the record that is looked at; never goes back."""

    __slots__ = ("_now_ms",)

    def __init__(self) -> None:
        self._now_ms = 0

    def advance(self, to_ms: int) -> None:
        self._now_ms = max(self._now_ms, to_ms)

    def now_ms(self) -> int:
        return self._now_ms

    def monotonic_s(self) -> float:
        return self._now_ms / 1000


class ReplayedPast:
    """Health by one scenario's settings, and statistics, as of the time that the clock shows."""

    def __init__(self, clock: ReplayClock, routing: Routing, measured: Measured) -> None:
        self._clock = clock
        self._health = MemoryHealth(clock, routing)
        self.past = Past(self._health, ReplayedStatistics(self._health, clock, measured))
        self._pending: list[tuple[int, int, Generation, Iterable[Attempt]]] = []
        self._seen = 0

    def learn(self, generation: Generation, tried: Iterable[Attempt]) -> None:
        """What came of its attempts becomes known when it ends."""
        self._seen += 1
        heapq.heappush(self._pending, (generation.finished_at_ms, self._seen, generation, tried))

    def catch_up(self) -> None:
        """Know what had ended by now."""
        now_ms, pending = self._clock.now_ms(), self._pending
        while pending and pending[0][0] <= now_ms:
            _, _, generation, tried = heapq.heappop(pending)
            self._record(generation, tried)

    def _record(self, generation: Generation, tried: Iterable[Attempt]) -> None:
        duration_s = (generation.finished_at_ms - generation.created_at_ms) / 1000
        for attempt in tried:
            match attempt.outcome:
                case "success":
                    self._succeeded(attempt, generation.tokens_completion, duration_s)
                case "failure":
                    self._health.record(attempt.endpoint_id, outcome=_FAILURE)
                case "rate_limited":
                    self._health.record(attempt.endpoint_id, outcome=_RATE_LIMITED)
                case "forbidden" | "uncounted":
                    pass

    def _succeeded(self, attempt: Attempt, output_tokens: int, duration_s: float) -> None:
        self._health.record(
            attempt.endpoint_id,
            outcome="success",
            latency_s=None if attempt.latency_ms is None else attempt.latency_ms / 1000,
            output_tokens=output_tokens if attempt.throughput_tps is not None else 0,
            duration_s=duration_s,
        )


class ReplayedStatistics(RecentStatistics):
    """EndpointStatistics of the replay: recent samples where any number of them will do; where enough are asked for
    (Auto Exacto), the full hours before."""

    def __init__(self, health: MemoryHealth, clock: ReplayClock, measured: Measured) -> None:
        super().__init__(health)
        self._clock = clock
        self._measured = measured
        self._hour = -1
        self._summaries: dict[str, Summary] = {}

    def throughput_tps(
        self, endpoint_id: str, window: Window, percentile: Percentile, count_min: int = 1
    ) -> float | None:
        if count_min == 1:
            return super().throughput_tps(endpoint_id, window, percentile)
        found = self._summary(endpoint_id).throughput_tps
        return found.at(percentile) if found is not None and found.count >= count_min else None

    def tool_success(self, endpoint_id: str, window: Window, count_min: int = 1) -> float | None:
        found = self._summary(endpoint_id)
        asked = found.tool_requests
        return (asked - found.tool_errors) / asked if asked >= max(1, count_min) else None

    def _summary(self, endpoint_id: str) -> Summary:
        now_ms = self._clock.now_ms()
        hour = now_ms // 3_600_000
        if hour != self._hour:
            self._hour, self._summaries = hour, {}
        found = self._summaries.get(endpoint_id)
        if found is None:
            parts: list[Measurements] = self._measured.before(endpoint_id, now_ms, TOOL_HOURS)
            found = self._summaries[endpoint_id] = summarise(parts)
        return found
