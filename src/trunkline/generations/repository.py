"""Generations in the database (accounts-and-governance.md 18)."""

from sqlalchemy import Connection, select

from trunkline.generations.service import from_record
from trunkline.generations.types import Generation
from trunkline.storage.tables import generations


def find(connection: Connection, account_id: str, generation_id: str) -> Generation | None:
    """The generation of that id, if it is the account's: one lookup for unknown and foreign ids alike (XT-01)."""
    record = connection.execute(
        select(generations.c.record).where(
            generations.c.id == generation_id,
            generations.c.account_id == account_id,
        )
    ).scalar()
    return None if record is None else from_record(record)
