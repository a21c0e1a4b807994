"""SQL of accounts, workspaces and keys. Every lookup on a caller's behalf is scoped by account in its WHERE (XT-01)."""

from collections.abc import Sequence

import msgspec
from msgspec import Struct
from sqlalchemy import BigInteger, ColumnElement, Connection, case, cast, func, insert, select, update

from trunkline.accounts.limits import Windows
from trunkline.accounts.types import Account, ApiKey, AuditEntry, KeyKind, KeySpend, Workspace
from trunkline.core.money import NanoUsd
from trunkline.storage.shared.interface import KeySpendDays
from trunkline.storage.tables import (
    accounts,
    api_keys,
    audit_entries,
    generations,
    key_usage,
    sign_in_links,
    workspaces,
)
from trunkline.storage.upsert import insert_into

_KEY_COLUMNS = tuple(api_keys.c[field] for field in ApiKey.__struct_fields__)

_MONTH_DAYS_MAX = 31

NO_SPEND = KeySpend(
    usage=NanoUsd(0),
    usage_daily=NanoUsd(0),
    usage_weekly=NanoUsd(0),
    usage_monthly=NanoUsd(0),
    byok=NanoUsd(0),
    byok_daily=NanoUsd(0),
    byok_weekly=NanoUsd(0),
    byok_monthly=NanoUsd(0),
)


class AccountSums(Struct, frozen=True):
    """An account's two cached sums: credits ever added, credits ever used."""

    credits_nanousd: NanoUsd
    usage_nanousd: NanoUsd


NOTHING = AccountSums(NanoUsd(0), NanoUsd(0))


def insert_account(connection: Connection, account: Account) -> None:
    """A new account, without credits."""
    connection.execute(insert(accounts).values(**msgspec.structs.asdict(account), credits_nanousd=0, usage_nanousd=0))


def any_account(connection: Connection) -> str | None:
    """The id of the oldest account, None on an empty instance."""
    return connection.execute(
        select(accounts.c.id).order_by(accounts.c.created_at_ms, accounts.c.id).limit(1)
    ).scalar_one_or_none()


def account_sums(connection: Connection, account_ids: Sequence[str]) -> dict[str, AccountSums]:
    """The cached sums of these accounts."""
    query = select(accounts.c.id, accounts.c.credits_nanousd, accounts.c.usage_nanousd)
    rows = connection.execute(query.where(accounts.c.id.in_(account_ids)))
    return {row.id: AccountSums(NanoUsd(row.credits_nanousd), NanoUsd(row.usage_nanousd)) for row in rows}


def insert_workspace(connection: Connection, workspace: Workspace) -> None:
    """A new workspace."""
    connection.execute(insert(workspaces).values(**msgspec.structs.asdict(workspace)))


def default_workspace_id(connection: Connection, account_id: str) -> str | None:
    """The account's default workspace, None when it was deleted (KEY-12)."""
    return connection.execute(
        select(workspaces.c.id).where(workspaces.c.account_id == account_id, workspaces.c.is_default).limit(1)
    ).scalar_one_or_none()


def has_workspace(connection: Connection, account_id: str, workspace_id: str) -> bool:
    """Whether the workspace exists and is the account's."""
    query = select(workspaces.c.id).where(workspaces.c.id == workspace_id, workspaces.c.account_id == account_id)
    return connection.execute(query).first() is not None


def insert_sign_in_link(connection: Connection, token_hash: str, account_id: str, expires_at_ms: int) -> None:
    """A one-time link; only the hash of its token is kept."""
    connection.execute(
        insert(sign_in_links).values(token_hash=token_hash, account_id=account_id, expires_at_ms=expires_at_ms)
    )


def insert_key(connection: Connection, key: ApiKey) -> None:
    """A new key; the caller hands out its secret."""
    connection.execute(insert(api_keys).values(**msgspec.structs.asdict(key)))


def insert_key_once(connection: Connection, key: ApiKey) -> bool:
    """A key whose hash is known beforehand; False when it is there already."""
    statement = insert_into(connection.dialect, api_keys).values(**msgspec.structs.asdict(key))
    statement = statement.on_conflict_do_nothing(index_elements=["hash"]).returning(api_keys.c.hash)
    return connection.execute(statement).scalar_one_or_none() is not None


def keys_by_hash(connection: Connection, hashes: Sequence[str]) -> list[ApiKey]:
    """The keys that exist among these, of any account: only for authentication, where the hash is the proof."""
    query = select(*_KEY_COLUMNS).where(api_keys.c.hash.in_(hashes), api_keys.c.deleted_at_ms.is_(None))
    return [msgspec.convert(row, ApiKey) for row in connection.execute(query).mappings()]


def find_key(connection: Connection, account_id: str, key_hash: str, kind: KeyKind) -> ApiKey | None:
    """A key of the account and of this kind: management keys are not to be found among the others (KEY-13, MK-03)."""
    query = select(*_KEY_COLUMNS).where(
        api_keys.c.hash == key_hash,
        api_keys.c.account_id == account_id,
        api_keys.c.kind == kind,
        api_keys.c.deleted_at_ms.is_(None),
    )
    row = connection.execute(query).mappings().first()
    return None if row is None else msgspec.convert(row, ApiKey)


