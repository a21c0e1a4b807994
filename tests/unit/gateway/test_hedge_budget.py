"""Second requests come out of a budget: never more than its share of those that could be hedged."""

from hypothesis import given
from hypothesis import strategies as st

from trunkline.gateway.hedging import BURST, HedgeBudget


@given(st.lists(st.booleans(), max_size=600), st.sampled_from([1.0, 5.0, 10.0, 100.0]))
def test_no_more_is_spent_than_was_earned(wishes: list[bool], percent: float) -> None:
    budget, spent = HedgeBudget(), 0
    for begun, is_late in enumerate(wishes, 1):
        budget.earn(percent)
        spent += is_late and budget.spend()
        assert spent <= begun * percent / 100 + 1e-6


def test_twenty_streams_earn_one_at_five_percent() -> None:
    budget = HedgeBudget()
    for _ in range(19):
        budget.earn(5.0)
    assert not budget.spend()
    budget.earn(5.0)
    assert budget.spend()
    assert not budget.spend()


def test_what_is_saved_up_is_bounded() -> None:
    budget = HedgeBudget()
    for _ in range(100_000):
        budget.earn(5.0)
    assert sum(budget.spend() for _ in range(100)) == BURST
