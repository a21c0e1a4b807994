"""The recent past of every endpoint, in this process: routing-and-catalog.md 5.1 and 21.

What several processes share, public statistics and their survival of a restart come with the statistics of
endpoints; they will feed the same `EndpointHealth` interface.
"""

from typing import Literal, TypeAlias

from trunkline.core.clock import Clock
from trunkline.protocols.faults.types import Classified
from trunkline.routing.types import NoStatistics, Percentile, Window
from trunkline.routing.windows import Counter, Samples
from trunkline.settings import Routing

Outcome: TypeAlias = Literal["success", "cancelled"] | Classified
"""How an attempt ended: with an answer, by the caller's leaving, or with a fault."""

UPTIME_WINDOW_S = 1800.0
UPTIME_BUCKETS = 30
RANK_COUNT_MIN = 100
"""Fewer counted requests in the window say nothing about an endpoint's rank."""
UPTIME_COUNT_MIN = 10
"""Fewer say nothing about its uptime."""
DEGRADED_PERCENT = 95.0
DOWN_PERCENT = 80.0
OUTAGE_BUCKETS = 30
FAILURES_IN_A_ROW = 5
"""After so many, in an outage, nothing comes through any more."""
TRIAL_S_MAX = 10.0
"""So long one attempt keeps others off an endpoint that comes back; an answer may take longer than that."""
PERCENTILE_WINDOWS_S = (300.0, 1800.0)
"""The rolling five minutes, else the last half hour (5.4)."""
ENDPOINTS_MAX = 10_000
"""Endpoints remembered at once; beyond that the longest known is forgotten."""


class _Past:
    """What is known of one endpoint."""

    __slots__ = (
        "failures_in_a_row",
        "latency",
        "outage",
        "rank",
        "rank_in_outage",
        "rank_until_s",
        "retry_after_until_s",
        "slowness",
        "trial_until_s",
        "uptime",
    )

    def __init__(self, outage_window_s: float) -> None:
        self.uptime = Counter(UPTIME_WINDOW_S, UPTIME_BUCKETS)
        self.outage = Counter(outage_window_s, OUTAGE_BUCKETS)
        """For the outage test, 429s count as failures."""
        self.failures_in_a_row = 0
        """Counted ones: who answers 429 is not down."""
        self.retry_after_until_s = 0.0
        self.rank_in_outage = 0
        """Of the last outage, until an answer has disproved it; 0: there is none."""
        self.trial_until_s = 0.0
        """An attempt finds out meanwhile whether it is over."""
        self.rank = 0
        self.rank_until_s = 0.0
        """Nothing can change `rank` before, but another outcome or the beginning of a trial."""
        self.latency = Samples()
        self.slowness = Samples()
        """Negated tokens per second: its percentiles go from fast to slow (5.5)."""


