"""Counting anew: a day's sums are dropped and its generations queued again, in one transaction.

A serving instance may go on meanwhile: what it settles waits as ever, and a generation that waited already is queued
once. Days whose generations were pruned keep the sums that they have.
"""

from sqlalchemy import Connection, Table, delete, func, select

from trunkline.core.calendar import DAY_MS, day_of
from trunkline.storage.retention import kept_from_day
from trunkline.storage.tables import (
    accounts,
    app_days,
    endpoint_days,
    endpoint_hours,
    generations,
    model_days,
    rollup_queue,
    session_days,
    task_days,
    usage_days,
    usage_hours,
)
from trunkline.storage.upsert import insert_into

_HOURS = 24


def recountable_days(connection: Connection) -> range:
    """The days from the first to the last that have all their generations."""
    first, last = connection.execute(
        select(func.min(generations.c.created_at_ms), func.max(generations.c.created_at_ms))
    ).one()
    if first is None:
        return range(0)
    return range(max(day_of(first), kept_from_day(connection)), day_of(last) + 1)


def recount_day(connection: Connection, day: int) -> int:
    """Drop the sums of a day and queue its generations; how many."""
    _drop(connection, model_days, day)
    _drop(connection, app_days, day)
    _drop(connection, task_days, day)
    _drop(connection, session_days, day)
    _drop(connection, endpoint_days, day)
    _drop(connection, endpoint_hours, day * _HOURS, _HOURS)
    queued = 0
    for account_id in connection.execute(select(accounts.c.id)).scalars().all():
        _drop(connection, usage_days, day, account_id=account_id)
        _drop(connection, usage_hours, day * _HOURS, _HOURS, account_id=account_id)
        queued += _queue(connection, account_id, day)
    return queued


def _drop(connection: Connection, table: Table, first: int, count: int = 1, *, account_id: str | None = None) -> None:
    """Delete `count` buckets from `first` on, of one account where the table begins with accounts."""
    bucket = next(column for column in table.primary_key if column.name in ("day", "hour"))
    rows = delete(table).where(bucket >= first, bucket < first + count)
    connection.execute(rows if account_id is None else rows.where(table.c.account_id == account_id))


def _queue(connection: Connection, account_id: str, day: int) -> int:
    made = select(generations.c.id).where(
        generations.c.account_id == account_id,
        generations.c.created_at_ms >= day * DAY_MS,
        generations.c.created_at_ms < (day + 1) * DAY_MS,
    )
    statement = insert_into(connection.dialect, rollup_queue).from_select(["generation_id"], made)
    connection.execute(statement.on_conflict_do_nothing(index_elements=["generation_id"]))
    return connection.execute(select(func.count()).select_from(made.subquery())).scalar_one()
