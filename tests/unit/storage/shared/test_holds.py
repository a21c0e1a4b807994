"""Open holds and their expiry heap."""

from trunkline.storage.shared.holds import OpenHold, OpenHolds


def a_hold(number: int, expires_at_ms: int = 1_000_000) -> OpenHold:
    return OpenHold(f"gen-{number}", "alice", "k", 5, expires_at_ms)


def test_a_long_run_of_short_requests_leaves_a_small_heap() -> None:
    holds = OpenHolds()
    for number in range(10_000):
        holds.open(a_hold(number, expires_at_ms=number + 1))
        holds.close(f"gen-{number}")
    assert len(holds) == 0
    assert len(holds._expiries) < 200  # pyright: ignore[reportPrivateUsage] -- the bound is what is tested


def test_an_id_that_was_held_again_expires_at_its_new_time() -> None:
    holds = OpenHolds()
    holds.open(a_hold(1, expires_at_ms=10))
    holds.close("gen-1")
    holds.open(a_hold(1, expires_at_ms=20))
    assert holds.expire(10) == 0
    assert holds.of_account("alice") == holds.of_key("k") == 5
    assert holds.expire(20) == 1
    assert holds.of_account("alice") == holds.of_key("k") == 0


def test_closing_twice_frees_once() -> None:
    holds = OpenHolds()
    holds.open(a_hold(1))
    holds.open(a_hold(2))
    assert holds.close("gen-1")
    assert not holds.close("gen-1")
    assert holds.of_account("alice") == 5
