"""From which day on generations are complete: what `prune` deletes and what `audit` may therefore compare."""

from sqlalchemy import Connection, delete, exists, func, select

from trunkline.core.calendar import DAY_MS
from trunkline.storage.tables import generations, instance, rollup_queue
from trunkline.storage.upsert import insert_into

_KEPT_FROM = "generations_kept_from_day"


def prune_generations(connection: Connection, before_day: int, limit: int) -> int:
    """Delete at most `limit` generations that were created before that UTC day (GEN-12); returns how many.

    The ledger and the keys' days keep the money. Call it until it returns less than `limit`: each call is a short
    transaction of its own, so that settlements need not wait for long.
    """
    _remember_kept_from(connection, max(before_day, kept_from_day(connection)))
    # What the rollups have not counted yet must be there when they do.
    is_waiting = exists().where(rollup_queue.c.generation_id == generations.c.id)
    is_old = generations.c.created_at_ms < before_day * DAY_MS
    old = select(generations.c.id).where(is_old, ~is_waiting).limit(limit)
    return connection.execute(delete(generations).where(generations.c.id.in_(old))).rowcount


def count_generations(connection: Connection, before_day: int) -> int:
    """How many were created before that UTC day."""
    old = generations.c.created_at_ms < before_day * DAY_MS
    return connection.execute(select(func.count()).select_from(generations).where(old)).scalar_one()


def kept_from_day(connection: Connection) -> int:
    """The first UTC day whose generations were never pruned; 0 when nothing ever was."""
    value = connection.execute(select(instance.c.value).where(instance.c.name == _KEPT_FROM)).scalar()
    return 0 if value is None else int(value)


def _remember_kept_from(connection: Connection, day: int) -> None:
    statement = insert_into(connection.dialect, instance).values(name=_KEPT_FROM, value=str(day))
    connection.execute(
        statement.on_conflict_do_update(index_elements=["name"], set_={"value": statement.excluded.value})
    )
