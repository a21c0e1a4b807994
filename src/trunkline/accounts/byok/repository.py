"""SQL of own provider keys. Every statement on a caller's behalf is scoped by account (XT-01)."""

from collections.abc import Mapping, Sequence

import msgspec
from msgspec import Struct
from sqlalchemy import ColumnElement, Connection, RowMapping, Select, func, insert, or_, select, update

from trunkline.accounts.byok.types import Credential, CredentialError, CredentialSpend
from trunkline.core import json
from trunkline.core.money import NanoUsd
from trunkline.storage.tables import api_keys, credential_usage, provider_credentials

_rows = provider_credentials.c
_LISTS = ("allowed_models", "allowed_api_key_hashes", "allowed_user_ids")
_PLAIN = (
    "id",
    "account_id",
    "workspace_id",
    "provider",
    "name",
    "label",
    "disabled",
    "is_fallback",
    "always_use",
    "sort_order",
    "created_at_ms",
)
_ORDER = (_rows.provider, _rows.is_fallback, _rows.sort_order, _rows.id)
"""By provider, then section, then place (VAL-06)."""
_texts = msgspec.json.Decoder(tuple[str, ...])


class Sealed(Struct, frozen=True):
    """A credential with its secret as it is stored."""

    credential: Credential
    sealed: str


def add(connection: Connection, credential: Credential, sealed: str) -> None:
    """A new credential."""
    connection.execute(insert(provider_credentials).values(sealed=sealed, rejections=0, **_values(credential)))


def find(connection: Connection, account_id: str, credential_id: str) -> Credential | None:
    """A credential of the account that was not deleted."""
    row = connection.execute(_all_of(account_id).where(_rows.id == credential_id)).mappings().first()
    return None if row is None else _credential(row)


def page(
    connection: Connection, account_id: str, workspace_id: str, provider: str | None, offset: int, limit: int
) -> tuple[list[Credential], int]:
    """Those that a workspace can use, the account-wide ones included, and how many they are in all."""
    query = _all_of(account_id).where(_in(workspace_id))
    if provider is not None:
        query = query.where(_rows.provider == provider)
    total = connection.execute(select(func.count()).select_from(query.subquery())).scalar_one()
    found = connection.execute(query.order_by(*_ORDER).offset(offset).limit(limit)).mappings()
    return [_credential(row) for row in found], total


def usable(connection: Connection, account_id: str, workspace_id: str | None) -> list[Sealed]:
    """What requests of a workspace may use."""
    query = _all_of(account_id).where(_in(workspace_id), _rows.disabled.is_(False))
    return _sealed(connection, query.order_by(*_ORDER))


def sealed(connection: Connection, credential_id: str) -> Sealed | None:
    """One with its secret, disabled or not."""
    query = _all_of(None).where(_rows.id == credential_id)
    return next(iter(_sealed(connection, query)), None)


def every_sealed(connection: Connection) -> list[Sealed]:
    """All of the instance, for sealing them anew."""
    return _sealed(connection, _all_of(None))


def section(connection: Connection, account_id: str, provider: str, *, is_fallback: bool) -> list[Credential]:
    """One provider's section over all workspaces, in order."""
    query = _all_of(account_id).where(_rows.provider == provider, _rows.is_fallback.is_(is_fallback))
    return [_credential(row) for row in connection.execute(query.order_by(*_ORDER)).mappings()]


def count(connection: Connection, account_id: str) -> int:
    """How many the account has."""
    return connection.execute(select(func.count()).select_from(_all_of(account_id).subquery())).scalar_one()


def save(connection: Connection, credential: Credential, sealed: str | None = None) -> None:
    """Store what may change; with `sealed`, the secret too: the provider's verdicts on the old one are forgotten."""
    values = _values(credential)
    if sealed is not None:
        values |= {"sealed": sealed, "rejections": 0, "error_status": None, "error_type": None, "error_at_ms": None}
    connection.execute(update(provider_credentials).where(_rows.id == credential.id).values(**values))


def reseal(connection: Connection, credential_id: str, before: str, after: str) -> None:
    """The same secret under another key, unless it was changed meanwhile."""
    of_row = (_rows.id == credential_id, _rows.sealed == before)
    connection.execute(update(provider_credentials).where(*of_row).values(sealed=after))


