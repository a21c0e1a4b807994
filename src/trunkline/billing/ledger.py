"""The rules of the ledger: which sign each kind of entry has, and which of the account's two sums it belongs to.

accounts-and-governance.md 4.2. Settlements write `usage` entries themselves, in the transaction of their generation
(`storage/settlement.py`); everything else comes from here.
"""

from trunkline.billing.types import EntryKind, LedgerEntry
from trunkline.core.errors import InvalidRequest
from trunkline.core.money import NanoUsd

USAGE_KINDS: frozenset[EntryKind] = frozenset({"usage", "byok_fee", "data_discount"})
"""Kinds that make up an account's usage; all others make up its credits (CRD-01)."""

_INCOMING: frozenset[EntryKind] = frozenset({"purchase", "grant", "promo", "transfer_in", "data_discount"})
_OUTGOING: frozenset[EntryKind] = frozenset({"purchase_fee", "refund", "transfer_out", "expiry", "usage", "byok_fee"})


def entry(
    kind: EntryKind,
    *,
    account_id: str,
    amount_nanousd: NanoUsd,
    at_ms: int,
    reference: str,
    note: str = "",
) -> LedgerEntry:
    """An entry whose key is made of its kind and reference: the same payment or grant is booked once.

    `amount_nanousd` is signed as it changes the balance. Raises InvalidRequest when the sign contradicts the kind,
    when nothing moves, and when an adjustment gives no reason (LED-05).
    """
    if amount_nanousd == 0:
        raise InvalidRequest("The amount is zero: nothing to book.", field="amount")
    if (kind in _INCOMING and amount_nanousd < 0) or (kind in _OUTGOING and amount_nanousd > 0):
        direction = "adds to" if kind in _INCOMING else "takes from"
        raise InvalidRequest(f"A {kind} {direction} the balance; the amount has the other sign.", field="amount")
    if kind == "adjustment" and not note.strip():
        raise InvalidRequest("An adjustment needs a reason, which the account can read.", field="note")
    return LedgerEntry(
        key=f"{kind}:{reference}",
        account_id=account_id,
        at_ms=at_ms,
        kind=kind,
        amount_nanousd=amount_nanousd,
        reference=reference,
        note=note,
    )
