"""Whether an account has been shown around: remembered for ever once it said so (site.md AUTH-05)."""

from sqlalchemy import Connection, select

from trunkline.storage.tables import instance
from trunkline.storage.upsert import insert_into

_OVER = "over"


def are_over(connection: Connection, account_id: str) -> bool:
    """Whether the account has skipped or finished them."""
    query = select(instance.c.value).where(instance.c.name == _name(account_id))
    return connection.execute(query).scalar() is not None


def end(connection: Connection, account_id: str) -> None:
    """They are not shown again."""
    row = insert_into(connection.dialect, instance).values(name=_name(account_id), value=_OVER)
    connection.execute(row.on_conflict_do_nothing())


def _name(account_id: str) -> str:
    return f"first-steps:{account_id}"
