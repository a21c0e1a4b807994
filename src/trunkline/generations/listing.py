"""Lists of an account's generations, newest first, by keyset: a page is where the last one ended (site.md LOG-08)."""

from msgspec import Struct
from sqlalchemy import ColumnElement, Connection, and_, or_, select

from trunkline.generations.service import from_record
from trunkline.generations.types import Generation, GenerationStatus
from trunkline.storage.tables import generations


class Cursor(Struct, frozen=True):
    """The last generation that was shown."""

    created_at_ms: int
    id: str


class ListQuery(Struct, frozen=True, kw_only=True):
    """Whose generations, and which. What is None does not filter."""

    account_id: str
    limit: int
    key_hash: str | None = None
    model: str | None = None
    status: GenerationStatus | None = None
    since_ms: int | None = None
    before: Cursor | None = None


def list_generations(connection: Connection, query: ListQuery) -> list[Generation]:
    """A page of whole records."""
    columns = generations.c
    where: list[ColumnElement[bool]] = [columns.account_id == query.account_id]
    if query.key_hash is not None:
        where.append(columns.key_hash == query.key_hash)
    if query.model is not None:
        where.append(columns.model == query.model)
    if query.status is not None:
        where.append(columns.status == query.status)
    if query.since_ms is not None:
        where.append(columns.created_at_ms >= query.since_ms)
    if query.before is not None:
        at_ms, last_id = query.before.created_at_ms, query.before.id
        where.append(columns.created_at_ms <= at_ms)  # what the index can use
        where.append(or_(columns.created_at_ms < at_ms, and_(columns.created_at_ms == at_ms, columns.id < last_id)))
    rows = connection.execute(
        select(columns.record)
        .where(*where)
        .order_by(columns.created_at_ms.desc(), columns.id.desc())
        .limit(query.limit)
    )
    return [from_record(row.record) for row in rows]
