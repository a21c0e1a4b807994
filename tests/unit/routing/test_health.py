"""What is remembered of endpoints (routing-and-catalog.md 5.1, 21)."""

import pytest

from tests.fakes.clock import FakeClock
from tests.unit.routing.worlds import fault
from trunkline.routing.health import ENDPOINTS_MAX, TRIAL_S_MAX, MemoryHealth
from trunkline.settings import Routing


class Watch:
    """A health book of one endpoint, on an owned clock."""

    def __init__(self) -> None:
        self.clock = FakeClock()
        self.health = MemoryHealth(self.clock, Routing())

    def see(self, *, good: int = 0, bad: int = 0, status: int = 500) -> None:
        for _ in range(good):
            self.health.record("e", outcome="success")
        for _ in range(bad):
            self.health.record("e", outcome=fault(status))

    @property
    def rank(self) -> int:
        return self.health.rank("e")


def test_an_unknown_endpoint_is_normal_and_without_numbers() -> None:
    health = Watch().health
    assert health.rank("never seen") == 0
    assert health.uptime_percent("never seen") is None
    assert health.latency_s("never seen", "p50") is None
    assert health.throughput_tps("never seen", "p50") is None


def test_uptime_counts_successes_and_500s_but_neither_429_nor_400() -> None:
    watch = Watch()
    watch.see(good=95, bad=5)
    watch.see(bad=40, status=429)
    watch.see(bad=10, status=400)
    assert watch.health.uptime_percent("e") == 95.0


@pytest.mark.parametrize(
    ("good", "bad", "rank"), [(95, 5, 0), (94, 6, 1), (80, 20, 1), (79, 21, 3), (50, 49, 0), (0, 100, 3)]
)
def test_rank_follows_uptime_once_a_hundred_requests_are_counted(good: int, bad: int, rank: int) -> None:
    watch = Watch()
    watch.see(good=good, bad=bad)
    watch.clock.advance(60)
    assert watch.rank == rank


def test_one_failure_in_five_within_thirty_seconds_is_an_outage_and_one_in_six_is_not() -> None:
    watch = Watch()
    watch.see(good=4, bad=1)
    assert watch.rank == 2
    watch.see(good=1)
    assert watch.rank == 0


def test_an_outage_is_over_after_thirty_seconds() -> None:
    watch = Watch()
    watch.see(bad=3)
    watch.clock.advance(29)
    assert watch.rank == 2
    watch.clock.advance(3)
    assert watch.rank == 0


def test_five_failures_in_a_row_are_more_than_an_outage_until_an_answer_comes() -> None:
    watch = Watch()
    watch.see(good=400, bad=4)
    assert watch.rank == 0, "four of 404 are no outage yet"
    watch.see(bad=1)
    assert watch.rank == 3
    watch.see(good=1)
    assert watch.rank == 0


def test_the_end_of_an_outage_is_tried_by_one_attempt_at_a_time() -> None:
    watch = Watch()
    watch.see(bad=5)
    assert watch.health.recovering == {"e"}
    watch.health.begin_trial("e")
    watch.clock.advance(31)
    assert watch.rank == 0, "an attempt during the outage was no trial"
    watch.health.begin_trial("e")
    assert watch.rank == 3, "others wait for what comes of it"
    watch.see(bad=1)
    watch.clock.advance(31)
    assert watch.rank == 0, "it failed; half a minute later the next one tries"
    watch.health.begin_trial("e")
    watch.see(good=1)
    assert (watch.rank, watch.health.recovering) == (0, set())


def test_a_trial_that_its_caller_left_or_that_takes_long_makes_room_for_the_next() -> None:
    watch = Watch()
    watch.see(bad=2)
    watch.clock.advance(31)
    watch.health.begin_trial("e")
    assert watch.rank == 2
    watch.health.record("e", outcome="cancelled")
    assert watch.rank == 0
    watch.health.begin_trial("e")
    watch.clock.advance(TRIAL_S_MAX)
    assert watch.rank == 0


def test_429_counts_for_the_outage_test_only() -> None:
    watch = Watch()
    watch.see(bad=1, status=429)
    assert watch.rank == 2
    assert watch.health.uptime_percent("e") is None


def test_403_and_400_count_for_nothing() -> None:
    watch = Watch()
    watch.see(bad=200, status=400)
    watch.see(bad=200, status=403)
    assert watch.rank == 0


