"""The rules of keys (accounts-and-governance.md 2): create, read, change, delete, each scoped to the actor's account.

A change and its audit entry are one transaction, which also bumps the state version `keys` when a process may hold
the key in its cache. Creation bumps nothing: nobody caches a key that did not exist, and negative entries end by
themselves.
"""

import msgspec
from msgspec import UNSET
from sqlalchemy import Connection

from trunkline.accounts import audit, repository, secrets
from trunkline.accounts.limits import windows
from trunkline.accounts.rotation import rotate
from trunkline.accounts.types import Actor, ApiKey, KeyKind, KeyPatch, KeyWithSpend, NewKey
from trunkline.core.clock import Clock
from trunkline.core.errors import InvalidRequest, NotFound
from trunkline.storage import state_versions
from trunkline.storage.interface import Database

KEYS_PAGE = 100
"""`GET /keys` has no `limit` parameter (VAL-05)."""


def issue_key(
    account_id: str, workspace_id: str | None, kind: KeyKind, new: NewKey, now_ms: int, secret: str
) -> ApiKey:
    """The stored form of a key with this secret."""
    return ApiKey(
        hash=secrets.hash_secret(secret),
        account_id=account_id,
        workspace_id=workspace_id,
        kind=kind,
        label=secrets.mask_secret(secret),
        name=new.name,
        disabled=False,
        limit_nanousd=new.limit_nanousd,
        limit_reset=new.limit_reset,
        include_byok_in_limit=new.include_byok_in_limit,
        expires_at_ms=new.expires_at_ms,
        creator_user_id=new.creator_user_id,
        created_at_ms=now_ms,
        updated_at_ms=None,
    )


class KeyService:
    """Keys of accounts. Raises InvalidRequest, NotFound, and StorageUnavailable when the database is away."""

    __slots__ = ("_clock", "_database")

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock

    async def create(self, actor: Actor, new: NewKey, kind: KeyKind = "inference") -> tuple[ApiKey, str]:
        """A new key and its secret, which nobody can read again (KEY-01).

        A management key belongs to no workspace and has no limit; only the command line and the site make one (MK-01).
        """
        secret = secrets.mint_secret()
        key = await self._database.write(_create, actor, new, kind, secret, self._clock.now_ms())
        return key, secret

    async def page(
        self, account_id: str, *, workspace_id: str | None, include_disabled: bool, offset: int
    ) -> list[KeyWithSpend]:
        """Up to 100 inference keys of one workspace (None: the default one), newest first."""
        return await self._database.read(
            _page, account_id, workspace_id, include_disabled, offset, self._clock.now_ms()
        )

    async def management_keys(self, account_id: str) -> list[KeyWithSpend]:
        """The account's management keys, up to 100, newest first (MKP-01). The API lists none (MK-03)."""
        return await self._database.read(_management_keys, account_id, self._clock.now_ms())

    async def get(self, account_id: str, key_hash: str, kind: KeyKind = "inference") -> KeyWithSpend:
        """A key of this kind by hash."""
        _require_hash(key_hash)
        return await self._database.read(_get, account_id, key_hash, self._clock.now_ms(), kind)

    async def change(self, actor: Actor, key_hash: str, patch: KeyPatch, kind: KeyKind = "inference") -> KeyWithSpend:
        """Apply a patch; an empty one changes nothing and is no update (VAL-07)."""
        _require_hash(key_hash)
        return await self._database.write(_change, actor, key_hash, patch, self._clock.now_ms(), kind)

    async def rotate(self, actor: Actor, key_hash: str, overlap_ms: int) -> tuple[ApiKey, str]:
        """See `rotation.rotate`."""
        _require_hash(key_hash)
        return await rotate(self._database, self._clock, actor, key_hash, overlap_ms)

    async def delete(self, actor: Actor, key_hash: str, kind: KeyKind = "inference") -> None:
        """Final; a second time is NotFound (KEY-17)."""
        _require_hash(key_hash)
        await self._database.write(_delete, actor, key_hash, kind, self._clock.now_ms())

    async def spend_of(self, key: ApiKey) -> KeyWithSpend:
        """The caller's own key with its spend as of now (KEY-29)."""
        return await self._database.read(_own, key, self._clock.now_ms())

    async def has_credits_added(self, account_id: str) -> bool:
        """Whether credits were ever added to the account, refunds taken off; `is_free_tier` is the opposite (KEY-27).

        The cached sum answers: looking for a purchase would read the whole ledger of an account that never made one.
        """
        sums = await self._database.read(repository.account_sums, [account_id])
        return sums.get(account_id, repository.NOTHING).credits_nanousd > 0


