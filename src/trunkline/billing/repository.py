"""The ledger in the database. The sums in `accounts` change only here and in `storage/settlement.py` (LED-01)."""

from collections.abc import Iterable

from sqlalchemy import Connection, func, select, update

from trunkline.billing.ledger import USAGE_KINDS
from trunkline.billing.types import BookedEntry, Credits, EntryKind, LedgerEntry
from trunkline.core.money import NanoUsd
from trunkline.storage import state_versions
from trunkline.storage.tables import accounts, ledger
from trunkline.storage.upsert import insert_into


def add_entries(connection: Connection, entries: Iterable[LedgerEntry]) -> int:
    """Book entries and change their accounts' sums; returns how many were new.

    An entry whose key is in the ledger already changes nothing (LED-03, FEE-09).
    """
    return sum(_add(connection, entry) for entry in entries)


def _add(connection: Connection, entry: LedgerEntry) -> bool:
    booked = connection.execute(
        insert_into(connection.dialect, ledger)
        .values(
            key=entry.key,
            account_id=entry.account_id,
            at_ms=entry.at_ms,
            kind=entry.kind,
            amount_nanousd=entry.amount_nanousd,
            reference=entry.reference,
            note=entry.note,
        )
        .on_conflict_do_nothing(index_elements=["key"])
        .returning(ledger.c.id)
    ).scalar()
    if booked is None:
        return False
    change = (
        {accounts.c.usage_nanousd: accounts.c.usage_nanousd - entry.amount_nanousd}
        if entry.kind in USAGE_KINDS
        else {accounts.c.credits_nanousd: accounts.c.credits_nanousd + entry.amount_nanousd}
    )
    connection.execute(update(accounts).where(accounts.c.id == entry.account_id).values(change))
    state_versions.bump(connection, "credits")
    return True


def credits(connection: Connection, account_id: str) -> Credits:
    """Everything ever added and ever used (CRD-01); zeros for an unknown account."""
    row = connection.execute(
        select(accounts.c.credits_nanousd, accounts.c.usage_nanousd).where(accounts.c.id == account_id)
    ).one_or_none()
    if row is None:
        return Credits(total_credits=NanoUsd(0), total_usage=NanoUsd(0))
    return Credits(total_credits=NanoUsd(row.credits_nanousd), total_usage=NanoUsd(row.usage_nanousd))


def count_entries(connection: Connection, account_id: str) -> int:
    """How many entries the account has."""
    return connection.execute(
        select(func.count()).select_from(ledger).where(ledger.c.account_id == account_id)
    ).scalar_one()


def list_entries(connection: Connection, account_id: str, *, offset: int, limit: int) -> list[BookedEntry]:
    """A page of the account's entries, newest first, each with the balance after it (LED-02)."""
    rows = connection.execute(
        select(ledger).where(ledger.c.account_id == account_id).order_by(ledger.c.id.desc()).offset(offset).limit(limit)
    ).all()
    if not rows:
        return []
    total = credits(connection, account_id)
    newer = connection.execute(
        select(func.coalesce(func.sum(ledger.c.amount_nanousd), 0)).where(
            ledger.c.account_id == account_id, ledger.c.id > rows[0].id
        )
    ).scalar_one()
    balance = total.total_credits - total.total_usage - int(newer)
    page: list[BookedEntry] = []
    for row in rows:
        kind: EntryKind = row.kind
        page.append(
            BookedEntry(
                id=row.id,
                entry=LedgerEntry(
                    key=row.key,
                    account_id=row.account_id,
                    at_ms=row.at_ms,
                    kind=kind,
                    amount_nanousd=NanoUsd(row.amount_nanousd),
                    reference=row.reference,
                    note=row.note,
                ),
                balance_nanousd=NanoUsd(balance),
            )
        )
        balance -= row.amount_nanousd
    return page
