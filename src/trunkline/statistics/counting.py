"""Counting generations into the rollups, exactly once each.

A settled generation waits in `rollup_queue`. It is counted in the transaction that takes it out of there: so a crash at
any point leaves it either waiting or counted, and two processes that read the same batch cannot both count it, because
only one of them finds it in the queue (docs/develop/decisions/0008-rollups.md).
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from operator import attrgetter

import msgspec
import structlog
from msgspec import Struct
from sqlalchemy import Connection, Dialect, Table, bindparam, delete, func, select, text, tuple_

from trunkline.core.calendar import MINUTE_MS
from trunkline.generations.service import from_record
from trunkline.generations.types import Generation
from trunkline.statistics import measured_rows
from trunkline.statistics.tally import EndpointKey, EndpointRollup, Measurements, Sums, Tally, UsageRollup, tally
from trunkline.storage.multi_row import MultiRow, Values
from trunkline.storage.tables import (
    app_days,
    endpoint_days,
    endpoint_hours,
    endpoint_minutes,
    generations,
    model_days,
    rollup_queue,
    session_days,
    task_days,
    usage_days,
    usage_hours,
)

BATCH_MAX = 256
"""Generations counted in one transaction: settlements wait for it, a few milliseconds at most."""
MINUTES_KEPT = 180
"""Minutes of measurements; beyond that there are hours."""

USAGE_ROLLUPS: Mapping[UsageRollup, Table] = {
    "usage_hours": usage_hours,
    "usage_days": usage_days,
    "model_days": model_days,
    "app_days": app_days,
    "task_days": task_days,
    "session_days": session_days,
}
ENDPOINT_ROLLUPS: Mapping[EndpointRollup, Table] = {
    "endpoint_minutes": endpoint_minutes,
    "endpoint_hours": endpoint_hours,
    "endpoint_days": endpoint_days,
}
_ATTRIBUTES = frozenset({"permaslug", "provider_name"})
# Any number that nobody else in the database uses (storage/schema.py has another).
_LOCK = 0x726F6C6C7570

_IN_BATCH = rollup_queue.c.generation_id.in_(bindparam("ids", expanding=True))


_log = structlog.get_logger("trunkline.statistics")


class Batch(Struct, frozen=True):
    """Generations that were waiting, and what they add."""

    ids: tuple[str, ...]
    counted: Tally


class Overtaken(Exception):
    """Another process counted some of the batch first. Nothing was written; read another."""


def pending(connection: Connection, limit: int = BATCH_MAX) -> Batch:
    """The next generations that wait, oldest first, added up. Empty when none do."""
    rows = connection.execute(
        select(rollup_queue.c.generation_id, generations.c.record)
        .outerjoin(generations, generations.c.id == rollup_queue.c.generation_id)
        .order_by(rollup_queue.c.generation_id)
        .limit(limit)
    ).all()
    records: dict[str, str | None] = {row.generation_id: row.record for row in rows}
    return Batch(tuple(records), tally(_readable(records)))


def _readable(records: Mapping[str, str | None]) -> Iterator[Generation]:
    """The generations of records by id. One that is gone or damaged must not keep the others waiting for ever."""
    for generation_id, record in records.items():
        if record is None:
            continue
        try:
            yield from_record(record)
        except msgspec.DecodeError as error:
            _log.error("a generation cannot be counted", generation_id=generation_id, reason=str(error))


def waiting(connection: Connection) -> int:
    """How many generations wait."""
    return connection.execute(select(func.count()).select_from(rollup_queue)).scalar_one()


class Counter:
    """Writes batches. Its statements belong to one thread at a time: the writer's."""

    __slots__ = ("_inserts",)

    def __init__(self) -> None:
        self._inserts: dict[str, MultiRow] = {}

    def count(self, connection: Connection, batch: Batch, now_ms: int) -> None:
        """Take the batch out of the queue and add it to the rollups, in the open transaction. Raises Overtaken."""
        if connection.dialect.name == "postgresql":
            # One at a time: measurements are read, merged and written back. SQLite has one writer anyway.
            connection.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": _LOCK})
        taken = connection.execute(delete(rollup_queue).where(_IN_BATCH), {"ids": batch.ids}).rowcount
        if taken != len(batch.ids):
            raise Overtaken
        for name, rows in batch.counted.usage.items():
            table = USAGE_ROLLUPS[name]
            values: Callable[[Sums], Values] = attrgetter(*_values(table))
            self._insert(connection, table, [(*key, *values(row)) for key, row in rows.items()])
        for name, rows in batch.counted.endpoints.items():
            oldest = now_ms // MINUTE_MS - MINUTES_KEPT if name == "endpoint_minutes" else 0
            self._measure(connection, ENDPOINT_ROLLUPS[name], {key: rows[key] for key in rows if key[0] >= oldest})

    def _measure(self, connection: Connection, table: Table, rows: Mapping[EndpointKey, Measurements]) -> None:
        if not rows:
            return
        bucket, endpoint_id = table.primary_key
        stored = measured_rows.read(connection, table, tuple_(bucket, endpoint_id).in_(list(rows)))
        for key, measured in stored.items():
            measured.merge(rows[key])
        merged = {**rows, **stored}
        self._insert(connection, table, [(*key, *measured_rows.written(row)) for key, row in merged.items()])

    def _insert(self, connection: Connection, table: Table, rows: Sequence[Values]) -> None:
        into = self._inserts.get(table.name)
        if into is None:
            into = self._inserts[table.name] = _insert_of(table, connection.dialect)
        cursor = connection.connection.cursor()
        try:
            into.insert(cursor, rows)
        finally:
            cursor.close()


def _values(table: Table) -> tuple[str, ...]:
    """The columns that are not of the key."""
    return tuple(column.name for column in table.columns if not column.primary_key)


def _insert_of(table: Table, dialect: Dialect) -> MultiRow:
    """Sums are added to what is there. Texts are replaced, as measurements are, which were merged before."""
    keys = tuple(column.name for column in table.primary_key)
    values = _values(table)
    added = () if table in ENDPOINT_ROLLUPS.values() else tuple(name for name in values if name not in _ATTRIBUTES)
    replaced = tuple(name for name in values if name not in added)
    return MultiRow(table, keys + values, dialect, add=added, replace=replaced)
