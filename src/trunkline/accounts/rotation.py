"""A key's secret is replaced: a new key with the same settings, and an end for the old one (site.md KP-03)."""

import msgspec
from sqlalchemy import Connection

from trunkline.accounts import audit, repository, secrets
from trunkline.accounts.types import Actor, ApiKey
from trunkline.core.clock import Clock
from trunkline.core.errors import NotFound
from trunkline.storage import state_versions
from trunkline.storage.interface import Database


async def rotate(database: Database, clock: Clock, actor: Actor, key_hash: str, overlap_ms: int) -> tuple[ApiKey, str]:
    """The new key and its secret. The old one goes on for `overlap_ms`, or until its own end when that is sooner.

    What was spent stays with the old key: the new one's limit begins anew. Raises NotFound and StorageUnavailable.
    """
    secret = secrets.mint_secret()
    return await database.write(_rotate, actor, key_hash, overlap_ms, secret, clock.now_ms()), secret


def _rotate(connection: Connection, actor: Actor, key_hash: str, overlap_ms: int, secret: str, now_ms: int) -> ApiKey:
    old = repository.find_key(connection, actor.account_id, key_hash, "inference")
    if old is None:
        raise NotFound("API key not found. `hash` is the SHA-256 of the key, as `GET /keys` lists it.")
    new = msgspec.structs.replace(
        old,
        hash=secrets.hash_secret(secret),
        label=secrets.mask_secret(secret),
        created_at_ms=now_ms,
        updated_at_ms=None,
    )
    ends_ms = now_ms + overlap_ms
    ending = msgspec.structs.replace(
        old,
        expires_at_ms=ends_ms if old.expires_at_ms is None else min(old.expires_at_ms, ends_ms),
        updated_at_ms=now_ms,
    )
    repository.insert_key(connection, new)
    audit.record_key_change(connection, actor, "key.create", now_ms, before=None, after=new)
    repository.update_key(connection, ending)
    audit.record_key_change(connection, actor, "key.update", now_ms, before=old, after=ending)
    state_versions.bump(connection, "keys")
    return new
