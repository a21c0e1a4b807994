"""What an account used by day, model and endpoint (accounts-and-governance.md 16)."""

from typing import Final

from msgspec import Struct
from sqlalchemy import ColumnElement, Connection, func, select

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


class ActivityRow(Struct, frozen=True, kw_only=True):
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
    workspace = func.coalesce(func.nullif(days.workspace_id, ""), query.default_workspace_id)
    where: list[ColumnElement[bool]] = [
        days.account_id == query.account_id,
        days.day >= query.first_day,
        days.day <= query.last_day,
    ]
    if query.key_hash is not None:
        where.append(days.key_hash == query.key_hash)
    if query.workspace_id is not None:
        where.append(workspace == query.workspace_id)
    by = [*grouped, workspace] if query.by_workspace else grouped
    shown = workspace if query.by_workspace else func.max("")
    rows = connection.execute(
        select(
            *grouped,
            shown.label("workspace"),
            func.max(days.permaslug).label("permaslug"),
            func.max(days.provider_name).label("provider_name"),
            *(func.sum(days[name]).label(name) for name in _SUMS),
        )
        .where(*where)
        .group_by(*by)
        .having(func.sum(days.requests) > 0)
    )
    found = [
        ActivityRow(
            day=row.day,
            model=row.model,
            endpoint_id=row.endpoint_id,
            workspace_id=row.workspace,
            permaslug=row.permaslug,
            provider_name=row.provider_name,
            requests=int(row.requests),
            prompt_tokens=int(row.prompt_tokens),
            completion_tokens=int(row.completion_tokens),
            reasoning_tokens=int(row.reasoning_tokens),
            cached_tokens=int(row.cached_tokens),
            usage_nanousd=NanoUsd(int(row.usage_nanousd)),
            byok_nanousd=NanoUsd(int(row.byok_nanousd)),
        )
        for row in rows
    ]
    return sorted(found, key=lambda row: (-row.day, -row.usage_nanousd, row.model, row.endpoint_id))


def owns_key(connection: Connection, account_id: str, key_hash: str) -> bool:
    """Whether the account has, or once had, that key (ACT-29)."""
    found = select(api_keys.c.hash).where(api_keys.c.hash == key_hash, api_keys.c.account_id == account_id)
    return connection.execute(found).scalar() is not None
