"""What is known of endpoints over trailing windows, from the rollups of all processes."""

from msgspec.structs import replace

from tests.fakes.clock import FakeClock
from tests.records import NOW_MS, a_generation, open_account
from trunkline.core.calendar import HOUR_MS, MINUTE_MS
from trunkline.generations.service import to_row
from trunkline.generations.types import Generation, ProviderResponse
from trunkline.routing.types import EndpointStatistics
from trunkline.statistics.endpoints import MeasuredEndpoints
from trunkline.statistics.follower import Follower
from trunkline.storage.database import SqlDatabase

ENDPOINT = "acme/rocket-1|acme"
NOON_MS = NOW_MS // HOUR_MS * HOUR_MS + 30 * MINUTE_MS


def answered(at_ms: int, *, latency_ms: int = 100, status: int = 200, **changes: object) -> Generation:
    """A stream of 100 tokens in a second, or a failure with that status."""
    response = ProviderResponse(provider_name="Acme", status=status, endpoint_id=ENDPOINT, model_permaslug="m")
    return replace(
        a_generation(),
        created_at_ms=at_ms,
        finished_at_ms=at_ms + 1000,
        status="completed" if status == 200 else "failed",
        streamed=True,
        latency_ms=latency_ms,
        tokens_completion=100,
        provider_responses=(response,),
        **changes,
    )


async def measured(
    database: SqlDatabase, *generations: Generation, now_ms: int = NOON_MS
) -> tuple[EndpointStatistics, FakeClock]:
    """The statistics of an instance that made these generations."""
    clock = FakeClock(now_ms)
    await database.write(open_account)
    for generation in generations:
        await database.settle(to_row(generation))
    found = MeasuredEndpoints(database, clock)
    await Follower(database, clock, found.note).catch_up()
    await found.refresh()
    return found, clock


async def test_each_window_knows_its_own_time(database: SqlDatabase) -> None:
    times = {"30s": 10_000, "5m": 2 * MINUTE_MS, "30m": 20 * MINUTE_MS, "2h": 100 * MINUTE_MS}
    ages = {**times, "1d": 20 * HOUR_MS, "3d": 60 * HOUR_MS}
    past = [answered(NOON_MS - age, latency_ms=1000 * (i + 1)) for i, age in enumerate(ages.values())]
    found, _ = await measured(database, *past)
    for number, window in enumerate(ages, start=1):
        slowest = found.latency_s(ENDPOINT, window, "p99")
        assert slowest is not None and abs(slowest - number) < 0.011 * number, window
        assert found.latency_s(ENDPOINT, window, "p50", count_min=number + 1) is None
        assert found.uptime_percent(ENDPOINT, window, count_min=number) == 100


async def test_uptime_needs_enough_counted_attempts(database: SqlDatabase) -> None:
    past = [answered(NOON_MS - 5_000, status=200 if i < 8 else 500) for i in range(10)]
    limited = [answered(NOON_MS - 5_000, status=429, error_code=429) for _ in range(40)]
    found, _ = await measured(database, *past, *limited)
    for window in ("30s", "5m", "30m", "2h", "1d", "3d"):
        assert found.uptime_percent(ENDPOINT, window) == 80
        assert found.uptime_percent(ENDPOINT, window, count_min=11) is None


async def test_share_of_valid_tool_calls_and_structured_answers(database: SqlDatabase) -> None:
    """Five answers with tool calls, one of them wrong: one of five failed, however many calls it had (11)."""
    past = [answered(NOON_MS, tool_calls_valid=i > 0, structured_valid=i > 1) for i in range(5)]
    found, _ = await measured(database, *past, answered(NOON_MS))
    assert found.tool_success(ENDPOINT, "2h") == 0.8
    assert found.structured_success(ENDPOINT, "2h") == 0.6
    assert found.tool_success(ENDPOINT, "2h", count_min=6) is None


async def test_throughput_falls_from_p50_to_p99(database: SqlDatabase) -> None:
    past = [replace(answered(NOON_MS), tokens_completion=10 * (i + 1)) for i in range(50)]
    found, _ = await measured(database, *past)
    reached = [found.throughput_tps(ENDPOINT, "5m", percentile) or 0 for percentile in ("p50", "p75", "p90", "p99")]
    assert reached == sorted(reached, reverse=True)
    assert abs(reached[0] - 260) < 3 and abs(reached[3] - 10) < 0.2


async def test_a_restarted_process_knows_what_was_measured_before(database: SqlDatabase) -> None:
    await measured(database, *(answered(NOON_MS - MINUTE_MS) for _ in range(10)))
    restarted = MeasuredEndpoints(database, FakeClock(NOON_MS))
    assert restarted.uptime_percent(ENDPOINT, "5m") is None
    await restarted.refresh()
    assert restarted.uptime_percent(ENDPOINT, "5m") == 100


async def test_windows_slide_and_are_read_again_only_now_and_then(database: SqlDatabase) -> None:
    found, clock = await measured(database, answered(NOON_MS - MINUTE_MS))
    assert isinstance(found, MeasuredEndpoints)
    await database.settle(to_row(answered(NOON_MS - MINUTE_MS, latency_ms=9_000)))
    await Follower(database, clock).catch_up()
    await found.refresh()
    assert (found.latency_s(ENDPOINT, "5m", "p99") or 0) < 1  # a moment ago: not read again
    clock.advance(11)
    await found.refresh()
    assert (found.latency_s(ENDPOINT, "5m", "p99") or 0) > 8
    clock.advance(5 * 60)
    await found.refresh()
    assert found.latency_s(ENDPOINT, "5m", "p99") is None
    assert found.latency_s(ENDPOINT, "30m", "p99") is not None
    assert found.summary("nobody", "30m") is None
    clock.advance(4 * 24 * 3600)
    await found.refresh()
    assert (found._state.minutes, found._state.hours) == ({}, {})  # nothing is remembered for ever
