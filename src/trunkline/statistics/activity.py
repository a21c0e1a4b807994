"""What an account used by day, model and endpoint (accounts-and-governance.md 16)."""

from collections.abc import Iterable
from typing import Final

from msgspec import Struct
from msgspec.structs import replace
from sqlalchemy import BigInteger, ColumnElement, Connection, cast, func, select

from trunkline.core.money import NanoUsd
from trunkline.storage.tables import api_keys, usage_days

WINDOW_DAYS: Final = 30
"""Completed days that can be asked for (ACT-20)."""

_SUMS = (
    "requests",
    "prompt_tokens",
    "completion_tokens",
    "reasoning_tokens",
    "cached_tokens",
    "usage_nanousd",
    "byok_nanousd",
)


class ActivityQuery(Struct, frozen=True, kw_only=True):
    """Whose days, and which of them. Workspaces that are None are all."""

    account_id: str
    first_day: int
    last_day: int
    key_hash: str | None = None
    workspace_id: str | None = None
    default_workspace_id: str
    """What was recorded without a workspace is counted as this one's (ACT-28)."""
    by_workspace: bool = False


class ActivityRow(Struct, frozen=True):
    """Sums of a day at one endpoint. `workspace_id` is empty unless rows are split by workspace."""

    day: int
    model: str
    endpoint_id: str
    workspace_id: str
    permaslug: str
    provider_name: str
    requests: int
    prompt_tokens: int
    completion_tokens: int
    reasoning_tokens: int
    cached_tokens: int
    usage_nanousd: NanoUsd
    byok_nanousd: NanoUsd


def list_activity(connection: Connection, query: ActivityQuery) -> list[ActivityRow]:
    """Latest day first, then by spend, then by model (ACT-27). Days with nothing but failures are left out."""
    days = usage_days.c
    grouped = [days.day, days.model, days.endpoint_id]
    where: list[ColumnElement[bool]] = [
        days.account_id == query.account_id,
        days.day >= query.first_day,
        days.day <= query.last_day,
    ]
    if query.key_hash is not None:
        where.append(days.key_hash == query.key_hash)
    if query.workspace_id is not None:
        is_default = query.workspace_id == query.default_workspace_id
        where.append(days.workspace_id.in_([query.workspace_id, ""] if is_default else [query.workspace_id]))
    # In the order of the table's key, so that SQLite adds up as it reads.
    by = [*grouped, days.workspace_id] if query.by_workspace else grouped
    shown = days.workspace_id if query.by_workspace else func.max("")
    rows = connection.execute(
        select(
            *grouped,
            shown,
            func.max(days.permaslug),
            func.max(days.provider_name),
            *(cast(func.sum(days[name]), BigInteger) for name in _SUMS),
        )
        .where(*where)
        .group_by(*by)
        .having(func.sum(days.requests) > 0)
    )
    found = [ActivityRow(*row) for row in rows]
    if query.by_workspace:
        found = _with_default(found, query.default_workspace_id)
    return sorted(found, key=lambda row: (-row.day, -row.usage_nanousd, row.model, row.endpoint_id))


def _with_default(rows: Iterable[ActivityRow], default_workspace_id: str) -> list[ActivityRow]:
    """What has no workspace, added to the rows of the default one."""
    found: dict[tuple[int, str, str, str], ActivityRow] = {}
    for row in rows:
        if not row.workspace_id:
            row = replace(row, workspace_id=default_workspace_id)
        key = (row.day, row.model, row.endpoint_id, row.workspace_id)
        found[key] = row if (twin := found.get(key)) is None else _together(row, twin)
    return list(found.values())


def _together(row: ActivityRow, twin: ActivityRow) -> ActivityRow:
    return replace(
        row,
        requests=row.requests + twin.requests,
        prompt_tokens=row.prompt_tokens + twin.prompt_tokens,
        completion_tokens=row.completion_tokens + twin.completion_tokens,
        reasoning_tokens=row.reasoning_tokens + twin.reasoning_tokens,
        cached_tokens=row.cached_tokens + twin.cached_tokens,
        usage_nanousd=NanoUsd(row.usage_nanousd + twin.usage_nanousd),
        byok_nanousd=NanoUsd(row.byok_nanousd + twin.byok_nanousd),
    )


def owns_key(connection: Connection, account_id: str, key_hash: str) -> bool:
    """Whether the account has, or once had, that key (ACT-29)."""
    found = select(api_keys.c.hash).where(api_keys.c.hash == key_hash, api_keys.c.account_id == account_id)
    return connection.execute(found).scalar() is not None
