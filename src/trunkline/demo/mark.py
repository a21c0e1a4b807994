"""Whether an instance holds made-up traffic. Whoever shows its numbers asks, and says so."""

import msgspec
from msgspec import Struct
from sqlalchemy import Connection, select

from trunkline.storage.tables import instance
from trunkline.storage.upsert import insert_into

_NAME = "demo"


class DemoMark(Struct, frozen=True, kw_only=True):
    """What `trunkline demo` did."""

    seed: int
    days: int
    filled_at_ms: int


_decoder = msgspec.json.Decoder(DemoMark)


def read_mark(connection: Connection) -> DemoMark | None:
    """None on an instance whose traffic is real."""
    value = connection.execute(select(instance.c.value).where(instance.c.name == _NAME)).scalar()
    return None if value is None else _decoder.decode(value)


def write_mark(connection: Connection, mark: DemoMark) -> None:
    """Before the first made-up generation: an interrupted filling is a demo too."""
    value = msgspec.json.encode(mark).decode()
    statement = insert_into(connection.dialect, instance).values(name=_NAME, value=value)
    connection.execute(statement.on_conflict_do_update(index_elements=["name"], set_={"value": value}))
