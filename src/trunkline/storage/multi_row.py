"""Inserts of many rows as few statements.

Statements with many rows are compiled once from SQLAlchemy Core for a handful of sizes and run on the driver's cursor;
a batch is cut into those sizes. Measured against `executemany` and row-by-row execution this takes the fewest
hand-overs of the interpreter lock, which is what a busy event loop in the next thread makes expensive.
"""

from collections.abc import Sequence
from itertools import chain

from sqlalchemy import ColumnElement, Dialect, Table, bindparam
from sqlalchemy.engine.interfaces import DBAPICursor
from sqlalchemy.sql import ClauseElement

from trunkline.storage.upsert import insert_into

Value = str | int | bytes | None
Values = tuple[Value, ...]

# Largest first; a batch of n takes n // 32 + 5 runs at most. Larger statements save no more, and compile slowly.
SIZES = (32, 16, 8, 4, 2, 1)


class MultiRow:
    """`INSERT … VALUES (…), (…)` of one table, compiled when a size is first needed and kept.

    A row whose key is there is left alone (`skip_existing` names the key), or has the columns `add` added to it and
    the columns `replace` put in the place of the old. For one thread at a time.
    """

    __slots__ = ("_add", "_columns", "_dialect", "_replace", "_skip_existing", "_statements", "_table")

    def __init__(
        self,
        table: Table,
        columns: tuple[str, ...],
        dialect: Dialect,
        *,
        skip_existing: str | None = None,
        add: tuple[str, ...] = (),
        replace: tuple[str, ...] = (),
    ) -> None:
        self._table = table
        self._columns = columns
        self._dialect = dialect
        self._skip_existing = skip_existing
        self._add = add
        self._replace = replace
        self._statements: dict[int, str] = {}

    def prepare(self) -> None:
        """Compile the statements of all sizes."""
        for size in SIZES:
            self._statement(size)

    def insert(self, cursor: DBAPICursor, rows: Sequence[Values]) -> int:
        """Run over all `rows`; returns how many were inserted or changed."""
        changed = start = 0
        for size in SIZES:
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
            changes: dict[str, ColumnElement[object]] = {
                **{name: self._table.c[name] + statement.excluded[name] for name in self._add},
                **{name: statement.excluded[name] for name in self._replace},
            }
            statement = statement.on_conflict_do_update(index_elements=list(self._table.primary_key), set_=changes)
        text = compiled(statement, self._dialect, tuple(chain.from_iterable(names)))
        self._statements[size] = text
        return text


def compiled(statement: ClauseElement, dialect: Dialect, parameters: tuple[str, ...]) -> str:
    """The statement's text, whose placeholders stand in the order of `parameters`."""
    finished = statement.compile(dialect=dialect)
    order = getattr(finished, "positiontup", None)
    if order != list(parameters):
        raise AssertionError(f"placeholders come as {order}, not as {parameters}")
    return str(finished)
