"""Entries of the audit log, made in the transaction of the change that they record (AU-01, MK-04)."""

from collections.abc import Mapping

from sqlalchemy import Connection

from trunkline.accounts import repository
from trunkline.accounts.types import Actor, ApiKey, AuditEntry
from trunkline.core import json


def record_key_change(
    connection: Connection, actor: Actor, action: str, now_ms: int, *, before: ApiKey | None, after: ApiKey | None
) -> None:
    """One entry for a created (`before` None), changed or deleted (`after` None) key. A key holds no secret."""
    changed = after or before
    assert changed is not None
    detail = {"actor_creator_user_id": actor.creator_user_id, "before": before, "after": after}
    record(connection, actor, action, changed.hash, now_ms, detail)


def record(
    connection: Connection,
    actor: Actor,
    action: str,
    object_id: str,
    now_ms: int,
    detail: Mapping[str, object] | None = None,
) -> None:
    """One entry. `detail` becomes JSON and must hold no secret."""
    repository.insert_audit_entry(
        connection,
        AuditEntry(
            account_id=actor.account_id,
            at_ms=now_ms,
            actor=actor.name,
            action=action,
            object_id=object_id,
            detail=json.encode({"request_id": actor.request_id, **(detail or {})}).decode("utf-8"),
            address=actor.address,
        ),
    )
