"""Generations in the database (accounts-and-governance.md 18)."""

from sqlalchemy import Connection, delete, select
from sqlalchemy.dialects import postgresql, sqlite

from trunkline.core.calendar import DAY_MS
from trunkline.generations.service import from_record
from trunkline.generations.types import Generation
from trunkline.storage.tables import generations, instance

_KEPT_FROM = "generations_kept_from_day"


def find(connection: Connection, account_id: str, generation_id: str) -> Generation | None:
    """The generation of that id, if it is the account's: one lookup for unknown and foreign ids alike (XT-01)."""
    record = connection.execute(
        select(generations.c.record).where(
            generations.c.id == generation_id,
            generations.c.account_id == account_id,
        )
    ).scalar()
    return None if record is None else from_record(record)


def prune(connection: Connection, before_day: int, limit: int) -> int:
    """Delete at most `limit` generations that were created before that UTC day (GEN-12); returns how many.

    The ledger and the key's days keep the money. The day is remembered first, so that `audit` and a repeated
    settlement know that what is missing was once there. Call it until it returns less than `limit`.
    """
    _remember_kept_from(connection, max(before_day, kept_from_day(connection)))
    old = (
        select(generations.c.id).where(generations.c.created_at_ms < before_day * DAY_MS).limit(limit).scalar_subquery()
    )
    return connection.execute(delete(generations).where(generations.c.id.in_(old))).rowcount


def kept_from_day(connection: Connection) -> int:
    """The first UTC day whose generations were never pruned; 0 when nothing ever was."""
    value = connection.execute(select(instance.c.value).where(instance.c.name == _KEPT_FROM)).scalar()
    return 0 if value is None else int(value)


def _remember_kept_from(connection: Connection, day: int) -> None:
    insert = sqlite.insert if connection.dialect.name == "sqlite" else postgresql.insert
    statement = insert(instance).values(name=_KEPT_FROM, value=str(day))
    connection.execute(
        statement.on_conflict_do_update(index_elements=["name"], set_={"value": statement.excluded.value})
    )