class MemoryHealth:
    """EndpointHealth from the attempts that this process has seen.

    `rank` is asked for every candidate of every request. An endpoint without a failure in the last half hour, which
    is nearly all of them, costs it one look into a nearly empty table.

    Two things are decided beyond 5.1 (docs/develop/decisions/0024-health.md): where nothing comes through any more, an
    endpoint is down, not only out of order; and the end of an outage is tried by one request at a time.
    """

    def __init__(self, clock: Clock, settings: Routing) -> None:
        self._clock = clock
        self._settings = settings
        self._pasts: dict[str, _Past] = {}
        self._troubled: dict[str, _Past] = {}
        """Those of `_pasts` with a failure in one of their windows, or told to wait."""
        self.recovering: set[str] = set()
        """Endpoints with an outage that no answer has disproved yet: whoever calls one says so with `begin_trial`."""

    def record(
        self,
        endpoint_id: str,
        *,
        outcome: Outcome,
        latency_s: float | None = None,
        output_tokens: int = 0,
        duration_s: float | None = None,
    ) -> None:
        """Count one ended attempt. `latency_s` is the time to the first token, of streams only; `duration_s` is from
        the request's start to its end."""
        now_s = self._clock.monotonic_s()
        past = self._past(endpoint_id)
        past.rank_until_s = past.trial_until_s = 0.0
        if outcome == "cancelled":
            return
        if outcome == "success":
            past.uptime.add(now_s, good=True)
            past.outage.add(now_s, good=True)
            past.failures_in_a_row = 0
            if past.rank_in_outage:
                past.rank_in_outage = 0
                self.recovering.discard(endpoint_id)
            if latency_s is not None:
                past.latency.add(now_s, latency_s)
            if duration_s and output_tokens > 0:
                past.slowness.add(now_s, -output_tokens / duration_s)
            return
        is_rate_limit = outcome.error_type == "rate_limit_exceeded"
        if outcome.counts_against_uptime:
            past.uptime.add(now_s, good=False)
            past.failures_in_a_row += 1
        elif not is_rate_limit:
            return
        past.outage.add(now_s, good=False)
        if (wait_s := outcome.fault.retry_after_s) is not None:
            until_s = now_s + min(max(wait_s, 0.0), self._settings.retry_after_cap_seconds)
            past.retry_after_until_s = max(past.retry_after_until_s, until_s)
        self._troubled[endpoint_id] = past
        if in_outage := self._rank_in_outage(past, now_s):
            past.rank_in_outage = max(past.rank_in_outage, in_outage)
            self.recovering.add(endpoint_id)

    def begin_trial(self, endpoint_id: str) -> None:
        """An attempt begins at one of `recovering`. If its outage is over by the clock, others wait for what comes of
        it, so that an endpoint that still does not answer costs one request and not all that come meanwhile."""
        now_s = self._clock.monotonic_s()
        past = self._past(endpoint_id)
        past.outage.advance(now_s)
        if past.trial_until_s <= now_s and not self._rank_in_outage(past, now_s):
            past.trial_until_s = now_s + TRIAL_S_MAX
            past.rank_until_s = 0.0

    def rank(self, endpoint_id: str) -> int:
        """0 normal, 1 degraded, 2 outage, 3 down (5.1)."""
        past = self._troubled.get(endpoint_id)
        if past is None:
            return 0
        now_s = self._clock.monotonic_s()
        if now_s >= past.rank_until_s:
            past.rank = self._rank(endpoint_id, past, now_s)
            past.rank_until_s = self._next_change_s(past, now_s)
        return past.rank

    def uptime_percent(self, endpoint_id: str) -> float | None:
        """Share of counted requests of the last 30 minutes that succeeded; None below ten of them (21)."""
        past = self._pasts.get(endpoint_id)
        if past is None:
            return None
        past.uptime.advance(self._clock.monotonic_s())
        return _percent(past.uptime, UPTIME_COUNT_MIN)

    def latency_s(self, endpoint_id: str, percentile: str) -> float | None:
        """Time to the first token that `percentile` (`p50`, …) of the streams stay at or below."""
        past = self._pasts.get(endpoint_id)
        if past is None:
            return None
        return past.latency.reached_by(int(percentile[1:]), self._clock.monotonic_s(), PERCENTILE_WINDOWS_S)

    def usual_wait_s(self, endpoint_id: str, percent: int, count_min: int) -> float | None:
        """Time to the first token that `percent` % of the streams stayed at or below; None with fewer than
        `count_min`."""
        past = self._pasts.get(endpoint_id)
        if past is None:
            return None
        return past.latency.reached_by(percent, self._clock.monotonic_s(), PERCENTILE_WINDOWS_S, count_min)

    def note_wait(self, endpoint_id: str, waited_s: float) -> None:
        """A stream was given up before its first token: it would have taken at least this long. Left out, the slow ones
        would be missing among what is usual."""
        self._past(endpoint_id).latency.add(self._clock.monotonic_s(), waited_s)

    def throughput_tps(self, endpoint_id: str, percentile: str) -> float | None:
        """Output tokens per second that `percentile` of the requests reach or exceed, so p90 ≤ p50."""
        past = self._pasts.get(endpoint_id)
        if past is None:
            return None
        slowness = past.slowness.reached_by(int(percentile[1:]), self._clock.monotonic_s(), PERCENTILE_WINDOWS_S)
        return None if slowness is None else -slowness

    def _past(self, endpoint_id: str) -> _Past:
        past = self._pasts.get(endpoint_id)
        if past is None:
            if len(self._pasts) >= ENDPOINTS_MAX:
                oldest = next(iter(self._pasts))
                del self._pasts[oldest]
                self._troubled.pop(oldest, None)
                self.recovering.discard(oldest)
            past = self._pasts[endpoint_id] = _Past(self._settings.outage_window_seconds)
        return past

    def _rank(self, endpoint_id: str, past: _Past, now_s: float) -> int:
        past.uptime.advance(now_s)
        past.outage.advance(now_s)
        if not (past.uptime.bad or past.outage.bad or past.retry_after_until_s > now_s or past.rank_in_outage):
            del self._troubled[endpoint_id]
            return 0
        uptime = _percent(past.uptime, RANK_COUNT_MIN)
        if uptime is not None and uptime < DOWN_PERCENT:
            return 3
        if in_outage := self._rank_in_outage(past, now_s):
            return in_outage
        if past.trial_until_s > now_s:
            return past.rank_in_outage
        return 1 if uptime is not None and uptime < DEGRADED_PERCENT else 0

    def _rank_in_outage(self, past: _Past, now_s: float) -> int:
        """By the failures of the last 30 s: 3 when nothing comes through any more, 2 when it is an outage, else 0."""
        bad, total = past.outage.bad, past.outage.bad + past.outage.good
        if bad and past.failures_in_a_row >= FAILURES_IN_A_ROW:
            return 3
        is_outage = bad > 0 and bad >= self._settings.outage_failure_ratio * total
        return 2 if is_outage or past.retry_after_until_s > now_s else 0

    def _next_change_s(self, past: _Past, now_s: float) -> float:
        """When time alone may change the rank."""
        ends_s = [past.uptime.next_step_s, past.outage.next_step_s]
        ends_s += (end_s for end_s in (past.retry_after_until_s, past.trial_until_s) if end_s > now_s)
        return min(ends_s)


class RecentStatistics(NoStatistics):
    """EndpointStatistics from what this process alone has seen: its samples of five minutes, else of half an hour,
    whatever window is asked for. It does not know how many they are, so it answers no question about enough data."""

    def __init__(self, health: MemoryHealth) -> None:
        self._health = health

    def latency_s(self, endpoint_id: str, window: Window, percentile: Percentile, count_min: int = 1) -> float | None:
        return self._health.latency_s(endpoint_id, percentile) if count_min == 1 else None

    def throughput_tps(
        self, endpoint_id: str, window: Window, percentile: Percentile, count_min: int = 1
    ) -> float | None:
        return self._health.throughput_tps(endpoint_id, percentile) if count_min == 1 else None


def _percent(counter: Counter, count_min: int) -> float | None:
    total = counter.good + counter.bad
    return 100.0 * counter.good / total if total >= count_min else None
