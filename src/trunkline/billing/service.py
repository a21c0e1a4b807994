"""An account's credits as its owner sees them: balance, movements, grants (accounts-and-governance.md 4)."""

from msgspec import Struct
from sqlalchemy import Connection

from trunkline.billing import ledger, repository
from trunkline.billing.types import BookedEntry, Credits
from trunkline.core.clock import Clock
from trunkline.core.money import NanoUsd
from trunkline.storage.interface import Database


class Statement(Struct, frozen=True, kw_only=True):
    """The sums, and a page of movements, newest first, read in one transaction."""

    credits: Credits
    entries: list[BookedEntry]
    entries_total: int

    @property
    def balance(self) -> NanoUsd:
        """Below zero when more was used than added."""
        return NanoUsd(self.credits.total_credits - self.credits.total_usage)


class CreditService:
    """Raises InvalidRequest, and StorageUnavailable when the database is away."""

    __slots__ = ("_clock", "_database")

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock

    async def statement(self, account_id: str, *, offset: int, limit: int) -> Statement:
        """Where the account stands, and how it came there."""
        return await self._database.read(_statement, account_id, offset, limit)

    async def grant(self, account_id: str, amount_nanousd: NanoUsd, *, reference: str, note: str) -> bool:
        """Add credits, or with a negative amount and a reason take them; False when the reference was booked before."""
        entry = ledger.entry(
            "grant" if amount_nanousd >= 0 else "adjustment",
            account_id=account_id,
            amount_nanousd=amount_nanousd,
            at_ms=self._clock.now_ms(),
            reference=reference,
            note=note,
        )
        return await self._database.write(repository.add_entries, [entry]) == 1


def _statement(connection: Connection, account_id: str, offset: int, limit: int) -> Statement:
    return Statement(
        credits=repository.credits(connection, account_id),
        entries=repository.list_entries(connection, account_id, offset=offset, limit=limit),
        entries_total=repository.count_entries(connection, account_id),
    )
