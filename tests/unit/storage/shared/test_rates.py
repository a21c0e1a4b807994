"""Sliding windows (accounts-and-governance.md 6)."""

from hypothesis import given
from hypothesis import strategies as st

from trunkline.storage.shared.rates import SlidingWindows


def test_the_twenty_first_request_within_a_minute_is_refused_with_the_time_to_come_back() -> None:
    windows = SlidingWindows()
    for second in range(20):
        outcome = windows.take("free", 20, 60, second * 1000)
        assert (outcome.allowed, outcome.remaining) == (True, 19 - second)
    refused = windows.take("free", 20, 60, 59_999)
    assert (refused.allowed, refused.limit, refused.remaining, refused.reset_ms) == (False, 20, 0, 60_000)
    assert windows.take("free", 20, 60, 60_000).allowed


def test_buckets_do_not_see_one_another() -> None:
    windows = SlidingWindows()
    assert windows.take("alice", 1, 60, 0).allowed
    assert windows.take("bob", 1, 60, 0).allowed
    assert not windows.take("alice", 1, 60, 1).allowed


def test_refused_requests_do_not_count() -> None:
    windows = SlidingWindows()
    for now_ms in (0, 500, 900):
        windows.take("a", 1, 1, now_ms)
    assert windows.take("a", 1, 1, 1_000).allowed


def test_idle_buckets_are_swept() -> None:
    windows = SlidingWindows()
    for number in range(100):
        windows.take(f"bucket-{number}", 5, 60, number)
    windows.forget_idle(60_050)
    assert len(windows._windows) == 49  # pyright: ignore[reportPrivateUsage] -- the bound is what is tested


@given(st.lists(st.integers(0, 400), max_size=80), st.integers(1, 6))
def test_no_window_ever_holds_more_than_its_limit(pauses_ms: list[int], limit: int) -> None:
    windows = SlidingWindows()
    now_ms = 0
    admitted: list[int] = []
    for pause_ms in pauses_ms:
        now_ms += pause_ms
        if windows.take("a", limit, 1, now_ms).allowed:
            admitted.append(now_ms)
        assert sum(1 for at_ms in admitted if at_ms > now_ms - 1_000) <= limit


def test_looking_at_a_window_takes_nothing_and_forgets_what_has_passed() -> None:
    windows = SlidingWindows()
    assert windows.taken("a", 0) == 0
    for now_ms in (0, 500, 900):
        windows.take("a", 3, 1, now_ms)
    assert [windows.taken("a", now_ms) for now_ms in (900, 900, 1_000, 1_500, 9_000)] == [3, 3, 2, 1, 0]
