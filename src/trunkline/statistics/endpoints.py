"""Endpoint statistics in memory, read from the rollups of all processes every few seconds.

Implements `routing.types.EndpointStatistics`: every question is a look into a dictionary, because the planner may ask
for each candidate of each request. What was measured before a restart is there again after the first `refresh`.
"""

from collections import deque
from collections.abc import Iterable, Mapping

from msgspec import Struct
from sqlalchemy import Connection, Table

from trunkline.core.calendar import HOUR_MS, MINUTE_MS
from trunkline.core.clock import Clock
from trunkline.statistics import measured_rows
from trunkline.statistics.outcomes import Attempt
from trunkline.statistics.tally import Measurements
from trunkline.statistics.windows import (
    RECENT_MS,
    WINDOW_HOURS,
    WINDOW_MINUTES,
    Percentile,
    Quantiles,
    Summary,
    Window,
    summarise,
)
from trunkline.storage.interface import Database
from trunkline.storage.tables import endpoint_hours, endpoint_minutes

REFRESH_MS = 10_000
LATE_MINUTES = 10
"""Read again at each refresh: an attempt belongs to the minute of its request, and streams may last."""
RECENT_MAX = 256
"""Attempts of the last seconds kept for each endpoint."""

Slices = Mapping[str, Mapping[int, Measurements]]
"""Endpoint id → bucket → what was measured in it."""


class _State(Struct, frozen=True):
    """All that is known; swapped whole."""

    minutes: Slices = {}
    hours: Slices = {}
    summaries: Mapping[Window, Mapping[str, Summary]] = {}


class MeasuredEndpoints:
    """The statistics of one process. All methods but `refresh` answer at once."""

    __slots__ = ("_clock", "_database", "_recent", "_refreshed_ms", "_state")

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock
        self._state = _State()
        self._refreshed_ms = 0
        self._recent: dict[str, deque[tuple[int, Attempt]]] = {}

    async def refresh(self) -> None:
        """Read what is new, unless that was done a moment ago. Raises StorageUnavailable."""
        now_ms = self._clock.now_ms()
        if now_ms - self._refreshed_ms >= REFRESH_MS:
            self._refreshed_ms = now_ms
            self._state = await self._database.read(_refreshed, self._state, now_ms)
            self._forget_recent(now_ms)

    def note(self, attempts: Iterable[tuple[int, Attempt]]) -> None:
        """Attempts with their ends, as they are counted: what the window of 30 seconds is made of."""
        oldest_ms = self._clock.now_ms() - RECENT_MS
        for ended_ms, attempt in attempts:
            if ended_ms <= oldest_ms:
                continue
            self._recent.setdefault(attempt.endpoint_id, deque(maxlen=RECENT_MAX)).append((ended_ms, attempt))

    def summary(self, endpoint_id: str, window: Window) -> Summary | None:
        """Everything a window says of an endpoint; None when it was not called then."""
        if window == "30s":
            return self._last_seconds(endpoint_id)
        return self._state.summaries.get(window, {}).get(endpoint_id)

    def latency_s(self, endpoint_id: str, window: Window, percentile: Percentile, count_min: int = 1) -> float | None:
        """Seconds to the first token that `percentile` of the streams stayed at or below."""
        found = self.summary(endpoint_id, window)
        value = None if found is None else _at(found.latency_ms, percentile, count_min)
        return None if value is None else value / 1000

    def throughput_tps(
        self, endpoint_id: str, window: Window, percentile: Percentile, count_min: int = 1
    ) -> float | None:
        """Output tokens per second that `percentile` of the requests reached or exceeded."""
        found = self.summary(endpoint_id, window)
        return None if found is None else _at(found.throughput_tps, percentile, count_min)

    def uptime_percent(self, endpoint_id: str, window: Window, count_min: int = 10) -> float | None:
        """Successes per hundred counted attempts."""
        found = self.summary(endpoint_id, window)
        if found is None or found.successes + found.failures < count_min:
            return None
        return found.uptime_percent

    def tool_success(self, endpoint_id: str, window: Window, count_min: int = 1) -> float | None:
        """Share of the answers with tool calls in which every call was valid."""
        found = self.summary(endpoint_id, window)
        return None if found is None else _share(found.tool_errors, found.tool_requests, count_min)

    def structured_success(self, endpoint_id: str, window: Window, count_min: int = 1) -> float | None:
        """Share of the answers to requests for structured output that met the schema."""
        found = self.summary(endpoint_id, window)
        return None if found is None else _share(found.structured_errors, found.structured_requests, count_min)

    def _last_seconds(self, endpoint_id: str) -> Summary | None:
        oldest_ms = self._clock.now_ms() - RECENT_MS
        measured = Measurements()
        attempts = [attempt for ended_ms, attempt in self._recent.get(endpoint_id, ()) if ended_ms > oldest_ms]
        for attempt in attempts:
            measured.add(attempt)
        return summarise([measured]) if attempts else None

    def _forget_recent(self, now_ms: int) -> None:
        """Drop endpoints that nobody called lately."""
        oldest_ms = now_ms - RECENT_MS
        # The last to be counted is not always the last to have ended.
        for endpoint_id in [e for e, attempts in self._recent.items() if max(attempts, key=_end)[0] <= oldest_ms]:
            del self._recent[endpoint_id]


def _end(ended: tuple[int, Attempt]) -> int:
    return ended[0]


def _at(quantiles: Quantiles | None, percentile: Percentile, count_min: int) -> float | None:
    return None if quantiles is None or quantiles.count < count_min else quantiles.at(percentile)


def _share(errors: int, requests: int, count_min: int) -> float | None:
    return None if requests < max(1, count_min) else (requests - errors) / requests


def _refreshed(connection: Connection, old: _State, now_ms: int) -> _State:
    """The state of now. Runs on a reader's thread, summaries included."""
    minute, hour = now_ms // MINUTE_MS, now_ms // HOUR_MS
    longest_m, longest_h = max(WINDOW_MINUTES.values()), max(WINDOW_HOURS.values())
    minutes = _slid(connection, endpoint_minutes, old.minutes, minute - longest_m, minute - LATE_MINUTES)
    hours = _slid(connection, endpoint_hours, old.hours, hour - longest_h, hour - 1)
    summaries: dict[Window, Mapping[str, Summary]] = {
        **{window: _summaries(minutes, minute - count) for window, count in WINDOW_MINUTES.items()},
        **{window: _summaries(hours, hour - count) for window, count in WINDOW_HOURS.items()},
    }
    return _State(minutes, hours, summaries)


def _slid(connection: Connection, table: Table, old: Slices, oldest: int, late: int) -> Slices:
    """`old` without what is past, and with the buckets that may have changed read again."""
    (bucket,) = (column for column in table.primary_key if column.name != "endpoint_id")
    found: dict[str, dict[int, Measurements]] = {
        endpoint_id: kept
        for endpoint_id, slices in old.items()
        if (kept := {at: measured for at, measured in slices.items() if oldest < at < late})
    }
    since = late if old else oldest
    for (at, endpoint_id), measured in measured_rows.read(connection, table, bucket >= since).items():
        found.setdefault(endpoint_id, {})[at] = measured
    return found


def _summaries(slices: Slices, oldest: int) -> Mapping[str, Summary]:
    """Of the buckets after `oldest`, the current one included."""
    parts = {e: [measured for at, measured in row.items() if at > oldest] for e, row in slices.items()}
    return {endpoint_id: summarise(measured) for endpoint_id, measured in parts.items() if measured}
