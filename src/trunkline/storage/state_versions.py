"""One number for each kind of state that processes cache. A change of such state bumps its number in its own
transaction; every serving process compares the numbers about once a second and reads again what changed (KEY-19)."""

from typing import Literal

from sqlalchemy import Connection, select

from trunkline.storage.tables import state_versions
from trunkline.storage.upsert import insert_into

CachedState = Literal["keys", "credits"]


def bump(connection: Connection, name: CachedState) -> None:
    """Say that cached state of this kind is no longer true."""
    connection.execute(
        insert_into(connection.dialect, state_versions)
        .values(name=name, version=1)
        .on_conflict_do_update(index_elements=["name"], set_={"version": state_versions.c.version + 1})
    )


def current(connection: Connection) -> dict[str, int]:
    """All numbers; a kind that never changed is absent."""
    return {row.name: row.version for row in connection.execute(select(state_versions))}
