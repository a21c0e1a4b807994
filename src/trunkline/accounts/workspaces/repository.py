"""SQL of workspaces, each scoped by account (XT-01)."""

import msgspec
from sqlalchemy import ColumnElement, Connection, delete, func, select, update

from trunkline.accounts.types import Workspace
from trunkline.storage.tables import api_keys, workspaces

_COLUMNS = tuple(workspaces.c[field] for field in Workspace.__struct_fields__)


def count(connection: Connection, account_id: str) -> int:
    """How many the account has."""
    query = select(func.count()).select_from(workspaces).where(workspaces.c.account_id == account_id)
    return connection.execute(query).scalar_one()


def page(connection: Connection, account_id: str, offset: int, limit: int) -> list[Workspace]:
    """The default one first, then in order of creation."""
    query = select(*_COLUMNS).where(workspaces.c.account_id == account_id)
    order = workspaces.c.is_default.desc(), workspaces.c.created_at_ms, workspaces.c.id
    rows = connection.execute(query.order_by(*order).offset(offset).limit(limit)).mappings()
    return [msgspec.convert(row, Workspace) for row in rows]


def find(connection: Connection, account_id: str, name: str) -> Workspace | None:
    """By id or slug (WS-04)."""
    return _one(connection, account_id, (workspaces.c.id == name) | (workspaces.c.slug == name))


def default(connection: Connection, account_id: str) -> Workspace | None:
    """None when it was deleted."""
    return _one(connection, account_id, workspaces.c.is_default)


def _one(connection: Connection, account_id: str, which: ColumnElement[bool]) -> Workspace | None:
    query = select(*_COLUMNS).where(workspaces.c.account_id == account_id, which).limit(1)
    row = connection.execute(query).mappings().first()
    return None if row is None else msgspec.convert(row, Workspace)


def put(connection: Connection, workspace: Workspace) -> None:
    """Store what can be changed of it."""
    values = msgspec.structs.asdict(workspace)
    connection.execute(update(workspaces).where(workspaces.c.id == workspace.id).values(**values))


def remove(connection: Connection, workspace_id: str) -> None:
    """Its history stays, under its id."""
    connection.execute(delete(workspaces).where(workspaces.c.id == workspace_id))


def count_keys(connection: Connection, workspace_id: str) -> int:
    """Keys that were not deleted; disabled ones count, those of signed-in people do not (WS-08)."""
    query = select(func.count()).select_from(api_keys)
    return connection.execute(
        query.where(
            api_keys.c.workspace_id == workspace_id, api_keys.c.kind == "inference", api_keys.c.deleted_at_ms.is_(None)
        )
    ).scalar_one()
