"""The ledger's words (accounts-and-governance.md 4)."""

from typing import Literal

from msgspec import Struct

from trunkline.core.money import Charge as Charge
from trunkline.core.money import NanoUsd

EntryKind = Literal[
    "purchase",
    "purchase_fee",
    "grant",
    "promo",
    "refund",
    "transfer_in",
    "transfer_out",
    "expiry",
    "usage",
    "byok_fee",
    "adjustment",
    "data_discount",
]
BillingMode = Literal["postpaid", "prepaid"]


class LedgerEntry(Struct, frozen=True, kw_only=True):
    """One signed movement. `key` is unique over the ledger, so writing an entry twice is a no-op (LED-03)."""

    key: str
    account_id: str
    at_ms: int
    kind: EntryKind
    amount_nanousd: NanoUsd
    """Positive: credit to the account. Usage is negative."""
    reference: str
    note: str = ""


class BookedEntry(Struct, frozen=True, kw_only=True):
    """An entry as it stands in the ledger: its number, and the account's balance after it (LED-02)."""

    id: int
    entry: LedgerEntry
    balance_nanousd: NanoUsd


class Credits(Struct, frozen=True, kw_only=True):
    """CRD-01: everything ever added and everything ever used; the balance is the difference."""

    total_credits: NanoUsd
    total_usage: NanoUsd
