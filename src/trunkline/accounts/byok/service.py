"""The rules of own provider keys (accounts-and-governance.md 8.1): create, read, change, delete, each scoped to the
actor's account.

A change and its audit entry are one transaction, which also bumps the state version `keys`: whoever may use a key keeps
the credentials in memory with it. The secret is sealed before it reaches the database, and no call gives it back.
"""

from collections.abc import Callable, Sequence
from typing import Final

import msgspec
from msgspec import UNSET, structs
from sqlalchemy import Connection

from trunkline.accounts import audit
from trunkline.accounts.byok import order, repository
from trunkline.accounts.byok.opening import open_credentials
from trunkline.accounts.byok.sealing import SecretBox
from trunkline.accounts.byok.types import (
    CREDENTIALS_MAX,
    Credential,
    CredentialPatch,
    CredentialRules,
    CredentialSpend,
    NewCredential,
    OpenCredential,
    Section,
)
from trunkline.accounts.limits import windows
from trunkline.accounts.repository import byok_days
from trunkline.accounts.service import require_workspace
from trunkline.accounts.types import Actor
from trunkline.core import ids
from trunkline.core.clock import Clock
from trunkline.core.errors import Conflict, InvalidRequest, NotFound
from trunkline.core.money import NanoUsd
from trunkline.storage import state_versions
from trunkline.storage.interface import Database
from trunkline.storage.sealing import CannotOpen

SECRET_CHARS_MAX: Final = 20_000
"""A service account's file has two or three thousand."""


class CredentialService:
    """Own provider keys of accounts. Raises InvalidRequest, NotFound, and StorageUnavailable when the database is
    away. `changed` is called after each change: what was remembered is no longer true."""

    __slots__ = ("_box", "_changed", "_clock", "_database", "_rules")

    def __init__(
        self, database: Database, clock: Clock, box: SecretBox, rules: CredentialRules, changed: Callable[[], None]
    ) -> None:
        self._database = database
        self._clock = clock
        self._box = box
        self._rules = rules
        self._changed = changed

    async def create(self, actor: Actor, new: NewCredential) -> Credential:
        """A new key, at the end of its section (BY-04)."""
        provider = self._rules.provider(new.provider)
        label = self._label(provider, new.secret)
        self._require_models(new.allowed_models)
        fresh = Credential(
            id=ids.uuid4(),
            account_id=actor.account_id,
            workspace_id=None,
            provider=provider,
            name=new.name,
            label=label,
            disabled=new.disabled,
            is_fallback=new.is_fallback,
            always_use=new.always_use,
            sort_order=0,
            allowed_models=new.allowed_models,
            allowed_api_key_hashes=new.allowed_api_key_hashes,
            allowed_user_ids=new.allowed_user_ids,
            created_at_ms=self._clock.now_ms(),
        )
        sealed = self._box.seal(new.secret, fresh.id)
        made = await self._database.write(_create, actor, fresh, new.workspace_id, sealed)
        self._changed()
        return made

    async def page(
        self, account_id: str, *, workspace_id: str | None, provider: str | None, offset: int, limit: int
    ) -> tuple[list[Credential], int]:
        """Those that a workspace (None: the default one) can use, and their number (BY-03)."""
        slug = None if provider is None else self._rules.provider(provider)
        return await self._database.read(_page, account_id, workspace_id, slug, offset, limit)

    async def get(self, account_id: str, credential_id: str) -> Credential:
        return await self._database.read(_get, account_id, credential_id)

    async def change(self, actor: Actor, credential_id: str, patch: CredentialPatch) -> Credential:
        """Apply a patch; an empty one changes nothing (VAL-07). A new secret keeps id and place (BY-05)."""
        before = await self.get(actor.account_id, credential_id)
        label = sealed = None
        if patch.secret is not UNSET:
            label = self._label(before.provider, patch.secret)
            sealed = self._box.seal(patch.secret, credential_id)
        if patch.allowed_models is not UNSET:
            self._require_models(patch.allowed_models)
        changed = await self._database.write(_change, actor, credential_id, patch, label, sealed, self._clock.now_ms())
        self._changed()
        return changed

    async def delete(self, actor: Actor, credential_id: str) -> None:
        """The secret is wiped; later reads are NotFound (BY-05)."""
        await self._database.write(_delete, actor, credential_id, self._clock.now_ms())
        self._changed()

    async def move(self, actor: Actor, credential_id: str, section: Section, position: int) -> None:
        """Put it at that place (from 0) of a section of its provider; the site's alone (BY-10)."""
        await self._database.write(_move, actor, credential_id, section, position, self._clock.now_ms())
        self._changed()

    async def spend_of_month(self, credentials: Sequence[Credential]) -> dict[str, CredentialSpend]:
        """By id, of the current UTC month; those without spend are absent."""
        first_day = windows(self._clock.now_ms()).month
        return await self._database.read(repository.spend_since, [one.id for one in credentials], first_day)

    async def list_price_since(self, account_id: str, day: int) -> NanoUsd:
        """What the account's keys paid for from that UTC day on, deleted ones included."""
        own = await self._database.read(byok_days, account_id)
        return NanoUsd(sum(byok for at, _, byok in own.days if at >= day))

    async def opened(self, account_id: str, workspace_id: str) -> tuple[OpenCredential, ...]:
        """Those that requests of a workspace would be tried with now."""
        return await self._database.read(open_credentials, self._box, account_id, workspace_id)

    async def names(self, account_id: str) -> dict[str, str]:
        """Id → name or mask, also of deleted ones, for whoever shows records."""
        return await self._database.read(repository.names, account_id)

    async def secret_of(self, account_id: str, credential_id: str) -> str:
        """For trying it out. Raises NotFound, and Conflict when the instance lost the key that it was sealed with."""
        found = await self._database.read(repository.sealed, credential_id)
        if found is None or found.credential.account_id != account_id:
            raise _not_found()
        try:
            return self._box.open(found.sealed, credential_id)
        except CannotOpen:
            raise Conflict("This key was stored under another key file and cannot be read. Enter it again.") from None

    async def seal_anew(self) -> int:
        """After the instance's key was changed: everything under the newest one. Returns how many texts changed."""
        stored = await self._database.read(repository.every_sealed)
        old = [one for one in stored if not self._box.is_newest(one.sealed)]
        count = 0
        for one in old:
            try:
                secret = self._box.open(one.sealed, one.credential.id)
            except CannotOpen:
                continue
            fresh = self._box.seal(secret, one.credential.id)
            await self._database.write(repository.reseal, one.credential.id, one.sealed, fresh)
            count += 1
        return count

    def _label(self, provider: str, secret: str) -> str:
        if len(secret) > SECRET_CHARS_MAX:
            raise InvalidRequest(f"`key`: must have at most {SECRET_CHARS_MAX} characters", field="key")
        return self._rules.label(provider, secret)

    def _require_models(self, slugs: tuple[str, ...] | None) -> None:
        if slugs:
            self._rules.require_models(slugs)