def list_keys(
    connection: Connection, account_id: str, workspace_id: str, *, include_disabled: bool, offset: int, limit: int
) -> list[ApiKey]:
    """Inference keys of one workspace, newest first, ties by hash (VAL-06)."""
    query = select(*_KEY_COLUMNS).where(
        api_keys.c.account_id == account_id,
        api_keys.c.workspace_id == workspace_id,
        api_keys.c.kind == "inference",
        api_keys.c.deleted_at_ms.is_(None),
    )
    if not include_disabled:
        query = query.where(api_keys.c.disabled.is_(False))
    query = query.order_by(api_keys.c.created_at_ms.desc(), api_keys.c.hash).offset(offset).limit(limit)
    return [msgspec.convert(row, ApiKey) for row in connection.execute(query).mappings()]


def list_management_keys(connection: Connection, account_id: str, *, limit: int) -> list[ApiKey]:
    """Management keys of the account, newest first, ties by hash."""
    query = select(*_KEY_COLUMNS).where(
        api_keys.c.account_id == account_id,
        api_keys.c.kind == "management",
        api_keys.c.deleted_at_ms.is_(None),
    )
    query = query.order_by(api_keys.c.created_at_ms.desc(), api_keys.c.hash).limit(limit)
    return [msgspec.convert(row, ApiKey) for row in connection.execute(query).mappings()]


def key_names(connection: Connection, account_id: str) -> dict[str, str]:
    """Hash → name of every key that spends or spent: reports still label a deleted one (KEY-17)."""
    rows = connection.execute(
        select(api_keys.c.hash, api_keys.c.name).where(
            api_keys.c.account_id == account_id, api_keys.c.kind != "management"
        )
    )
    return {row.hash: row.name for row in rows}


def update_key(connection: Connection, key: ApiKey) -> None:
    """Store what may change of a key: what PATCH sets, and its end."""
    connection.execute(
        update(api_keys)
        .where(api_keys.c.hash == key.hash)
        .values(
            name=key.name,
            disabled=key.disabled,
            limit_nanousd=key.limit_nanousd,
            limit_reset=key.limit_reset,
            include_byok_in_limit=key.include_byok_in_limit,
            expires_at_ms=key.expires_at_ms,
            updated_at_ms=key.updated_at_ms,
        )
    )


def mark_key_deleted(connection: Connection, key_hash: str, now_ms: int) -> None:
    """The row stays, so that reports still label the key (KEY-17)."""
    connection.execute(update(api_keys).where(api_keys.c.hash == key_hash).values(deleted_at_ms=now_ms))


def key_spend(connection: Connection, hashes: Sequence[str], current: Windows) -> dict[str, KeySpend]:
    """Spend of each of these keys, whole life and current windows; keys that never spent are absent."""

    def since(column: ColumnElement[int], day: int) -> ColumnElement[int]:
        # PostgreSQL sums BIGINT to NUMERIC; the cast keeps an integer an integer.
        return cast(func.sum(case((key_usage.c.day >= day, column), else_=0)), BigInteger)

    sums = {
        f"{name}{suffix}": since(column, day)
        for name, column in (("usage", key_usage.c.usage_nanousd), ("byok", key_usage.c.byok_nanousd))
        for suffix, day in (("", 0), ("_daily", current.day), ("_weekly", current.week), ("_monthly", current.month))
    }
    query = (
        select(key_usage.c.key_hash, *(total.label(name) for name, total in sums.items()))
        .where(key_usage.c.key_hash.in_(hashes))
        .group_by(key_usage.c.key_hash)
    )
    return {row["key_hash"]: msgspec.convert(row, KeySpend) for row in connection.execute(query).mappings()}


def keys_last_used(connection: Connection, hashes: Sequence[str]) -> dict[str, int]:
    """When each of these keys last made a generation, in Unix milliseconds; keys that never did are absent."""
    last = (
        select(func.max(generations.c.created_at_ms))
        .where(generations.c.key_hash == api_keys.c.hash)
        .correlate(api_keys)
        .scalar_subquery()  # one index seek for each key, however many generations it made
    )
    rows = connection.execute(select(api_keys.c.hash, last.label("at_ms")).where(api_keys.c.hash.in_(hashes)))
    return {row.hash: row.at_ms for row in rows if row.at_ms is not None}


def key_spend_days(connection: Connection, key_hash: str) -> KeySpendDays:
    """Spend by UTC day, as shared state takes it."""
    query = select(key_usage.c.day, key_usage.c.usage_nanousd, key_usage.c.byok_nanousd).where(
        key_usage.c.key_hash == key_hash
    )
    rows = connection.execute(query.order_by(key_usage.c.day))
    return KeySpendDays(tuple((row.day, NanoUsd(row.usage_nanousd), NanoUsd(row.byok_nanousd)) for row in rows))


def byok_days(connection: Connection, account_id: str) -> KeySpendDays:
    """What the account's own provider keys paid for, on the latest days that they were used: a month's at least."""
    own = func.sum(key_usage.c.byok_nanousd)
    query = (
        select(key_usage.c.day, own.label("byok"))
        .join(api_keys, api_keys.c.hash == key_usage.c.key_hash)
        .where(api_keys.c.account_id == account_id, key_usage.c.byok_nanousd > 0)
        .group_by(key_usage.c.day)
        .order_by(key_usage.c.day.desc())
        .limit(_MONTH_DAYS_MAX)
    )
    rows = connection.execute(query).mappings()
    return KeySpendDays(tuple((row["day"], NanoUsd(0), NanoUsd(int(row["byok"]))) for row in rows))


def insert_audit_entry(connection: Connection, entry: AuditEntry) -> None:
    """Append to the audit log."""
    connection.execute(insert(audit_entries).values(**msgspec.structs.asdict(entry)))
