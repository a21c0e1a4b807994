"""A batch of settlements as few statements: the innermost loop of the durable path.

Per batch: generations, ledger entries, one row for each key and day, one update for each account. Statements with
many rows are compiled once from SQLAlchemy Core for a handful of sizes and run on the driver's cursor; a batch is cut
into those sizes. Measured against `executemany` and row-by-row execution this takes the fewest hand-overs of the
interpreter lock, which is what a busy event loop in the next thread makes expensive.
"""

from collections.abc import Callable, Sequence
from itertools import chain
from operator import attrgetter

from sqlalchemy import ColumnElement, Dialect, Table, bindparam, update
from sqlalchemy.engine.interfaces import DBAPICursor
from sqlalchemy.sql import ClauseElement

from trunkline.core.calendar import day_of
from trunkline.storage.interface import GenerationRow
from trunkline.storage.tables import accounts, generations, key_usage, ledger
from trunkline.storage.upsert import insert_into

_Value = str | int | None
_Row = tuple[_Value, ...]

# Largest first; a batch of n takes n // 32 + 5 runs at most. Larger statements save no more, and compile slowly.
_SIZES = (32, 16, 8, 4, 2, 1)

_GENERATION_COLUMNS = tuple(column.name for column in generations.columns)
_LEDGER_COLUMNS = ("key", "account_id", "at_ms", "kind", "amount_nanousd", "reference", "note")
_KEY_USAGE_COLUMNS = ("key_hash", "day", "usage_nanousd", "byok_nanousd", "requests")

_generation_values: Callable[[GenerationRow], _Row] = attrgetter(*_GENERATION_COLUMNS)


def usage_key(generation_id: str) -> str:
    """The ledger key of a generation's usage: one for each billed generation (LED-03)."""
    return f"usage:{generation_id}"


class SettlementStatements:
    """The statements of one dialect. For one thread at a time."""

    __slots__ = ("_accounts", "_generations", "_key_usage", "_ledger")

    def __init__(self, dialect: Dialect) -> None:
        self._generations = _MultiRow(generations, _GENERATION_COLUMNS, dialect, skip_existing="id")
        self._ledger = _MultiRow(ledger, _LEDGER_COLUMNS, dialect, skip_existing="key")
        self._key_usage = _MultiRow(key_usage, _KEY_USAGE_COLUMNS, dialect, add=_KEY_USAGE_COLUMNS[2:])
        self._accounts = _compile(
            update(accounts)
            .values(usage_nanousd=accounts.c.usage_nanousd + bindparam("cost"))
            .where(accounts.c.id == bindparam("account")),
            dialect,
            ("cost", "account"),
        )

    def prepare(self) -> None:
        """Compile every statement now, so that no batch waits for it (60 ms)."""
        for table in (self._generations, self._ledger, self._key_usage):
            table.prepare()

    def write_new(self, cursor: DBAPICursor, rows: Sequence[GenerationRow]) -> bool:
        """Write `rows` (distinct ids) in the open transaction, sums included.

        False when one of them, or its ledger entry, is there already: then the transaction must be rolled back,
        because sums count only what was really inserted. Raises the driver's errors.
        """
        if self._generations.insert(cursor, [_generation_values(row) for row in rows]) != len(rows):
            return False
        entries = [_usage_entry(row) for row in rows if row.charged and row.cost_nanousd > 0]
        if entries and self._ledger.insert(cursor, entries) != len(entries):
            return False
        self._key_usage.insert(cursor, _key_days(rows))
        for account_id, cost in _account_costs(rows):
            cursor.execute(self._accounts, (cost, account_id))
        return True


class _MultiRow:
    """`INSERT … VALUES (…), (…)` of one table, compiled when a size is first needed and kept."""

    __slots__ = ("_add", "_columns", "_dialect", "_skip_existing", "_statements", "_table")

    def __init__(
        self,
        table: Table,
        columns: tuple[str, ...],
        dialect: Dialect,
        *,
        skip_existing: str | None = None,
        add: tuple[str, ...] = (),
    ) -> None:
        self._table = table
        self._columns = columns
        self._dialect = dialect
        self._skip_existing = skip_existing
        self._add = add
        self._statements: dict[int, str] = {}

    def prepare(self) -> None:
        """Compile the statements of all sizes."""
        for size in _SIZES:
            self._statement(size)

    def insert(self, cursor: DBAPICursor, rows: list[_Row]) -> int:
        """Run over all `rows`; returns how many were inserted or changed."""
        changed = start = 0
        for size in _SIZES:
            while len(rows) - start >= size:
                values = tuple(chain.from_iterable(rows[start : start + size]))
                cursor.execute(self._statements.get(size) or self._statement(size), values)
                changed += cursor.rowcount
                start += size
        return changed

    def _statement(self, size: int) -> str:
        names = [[f"{name}_{row}" for name in self._columns] for row in range(size)]
        statement = insert_into(self._dialect, self._table).values(
            [
                {
                    column: bindparam(name, type_=self._table.c[column].type)
                    for column, name in zip(self._columns, row, strict=True)
                }
                for row in names
            ]
        )
        if self._skip_existing is not None:
            statement = statement.on_conflict_do_nothing(index_elements=[self._skip_existing])
        else:
            sums: dict[str, ColumnElement[int]] = {
                name: self._table.c[name] + statement.excluded[name] for name in self._add
            }
            statement = statement.on_conflict_do_update(index_elements=list(self._table.primary_key), set_=sums)
        text = _compile(statement, self._dialect, tuple(chain.from_iterable(names)))
        self._statements[size] = text
        return text


def _compile(statement: ClauseElement, dialect: Dialect, parameters: tuple[str, ...]) -> str:
    """The statement's text, whose placeholders stand in the order of `parameters`."""
    compiled = statement.compile(dialect=dialect)
    order = getattr(compiled, "positiontup", None)
    if order != list(parameters):
        raise AssertionError(f"placeholders come as {order}, not as {parameters}")
    return str(compiled)


def _usage_entry(row: GenerationRow) -> _Row:
    return (usage_key(row.id), row.account_id, row.finished_at_ms, "usage", -row.cost_nanousd, row.id, "")


def _key_days(rows: Sequence[GenerationRow]) -> list[_Row]:
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


def _account_costs(rows: Sequence[GenerationRow]) -> list[tuple[str, int]]:
    """What each account pays, those that pay nothing left out. Ordered as the key days are."""
    totals: dict[str, int] = {}
    for row in rows:
        if row.charged and row.cost_nanousd > 0:
            totals[row.account_id] = totals.get(row.account_id, 0) + row.cost_nanousd
    return sorted(totals.items())
