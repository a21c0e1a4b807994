"""The rules of ledger entries (accounts-and-governance.md 4.2)."""

import pytest

from trunkline.billing.ledger import entry
from trunkline.billing.types import EntryKind
from trunkline.core.errors import InvalidRequest
from trunkline.core.money import NanoUsd


def book(kind: EntryKind, amount: int, note: str = "") -> str:
    return entry(kind, account_id="alice", amount_nanousd=NanoUsd(amount), at_ms=1, reference="r-1", note=note).key


def test_the_key_is_made_of_kind_and_reference() -> None:
    assert book("purchase", 5) == "purchase:r-1"


@pytest.mark.parametrize(
    ("kind", "amount"), [("purchase", -1), ("grant", -1), ("refund", 1), ("expiry", 1), ("transfer_out", 1)]
)
def test_an_amount_with_the_wrong_sign_is_refused(kind: EntryKind, amount: int) -> None:
    with pytest.raises(InvalidRequest, match="other sign"):
        book(kind, amount)


def test_an_adjustment_goes_either_way_but_needs_a_reason() -> None:
    assert book("adjustment", -5, "double charge") == book("adjustment", 5, "goodwill")
    with pytest.raises(InvalidRequest, match="reason"):
        book("adjustment", 5, "  ")


def test_an_entry_moves_something() -> None:
    with pytest.raises(InvalidRequest, match="zero"):
        book("grant", 0)
