"""What a key has spent, by day."""

from trunkline.core.money import NanoUsd
from trunkline.storage.shared.interface import KeySpendDays
from trunkline.storage.shared.spend import KeySpend


def spend(*days: tuple[int, int, int]) -> KeySpend:
    return KeySpend(KeySpendDays(tuple((day, NanoUsd(usage), NanoUsd(byok)) for day, usage, byok in days)))


def test_a_window_sums_its_days_with_or_without_byok() -> None:
    known = spend((10, 1, 100), (11, 2, 200), (12, 4, 400))
    assert known.since(11, with_byok=False) == 6
    assert known.since(11, with_byok=True) == 606
    assert known.since(0, with_byok=False) == 7


def test_a_record_that_settles_late_counts_on_its_own_day() -> None:
    known = spend((12, 4, 0))
    known.add(11, 2, 0)
    assert (known.since(12, with_byok=False), known.since(11, with_byok=False)) == (4, 6)


def test_a_long_life_is_folded_without_losing_money() -> None:
    known = spend(*((day, 1, 0) for day in range(1, 3_001)))
    assert known.since(0, with_byok=False) == 3_000
    assert known.since(3_000 - 30, with_byok=False) == 31
