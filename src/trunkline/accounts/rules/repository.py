"""SQL of what accounts allow."""

import msgspec
from sqlalchemy import Connection, select

from trunkline.accounts.rules.types import NO_RULES, CallerRules, Privacy
from trunkline.core import json
from trunkline.storage.tables import account_rules, workspaces
from trunkline.storage.upsert import insert_into

_privacy = msgspec.json.Decoder(Privacy)


def privacy_of(connection: Connection, account_id: str) -> Privacy | None:
    """None when the account never said anything."""
    text = connection.execute(
        select(account_rules.c.rules).where(account_rules.c.account_id == account_id)
    ).scalar_one_or_none()
    return None if text is None else _privacy.decode(text)


def put_privacy(connection: Connection, account_id: str, privacy: Privacy, now_ms: int) -> None:
    """Keep it in place of what there was."""
    kept = {"rules": json.encode(privacy).decode("utf-8"), "updated_at_ms": now_ms}
    connection.execute(
        insert_into(connection.dialect, account_rules)
        .values(account_id=account_id, **kept)
        .on_conflict_do_update(index_elements=["account_id"], set_=kept)
    )


def rules_of(connection: Connection, account_id: str, workspace_id: str | None) -> CallerRules:
    """All that a caller of this account and workspace brings along. Most bring nothing, and share `NO_RULES`."""
    privacy = privacy_of(connection, account_id)
    defaults = connection.execute(
        select(
            workspaces.c.default_provider_sort, workspaces.c.default_text_model, workspaces.c.default_image_model
        ).where(workspaces.c.id == workspace_id, workspaces.c.account_id == account_id)
    ).first()
    if privacy is None and (defaults is None or not any(defaults)):
        return NO_RULES
    sort, text_model, image_model = defaults or (None, None, None)
    return CallerRules(privacy=privacy, sort=sort, text_model=text_model, image_model=image_model)
