"""Who calls: secrets to principals, from memory where possible.

`identify` is the hot path: a hash and a dictionary. `resolve` asks the database on a miss and says why not (KEY-18).
`refresh`, called about once a second, keeps the memory true: every process sees within that time that a key was changed
or deleted, or credits were added, by whichever process (KEY-19).
"""

import structlog
from sqlalchemy import Connection

from trunkline.accounts import secrets
from trunkline.accounts.byok.opening import open_credentials
from trunkline.accounts.byok.sealing import SecretBox
from trunkline.accounts.byok.types import OpenCredential
from trunkline.accounts.cache import LruCache
from trunkline.accounts.funds import Funds
from trunkline.accounts.lookup import KeyLookup
from trunkline.accounts.rules.repository import rules_of
from trunkline.accounts.rules.types import NO_RULES, CallerRules
from trunkline.accounts.types import ApiKey, Principal
from trunkline.core.clock import Clock
from trunkline.core.errors import ServiceUnavailable, Unauthenticated
from trunkline.core.tasks import TaskSet
from trunkline.settings import Settings
from trunkline.storage import state_versions
from trunkline.storage.interface import Database, StorageUnavailable
from trunkline.storage.shared.interface import SharedState

PRINCIPALS_MAX = 100_000
UNKNOWN_MAX = 20_000
UNKNOWN_SECONDS = 3.0
"""How long a key that nobody has is refused from memory; one created in that time works after it (KEY-19)."""
RETRY_AFTER_S = 2

_log = structlog.get_logger("trunkline.accounts")


