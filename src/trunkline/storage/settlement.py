"""A batch of settlements as few statements: the innermost loop of the durable path.

Per batch: generations, their places in the queue of the rollups, ledger entries, one row for each key and day, one for
each of the callers' own provider keys and day, one update for each account.
"""

from collections.abc import Callable, Sequence
from operator import attrgetter

from sqlalchemy import Dialect, bindparam, update
from sqlalchemy.engine.interfaces import DBAPICursor

from trunkline.core.calendar import day_of
from trunkline.storage.interface import GenerationRow
from trunkline.storage.multi_row import MultiRow, Values, compiled
from trunkline.storage.tables import accounts, credential_usage, generations, key_usage, ledger, rollup_queue

_GENERATION_COLUMNS = tuple(column.name for column in generations.columns)
_LEDGER_COLUMNS = ("key", "account_id", "at_ms", "kind", "amount_nanousd", "reference", "note")
_KEY_USAGE_COLUMNS = ("key_hash", "day", "usage_nanousd", "byok_nanousd", "requests")
_CREDENTIAL_USAGE_COLUMNS = ("credential_id", "day", "list_nanousd", "fee_nanousd", "requests")

_generation_values: Callable[[GenerationRow], Values] = attrgetter(*_GENERATION_COLUMNS)


def usage_key(generation_id: str) -> str:
    """The ledger key of a generation's usage: one for each billed generation (LED-03)."""
    return f"usage:{generation_id}"


class SettlementStatements:
    """The statements of one dialect. For one thread at a time."""

    __slots__ = ("_accounts", "_credential_usage", "_generations", "_key_usage", "_ledger", "_queue")

    def __init__(self, dialect: Dialect) -> None:
        self._generations = MultiRow(generations, _GENERATION_COLUMNS, dialect, skip_existing="id")
        self._queue = MultiRow(rollup_queue, ("generation_id",), dialect, skip_existing="generation_id")
        self._ledger = MultiRow(ledger, _LEDGER_COLUMNS, dialect, skip_existing="key")
        self._key_usage = MultiRow(key_usage, _KEY_USAGE_COLUMNS, dialect, add=_KEY_USAGE_COLUMNS[2:])
        self._credential_usage = MultiRow(
            credential_usage, _CREDENTIAL_USAGE_COLUMNS, dialect, add=_CREDENTIAL_USAGE_COLUMNS[2:]
        )
        self._accounts = compiled(
            update(accounts)
            .values(usage_nanousd=accounts.c.usage_nanousd + bindparam("cost"))
            .where(accounts.c.id == bindparam("account")),
            dialect,
            ("cost", "account"),
        )

    def prepare(self) -> None:
        """Compile every statement now, so that no batch waits for it (60 ms)."""
        for table in (self._generations, self._queue, self._ledger, self._key_usage, self._credential_usage):
            table.prepare()

    def write_new(self, cursor: DBAPICursor, rows: Sequence[GenerationRow]) -> bool:
        """Write `rows` (distinct ids) in the open transaction, sums included.

        False when one of them, or its ledger entry, is there already: then the transaction must be rolled back,
        because sums count only what was really inserted. Raises the driver's errors.
        """
        if self._generations.insert(cursor, [_generation_values(row) for row in rows]) != len(rows):
            return False
        self._queue.insert(cursor, [(row.id,) for row in rows])
        entries = [_usage_entry(row) for row in rows if row.charged and row.cost_nanousd > 0]
        if entries and self._ledger.insert(cursor, entries) != len(entries):
            return False
        self._key_usage.insert(cursor, _key_days(rows))
        if own := [row for row in rows if row.credential_id is not None]:
            self._credential_usage.insert(cursor, _credential_days(own))
        for account_id, cost in _account_costs(rows):
            cursor.execute(self._accounts, (cost, account_id))
        return True


def _usage_entry(row: GenerationRow) -> Values:
    kind = "byok_fee" if row.is_byok else "usage"
    return (usage_key(row.id), row.account_id, row.finished_at_ms, kind, -row.cost_nanousd, row.id, "")


def _key_days(rows: Sequence[GenerationRow]) -> list[Values]:
    """What each key and UTC day gains. Ordered, so that two processes take PostgreSQL's row locks alike."""
    totals: dict[tuple[str, int], list[int]] = {}
    for row in rows:
        total = totals.setdefault((row.key_hash, day_of(row.created_at_ms)), [0, 0, 0])
        if row.charged:
            total[0] += row.cost_nanousd
        if row.is_byok:
            total[1] += row.upstream_cost_nanousd
        total[2] += 1
    return [(*key, *total) for key, total in sorted(totals.items())]


def _credential_days(rows: Sequence[GenerationRow]) -> list[Values]:
    """What each own provider key and UTC day gains, ordered as the key days are."""
    totals: dict[tuple[str, int], list[int]] = {}
    for row in rows:
        total = totals.setdefault((row.credential_id or "", day_of(row.created_at_ms)), [0, 0, 0])
        total[0] += row.upstream_cost_nanousd
        total[1] += row.cost_nanousd if row.charged else 0
        total[2] += 1
    return [(*key, *total) for key, total in sorted(totals.items())]


def _account_costs(rows: Sequence[GenerationRow]) -> list[tuple[str, int]]:
    """What each account pays, those that pay nothing left out. Ordered as the key days are."""
    totals: dict[str, int] = {}
    for row in rows:
        if row.charged and row.cost_nanousd > 0:
            totals[row.account_id] = totals.get(row.account_id, 0) + row.cost_nanousd
    return sorted(totals.items())