def place(connection: Connection, credential_id: str, sort_order: int, *, is_fallback: bool) -> None:
    """Where it stands."""
    values = {"sort_order": sort_order, "is_fallback": is_fallback}
    connection.execute(update(provider_credentials).where(_rows.id == credential_id).values(**values))


def delete(connection: Connection, credential_id: str, now_ms: int) -> None:
    """The secret is gone; the row stays so that records still name it (BY-05)."""
    values = {"sealed": None, "deleted_at_ms": now_ms}
    connection.execute(update(provider_credentials).where(_rows.id == credential_id).values(**values))


def note(connection: Connection, credential_id: str, error: CredentialError | None, rejections: int) -> None:
    """What providers said of it: the last failure stays to be read after a success, which only ends the row of
    rejections."""
    values: dict[str, object] = {"rejections": rejections}
    if error is not None:
        values |= {"error_status": error.status, "error_type": error.error_type, "error_at_ms": error.at_ms}
    connection.execute(update(provider_credentials).where(_rows.id == credential_id).values(**values))


def names(connection: Connection, account_id: str) -> dict[str, str]:
    """Id → name or mask of every credential that the account has or had."""
    rows = connection.execute(select(_rows.id, _rows.name, _rows.label).where(_rows.account_id == account_id))
    return {row.id: row.name or row.label for row in rows}


def spend_since(connection: Connection, credential_ids: Sequence[str], day: int) -> dict[str, CredentialSpend]:
    """What was spent with each from that UTC day on; those without spend are absent."""
    used = credential_usage.c
    sums = [func.sum(used[name]).label(name) for name in ("list_nanousd", "fee_nanousd", "requests")]
    query = select(used.credential_id, *sums).where(used.credential_id.in_(credential_ids), used.day >= day)
    return {
        row["credential_id"]: CredentialSpend(
            # PostgreSQL sums BIGINT to NUMERIC.
            list_nanousd=NanoUsd(int(row["list_nanousd"])),
            fee_nanousd=NanoUsd(int(row["fee_nanousd"])),
            requests=int(row["requests"]),
        )
        for row in connection.execute(query.group_by(used.credential_id)).mappings()
    }


def live_key_hashes(connection: Connection, account_id: str, hashes: Sequence[str]) -> set[str]:
    """Those of the hashes that are inference keys of the account (BY-07)."""
    query = select(api_keys.c.hash).where(
        api_keys.c.hash.in_(hashes),
        api_keys.c.account_id == account_id,
        api_keys.c.kind == "inference",
        api_keys.c.deleted_at_ms.is_(None),
    )
    return set(connection.execute(query).scalars())


def _all_of(account_id: str | None) -> Select[tuple[object, ...]]:
    query = select(provider_credentials).where(_rows.deleted_at_ms.is_(None))
    return query if account_id is None else query.where(_rows.account_id == account_id)


def _in(workspace_id: str | None) -> ColumnElement[bool]:
    everywhere = _rows.workspace_id.is_(None)
    return everywhere if workspace_id is None else or_(everywhere, _rows.workspace_id == workspace_id)


def _sealed(connection: Connection, query: Select[tuple[object, ...]]) -> list[Sealed]:
    rows = connection.execute(query).mappings()
    return [Sealed(_credential(row), row["sealed"]) for row in rows if row["sealed"] is not None]


def _credential(row: RowMapping) -> Credential:
    members: dict[str, object] = {name: row[name] for name in (*_PLAIN, "rejections")}
    members |= {name: None if row[name] is None else _texts.decode(row[name]) for name in _LISTS}
    if row["error_at_ms"] is not None:
        members["error"] = {
            "status": row["error_status"],
            "error_type": row["error_type"],
            "at_ms": row["error_at_ms"],
        }
    return msgspec.convert(members, Credential)


def _values(credential: Credential) -> dict[str, object]:
    plain: Mapping[str, object] = {name: getattr(credential, name) for name in _PLAIN}
    lists = {name: getattr(credential, name) for name in _LISTS}
    return {**plain, **{name: None if one is None else json.encode(one).decode() for name, one in lists.items()}}