def _require_hash(key_hash: str) -> None:
    if not secrets.is_hash(key_hash):
        raise _key_not_found()


def _key_not_found() -> NotFound:
    return NotFound("API key not found. `hash` is the SHA-256 of the key, as `GET /keys` lists it.")


def _create(connection: Connection, actor: Actor, new: NewKey, kind: KeyKind, secret: str, now_ms: int) -> ApiKey:
    workspace_id = require_workspace(connection, actor.account_id, new.workspace_id) if kind == "inference" else None
    key = issue_key(actor.account_id, workspace_id, kind, new, now_ms, secret)
    repository.insert_key(connection, key)
    audit.record_key_change(connection, actor, "key.create", now_ms, before=None, after=key)
    return key


def require_workspace(connection: Connection, account_id: str, workspace_id: str | None) -> str:
    """The named workspace of the account, or its default one; a foreign one is as unknown as any (KEY-12, XT-01)."""
    if workspace_id is None:
        default = repository.default_workspace_id(connection, account_id)
        if default is None:
            raise InvalidRequest(
                "The account has no default workspace: name one in `workspace_id`.", field="workspace_id"
            )
        return default
    if not repository.has_workspace(connection, account_id, workspace_id):
        raise InvalidRequest("`workspace_id` is no workspace of this account.", field="workspace_id")
    return workspace_id


def _page(
    connection: Connection, account_id: str, workspace_id: str | None, include_disabled: bool, offset: int, now_ms: int
) -> list[KeyWithSpend]:
    keys = repository.list_keys(
        connection,
        account_id,
        require_workspace(connection, account_id, workspace_id),
        include_disabled=include_disabled,
        offset=offset,
        limit=KEYS_PAGE,
    )
    return _with_spend(connection, keys, now_ms)


def _management_keys(connection: Connection, account_id: str, now_ms: int) -> list[KeyWithSpend]:
    keys = repository.list_management_keys(connection, account_id, limit=KEYS_PAGE)
    return _with_spend(connection, keys, now_ms)


def _get(
    connection: Connection, account_id: str, key_hash: str, now_ms: int, kind: KeyKind = "inference"
) -> KeyWithSpend:
    key = repository.find_key(connection, account_id, key_hash, kind)
    if key is None:
        raise _key_not_found()
    return _own(connection, key, now_ms)


def _own(connection: Connection, key: ApiKey, now_ms: int) -> KeyWithSpend:
    return _with_spend(connection, [key], now_ms)[0]


def _with_spend(connection: Connection, keys: list[ApiKey], now_ms: int) -> list[KeyWithSpend]:
    hashes = [key.hash for key in keys]
    spend = repository.key_spend(connection, hashes, windows(now_ms))
    last_used = repository.keys_last_used(connection, hashes)
    return [
        KeyWithSpend(key=key, spend=spend.get(key.hash, repository.NO_SPEND), last_used_at_ms=last_used.get(key.hash))
        for key in keys
    ]


def _change(
    connection: Connection, actor: Actor, key_hash: str, patch: KeyPatch, now_ms: int, kind: KeyKind
) -> KeyWithSpend:
    before = _get(connection, actor.account_id, key_hash, now_ms, kind)
    changes = {name: value for name, value in msgspec.structs.asdict(patch).items() if value is not UNSET}
    if not changes:
        return before
    after = msgspec.structs.replace(before.key, **changes, updated_at_ms=now_ms)
    repository.update_key(connection, after)
    audit.record_key_change(connection, actor, "key.update", now_ms, before=before.key, after=after)
    state_versions.bump(connection, "keys")
    return msgspec.structs.replace(before, key=after)


def _delete(connection: Connection, actor: Actor, key_hash: str, kind: KeyKind, now_ms: int) -> None:
    key = repository.find_key(connection, actor.account_id, key_hash, kind)
    if key is None:
        raise _key_not_found()
    repository.mark_key_deleted(connection, key_hash, now_ms)
    audit.record_key_change(connection, actor, "key.delete", now_ms, before=key, after=None)
    state_versions.bump(connection, "keys")
