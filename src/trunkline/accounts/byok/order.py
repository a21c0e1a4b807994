"""The order of own provider keys: places from 0 within a provider's section, over all workspaces of an account, so that
those of one workspace keep theirs whatever stands between them."""

from sqlalchemy import Connection

from trunkline.accounts.byok import repository
from trunkline.accounts.byok.types import Credential, Section


def end_of_section(connection: Connection, credential: Credential, is_fallback: bool) -> int:
    """The place after the last one."""
    others = _others(connection, credential, is_fallback)
    return others[-1].sort_order + 1 if others else 0


def move(connection: Connection, credential: Credential, section: Section, position: int) -> None:
    """Put it at `position` among those that its workspace sees in the section; the rest keeps its order."""
    is_fallback = section == "fallback"
    others = _others(connection, credential, is_fallback)
    seen = [one for one in others if _is_seen(one, credential)]
    before = seen[position] if position < len(seen) else None
    at = others.index(before) if before is not None else len(others)
    for place, one in enumerate([*others[:at], credential, *others[at:]]):
        if one.sort_order != place or one.is_fallback != is_fallback:
            repository.place(connection, one.id, place, is_fallback=is_fallback)


def _others(connection: Connection, credential: Credential, is_fallback: bool) -> list[Credential]:
    found = repository.section(connection, credential.account_id, credential.provider, is_fallback=is_fallback)
    return [one for one in found if one.id != credential.id]


def _is_seen(other: Credential, moved: Credential) -> bool:
    """Whether a page that lists `moved` lists the other: account-wide ones stand on all of them."""
    return other.workspace_id is None or moved.workspace_id is None or other.workspace_id == moved.workspace_id
