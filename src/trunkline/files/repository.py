"""SQL of files. Every lookup on a caller's behalf is scoped by workspace in its WHERE (inference.md 26)."""

import msgspec
from sqlalchemy import ColumnElement, Connection, delete, func, insert, select, update

from trunkline.files.types import FilePage, FilePurpose, Occupied, StoredFile
from trunkline.storage.tables import blob_removals, files

_COLUMNS = tuple(files.c[field] for field in StoredFile.__struct_fields__)


def insert_file(connection: Connection, file: StoredFile) -> None:
    """A file whose content is durable."""
    connection.execute(insert(files).values(**msgspec.structs.asdict(file)))


def find(connection: Connection, workspace_id: str, file_id: str) -> StoredFile | None:
    """The file, if the workspace has it: one lookup for unknown and foreign ids alike."""
    row = connection.execute(select(*_COLUMNS).where(*_named(workspace_id, file_id))).mappings().first()
    return None if row is None else msgspec.convert(row, StoredFile)


def page(
    connection: Connection, workspace_id: str, *, after: str | None, purpose: FilePurpose | None, limit: int
) -> FilePage:
    """Up to `limit` files with ids beyond `after`, oldest first."""
    query = select(*_COLUMNS).where(files.c.workspace_id == workspace_id)
    if after is not None:
        query = query.where(files.c.id > after)
    if purpose is not None:
        query = query.where(files.c.purpose == purpose)
    rows = connection.execute(query.order_by(files.c.id).limit(limit + 1)).mappings()
    found = tuple([msgspec.convert(row, StoredFile) for row in rows])
    return FilePage(found[:limit], has_more=len(found) > limit)


def occupied(connection: Connection, workspace_id: str) -> Occupied:
    """What the workspace keeps."""
    total = func.coalesce(func.sum(files.c.size_bytes), 0)
    query = select(func.count(), total).where(files.c.workspace_id == workspace_id)
    count, size_bytes = connection.execute(query).one()
    return Occupied(count, int(size_bytes))


def delete_file(connection: Connection, workspace_id: str, file_id: str) -> bool:
    """Whether there was such a file."""
    return connection.execute(delete(files).where(*_named(workspace_id, file_id))).rowcount == 1


def _named(workspace_id: str, file_id: str) -> tuple[ColumnElement[bool], ...]:
    return files.c.id == file_id, files.c.workspace_id == workspace_id


def schedule_removal(connection: Connection, blob_id: str, due_at_ms: int) -> None:
    """Write down that a content must go, unless somebody takes that back before."""
    connection.execute(insert(blob_removals).values(blob_id=blob_id, due_at_ms=due_at_ms))


def cancel_removal(connection: Connection, blob_id: str, now_ms: int) -> bool:
    """Whether the content may stay: it was not due yet."""
    statement = delete(blob_removals).where(blob_removals.c.blob_id == blob_id, blob_removals.c.due_at_ms > now_ms)
    return connection.execute(statement).rowcount == 1


def reschedule_removal(connection: Connection, blob_id: str, due_at_ms: int) -> bool:
    """Whether it is still to be removed; then at that time."""
    statement = update(blob_removals).where(blob_removals.c.blob_id == blob_id).values(due_at_ms=due_at_ms)
    return connection.execute(statement).rowcount == 1


def forget_removal(connection: Connection, blob_id: str) -> None:
    """The content is gone."""
    connection.execute(delete(blob_removals).where(blob_removals.c.blob_id == blob_id))


def due_removals(connection: Connection, now_ms: int, limit: int) -> list[str]:
    """Contents that must go now, the longest due first."""
    query = select(blob_removals.c.blob_id).where(blob_removals.c.due_at_ms <= now_ms)
    return list(connection.execute(query.order_by(blob_removals.c.due_at_ms).limit(limit)).scalars())