@pytest.mark.parametrize(("hint_s", "held_s"), [(40.0, 40.0), (3600.0, 60.0)])
def test_retry_after_keeps_an_endpoint_out_until_it_elapses_at_most_a_minute(hint_s: float, held_s: float) -> None:
    watch = Watch()
    watch.health.record("e", outcome=fault(429, retry_after_s=hint_s))
    watch.see(good=100)
    watch.clock.advance(held_s - 0.5)
    assert watch.rank == 2
    watch.clock.advance(1)
    assert watch.rank == 0


def test_down_wins_over_outage_and_outage_over_degraded() -> None:
    watch = Watch()
    watch.see(bad=15)
    watch.see(good=85)
    watch.clock.advance(60)
    assert watch.rank == 1
    watch.see(bad=1)
    assert watch.rank == 2
    watch.see(bad=20)
    assert watch.rank == 3


def test_after_half_an_hour_all_is_forgotten() -> None:
    watch = Watch()
    watch.see(bad=200)
    watch.clock.advance(1900)
    assert watch.rank == 0
    assert watch.health.uptime_percent("e") is None


def test_half_of_the_failures_leave_the_window_before_the_other_half() -> None:
    watch = Watch()
    watch.see(bad=100)
    watch.clock.advance(1000)
    watch.see(good=100)
    assert watch.health.uptime_percent("e") == 50.0
    watch.clock.advance(900)
    assert watch.health.uptime_percent("e") == 100.0


def test_a_client_that_leaves_says_nothing_about_the_endpoint() -> None:
    watch = Watch()
    for _ in range(200):
        watch.health.record("e", outcome="cancelled", latency_s=9.0)
    assert (watch.rank, watch.health.uptime_percent("e"), watch.health.latency_s("e", "p50")) == (0, None, None)


def test_percentiles_are_by_nearest_rank() -> None:
    watch = Watch()
    for tenths in range(1, 101):
        watch.health.record("e", outcome="success", latency_s=tenths / 10, output_tokens=tenths, duration_s=1.0)
    latencies = [watch.health.latency_s("e", p) for p in ("p50", "p75", "p90", "p99")]
    throughputs = [watch.health.throughput_tps("e", p) for p in ("p50", "p75", "p90", "p99")]
    assert latencies == [5.0, 7.5, 9.0, 9.9]
    assert throughputs == [51.0, 26.0, 11.0, 2.0]


def test_percentiles_are_of_five_minutes_or_else_of_thirty() -> None:
    watch = Watch()
    watch.health.record("e", outcome="success", latency_s=1.0)
    watch.clock.advance(400)
    assert watch.health.latency_s("e", "p50") == 1.0
    watch.clock.advance(2)
    watch.health.record("e", outcome="success", latency_s=3.0)
    assert watch.health.latency_s("e", "p50") == 3.0
    watch.clock.advance(1801)
    assert watch.health.latency_s("e", "p50") is None


def test_a_stalled_queue_lowers_throughput() -> None:
    watch = Watch()
    watch.health.record("e", outcome="success", output_tokens=100, duration_s=1.0)
    fast = watch.health.throughput_tps("e", "p99")
    watch.clock.advance(2)
    watch.health.record("e", outcome="success", output_tokens=100, duration_s=11.0)
    slow = watch.health.throughput_tps("e", "p99")
    assert fast == 100.0
    assert slow == pytest.approx(100 / 11)


def test_memory_is_bounded_whatever_the_number_of_endpoints() -> None:
    watch = Watch()
    watch.health.record("first", outcome=fault(500))
    for number in range(ENDPOINTS_MAX):
        watch.health.record(str(number), outcome=fault(500))
    assert watch.health.rank("first") == 0
    assert watch.health.rank("0") == 2


def test_what_is_usual_needs_enough_streams_and_counts_waits_that_were_given_up() -> None:
    watch = Watch()
    for _ in range(19):
        watch.health.record("e", outcome="success", latency_s=0.2)
    assert watch.health.usual_wait_s("e", 95, 20) is None
    watch.clock.advance(2.0)
    watch.health.note_wait("e", 1.5)
    assert watch.health.usual_wait_s("e", 95, 20) == 0.2
    watch.clock.advance(2.0)
    watch.health.note_wait("e", 1.7)
    assert watch.health.usual_wait_s("e", 95, 20) == 1.5
    assert watch.health.usual_wait_s("never seen", 95, 1) is None