def _not_found() -> NotFound:
    return NotFound("Provider credential not found. `id` is as `GET /byok` lists it.")


def _create(
    connection: Connection, actor: Actor, fresh: Credential, workspace_id: str | msgspec.UnsetType | None, sealed: str
) -> Credential:
    account_id = actor.account_id
    if workspace_id is not None:
        workspace_id = require_workspace(connection, account_id, None if workspace_id is UNSET else workspace_id)
    _require_keys(connection, account_id, fresh.allowed_api_key_hashes)
    if repository.count(connection, account_id) >= CREDENTIALS_MAX:
        raise InvalidRequest(f"An account has at most {CREDENTIALS_MAX} provider credentials: delete some first.")
    made = structs.replace(
        fresh, workspace_id=workspace_id, sort_order=order.end_of_section(connection, fresh, fresh.is_fallback)
    )
    repository.add(connection, made, sealed)
    audit.record(connection, actor, "credential.create", made.id, made.created_at_ms, {"before": None, "after": made})
    state_versions.bump(connection, "keys")
    return made


def _page(
    connection: Connection, account_id: str, workspace_id: str | None, provider: str | None, offset: int, limit: int
) -> tuple[list[Credential], int]:
    workspace = require_workspace(connection, account_id, workspace_id)
    return repository.page(connection, account_id, workspace, provider, offset, limit)


def _get(connection: Connection, account_id: str, credential_id: str) -> Credential:
    found = repository.find(connection, account_id, credential_id)
    if found is None:
        raise _not_found()
    return found


def _change(
    connection: Connection,
    actor: Actor,
    credential_id: str,
    patch: CredentialPatch,
    label: str | None,
    sealed: str | None,
    now_ms: int,
) -> Credential:
    before = _get(connection, actor.account_id, credential_id)
    given = {name: value for name, value in structs.asdict(patch).items() if value is not UNSET and name != "secret"}
    if not given and sealed is None:
        return before
    after = structs.replace(before, **given)
    if after.workspace_id is not None and after.workspace_id != before.workspace_id:
        require_workspace(connection, actor.account_id, after.workspace_id)
    if patch.allowed_api_key_hashes is not UNSET:
        _require_keys(connection, actor.account_id, after.allowed_api_key_hashes)
    if after.is_fallback != before.is_fallback:
        place = order.end_of_section(connection, before, after.is_fallback)
        after = structs.replace(after, sort_order=place)
    if label is not None:
        after = structs.replace(after, label=label, error=None, rejections=0)
    repository.save(connection, after, sealed)
    detail = {"before": before, "after": after, "rotated": sealed is not None}
    audit.record(connection, actor, "credential.update", credential_id, now_ms, detail)
    state_versions.bump(connection, "keys")
    return after


def _delete(connection: Connection, actor: Actor, credential_id: str, now_ms: int) -> None:
    before = _get(connection, actor.account_id, credential_id)
    repository.delete(connection, credential_id, now_ms)
    detail = {"before": before, "after": None}
    audit.record(connection, actor, "credential.delete", credential_id, now_ms, detail)
    state_versions.bump(connection, "keys")


def _move(
    connection: Connection, actor: Actor, credential_id: str, section: Section, position: int, now_ms: int
) -> None:
    before = _get(connection, actor.account_id, credential_id)
    order.move(connection, before, section, position)
    detail = {"from": [before.section, before.sort_order], "to": [section, position]}
    audit.record(connection, actor, "credential.move", credential_id, now_ms, detail)
    state_versions.bump(connection, "keys")


def _require_keys(connection: Connection, account_id: str, hashes: tuple[str, ...] | None) -> None:
    """All of them live keys of the account; unknown and foreign ones are refused alike (BY-07)."""
    if hashes is None:
        return
    unknown = set(hashes) - repository.live_key_hashes(connection, account_id, hashes)
    if unknown:
        raise InvalidRequest(
            f"`allowed_api_key_hashes`: {min(unknown)} is no API key of this account. Hashes are as `GET /keys` lists "
            "them.",
            field="allowed_api_key_hashes",
        )