class Directory:
    """The callers of one instance. All methods belong to one event loop."""

    __slots__ = (
        "_box",
        "_cache_seconds",
        "_clock",
        "_database",
        "_epoch",
        "_flushed_s",
        "_funds",
        "_lookup",
        "_principals",
        "_tasks",
        "_unavailable",
        "_unknown",
        "_versions",
    )

    def __init__(
        self, database: Database, shared: SharedState, clock: Clock, settings: Settings, box: SecretBox | None = None
    ) -> None:
        self._database = database
        self._box = box or SecretBox()
        self._clock = clock
        self._cache_seconds = settings.auth.cache_seconds
        self._tasks = TaskSet()
        self._lookup = KeyLookup(database, self._tasks)
        self._funds = Funds(database, shared)
        self._principals: LruCache[str, Principal] = LruCache(PRINCIPALS_MAX)
        self._unknown: LruCache[str, float] = LruCache(UNKNOWN_MAX)
        self._versions: dict[str, int] = {}
        self._epoch = 0
        self._flushed_s = clock.monotonic_s()
        self._unavailable = False

    def identify(self, authorization: bytes | None, x_api_key: bytes | None) -> Principal | None:
        """The caller if known and welcome, from memory alone. None: ask `resolve`, which knows why."""
        secret = secrets.presented_secret(authorization, x_api_key)
        if secret is None:
            return None
        key_hash = secrets.hash_secret(secret)
        principal = self._principals.get(key_hash)
        if principal is None or not secrets.same_hash(key_hash, principal.key.hash):
            return None
        key = principal.key
        if key.disabled or (key.expires_at_ms is not None and key.expires_at_ms <= self._clock.now_ms()):
            return None
        return principal

    async def resolve(self, authorization: bytes | None, x_api_key: bytes | None) -> Principal:
        """The caller, after asking the database if need be.

        Raises Unauthenticated, or ServiceUnavailable (503) when the database is away: that is never the key's fault.
        """
        secret = secrets.presented_secret(authorization, x_api_key)
        if secret is None:
            raise Unauthenticated("Missing Authentication header")
        key_hash = secrets.hash_secret(secret)
        principal = self._principals.get(key_hash) or await self._load(secret, key_hash)
        _require_usable(principal.key, self._clock.now_ms())
        return principal

    async def of_hash(self, key_hash: str) -> Principal | None:
        """Whom a key stands for that no secret was presented for: somebody was recognised by other means.

        Raises Unauthenticated when it is disabled, ServiceUnavailable when the database is away.
        """
        principal = self._principals.get(key_hash) or await self._read(key_hash)
        if principal is not None:
            _require_usable(principal.key, self._clock.now_ms())
        return principal

    def forget(self, key_hash: str) -> None:
        """A key was changed by this process: the next use reads it again."""
        self._epoch += 1
        self._principals.discard(key_hash)
        self._unknown.discard(key_hash)

    def forget_all(self) -> None:
        """What belongs to many keys was changed by this process."""
        self._forget_all(self._clock.monotonic_s())

    async def refresh(self) -> None:
        """Notice what other processes changed. While the database is away, what is known stays valid (OP-44)."""
        try:
            versions = await self._database.read(state_versions.current)
            now_s = self._clock.monotonic_s()
            # The periodic flush notices changes that bumped no version, such as rows edited by hand.
            if self._changed(versions, "keys") or now_s - self._flushed_s >= self._cache_seconds:
                self._forget_all(now_s)
            if self._changed(versions, "credits"):
                await self._funds.refresh_credits()
            self._versions = versions
        except StorageUnavailable as unavailable:
            if not self._unavailable:
                _log.warning("database away: keys and credits are served from memory", reason=str(unavailable))
            self._unavailable = True
        else:
            self._unavailable = False

    async def close(self) -> None:
        """Stop lookups that are still waiting."""
        await self._tasks.drain(timeout_s=1.0)

    def _changed(self, versions: dict[str, int], name: state_versions.CachedState) -> bool:
        return versions.get(name) != self._versions.get(name)

    def _forget_all(self, now_s: float) -> None:
        self._epoch += 1
        self._flushed_s = now_s
        self._principals.clear()
        self._unknown.clear()

    async def _load(self, secret: bytes, key_hash: str) -> Principal:
        refused_until_s = self._unknown.get(key_hash)
        if refused_until_s is not None and self._clock.monotonic_s() < refused_until_s:
            raise _unknown_key()
        if not secrets.is_secret(secret.decode("latin-1")):
            raise _unknown_key()
        principal = await self._read(key_hash)
        if principal is None:
            self._unknown.put(key_hash, self._clock.monotonic_s() + UNKNOWN_SECONDS)
            raise _unknown_key()
        return principal

    async def _read(self, key_hash: str) -> Principal | None:
        """The key's principal from the database, kept for the next time."""
        epoch = self._epoch
        try:
            key, rules, credentials = await self._lookup.find(key_hash), NO_RULES, tuple[OpenCredential, ...]()
            if key is not None and key.kind != "management":
                await self._funds.load(key.account_id, key.hash)
                rules, credentials = await self._database.read(_beside, self._box, key.account_id, key.workspace_id)
        except StorageUnavailable as unavailable:
            raise ServiceUnavailable(
                "Service temporarily unavailable: the database does not answer. Try again in a moment.",
                retry_after_s=RETRY_AFTER_S,
            ) from unavailable
        if key is None:
            return None
        principal = Principal(
            key=key,
            account_id=key.account_id,
            workspace_id=key.workspace_id,
            rules=rules,
            credentials=credentials,
        )
        if epoch == self._epoch:  # otherwise what was read may be older than a change that came meanwhile
            self._principals.put(key_hash, principal)
        return principal


def _beside(
    connection: Connection, box: SecretBox, account_id: str, workspace_id: str | None
) -> tuple[CallerRules, tuple[OpenCredential, ...]]:
    """What requests of a key bring along beside it."""
    return rules_of(connection, account_id, workspace_id), open_credentials(connection, box, account_id, workspace_id)


def _require_usable(key: ApiKey, now_ms: int) -> None:
    if key.disabled:
        raise Unauthenticated("API key disabled")
    if key.expires_at_ms is not None and key.expires_at_ms <= now_ms:
        raise Unauthenticated("API key expired")


def _unknown_key() -> Unauthenticated:
    return Unauthenticated("User not found.")
