"""Generations in the database (accounts-and-governance.md 18)."""

import msgspec
from sqlalchemy import Connection, func, insert, select

from trunkline.generations.service import from_record
from trunkline.generations.types import Feedback, Generation
from trunkline.storage.tables import generation_feedback, generations


def find(connection: Connection, account_id: str, generation_id: str) -> Generation | None:
    """The generation of that id, if it is the account's: one lookup for unknown and foreign ids alike (XT-01)."""
    record = connection.execute(
        select(generations.c.record).where(
            generations.c.id == generation_id,
            generations.c.account_id == account_id,
        )
    ).scalar()
    return None if record is None else from_record(record)


def add_feedback(connection: Connection, feedback: Feedback) -> bool:
    """Keep a report; False when the account has no such generation (GEN-17)."""
    if find(connection, feedback.account_id, feedback.generation_id) is None:
        return False
    connection.execute(insert(generation_feedback).values(**msgspec.structs.asdict(feedback)))
    return True


def tokens_by_model(connection: Connection, since_ms: int) -> dict[str, int]:
    """Prompt and completion tokens of each model since then, over all accounts. Reads every row of that time."""
    tokens = func.sum(generations.c.tokens_prompt + generations.c.tokens_completion)
    rows = connection.execute(
        select(generations.c.model, tokens)
        .where(generations.c.created_at_ms >= since_ms, generations.c.charged)
        .group_by(generations.c.model)
    )
    return {model: int(count) for model, count in rows}
