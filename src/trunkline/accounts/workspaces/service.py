"""Create, read, change and delete workspaces (accounts-and-governance.md 9.1)."""

import re
from typing import Final

import msgspec
from msgspec import UNSET, Struct, UnsetType
from sqlalchemy import Connection

from trunkline.accounts import audit
from trunkline.accounts.repository import insert_workspace
from trunkline.accounts.types import Actor, ProviderSort, Workspace
from trunkline.accounts.workspaces import repository
from trunkline.core import ids
from trunkline.core.clock import Clock
from trunkline.core.errors import InvalidRequest, NotFound, PermissionDenied
from trunkline.storage import state_versions
from trunkline.storage.interface import Database

WORKSPACES_MAX: Final = 1_000
"""Of one account."""
_SLUG = re.compile(r"[a-z0-9]+(?:-[a-z0-9]+)*", re.ASCII)
_UUID = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.ASCII)


class WorkspacePatch(Struct, frozen=True, kw_only=True):
    """What may be said of a workspace: UNSET leaves as it is, None clears. Lengths are checked by who reads it."""

    name: str | UnsetType = UNSET
    slug: str | UnsetType = UNSET
    description: str | UnsetType | None = UNSET
    default_text_model: str | UnsetType | None = UNSET
    default_image_model: str | UnsetType | None = UNSET
    default_provider_sort: ProviderSort | UnsetType | None = UNSET


class WorkspaceService:
    """Workspaces of accounts. Raises InvalidRequest, NotFound, PermissionDenied, and StorageUnavailable."""

    __slots__ = ("_clock", "_database")

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock

    async def page(self, account_id: str, offset: int, limit: int) -> tuple[list[Workspace], int]:
        """Some of them, the default one first, and how many there are."""
        return await self._database.read(_page, account_id, offset, limit)

    async def get(self, account_id: str, name: str) -> Workspace:
        """By id or slug; `default` finds the default one whatever its slug."""
        return await self._database.read(_get, account_id, name)

    async def create(self, actor: Actor, said: WorkspacePatch) -> Workspace:
        """A new one; `said` has name and slug."""
        return await self._database.write(_create, actor, said, self._clock.now_ms())

    async def change(self, actor: Actor, name: str, patch: WorkspacePatch) -> Workspace:
        """An empty patch changes nothing and is no update."""
        return await self._database.write(_change, actor, name, patch, self._clock.now_ms())

    async def delete(self, actor: Actor, name: str) -> None:
        """Refused while it has keys, and for the default one (WS-07)."""
        await self._database.write(_delete, actor, name, self._clock.now_ms())


def _page(connection: Connection, account_id: str, offset: int, limit: int) -> tuple[list[Workspace], int]:
    return repository.page(connection, account_id, offset, limit), repository.count(connection, account_id)


def _get(connection: Connection, account_id: str, name: str) -> Workspace:
    found = repository.find(connection, account_id, name)
    if found is None and name == "default":
        found = repository.default(connection, account_id)
    if found is None:
        raise NotFound("Workspace not found. Name it by its id or its slug, as `GET /workspaces` lists them.")
    return found


def _create(connection: Connection, actor: Actor, said: WorkspacePatch, now_ms: int) -> Workspace:
    if repository.count(connection, actor.account_id) >= WORKSPACES_MAX:
        raise InvalidRequest(f"An account has at most {WORKSPACES_MAX} workspaces.")
    unnamed = Workspace(
        id=ids.uuid4(),
        account_id=actor.account_id,
        name="",
        slug="",
        is_default=False,
        created_at_ms=now_ms,
        created_by=actor.creator_user_id or actor.account_id,
    )
    created = _patched(unnamed, said)
    _require_slug(connection, created)
    insert_workspace(connection, created)
    audit.record(connection, actor, "workspace.create", created.id, now_ms, {"after": created})
    return created


def _change(connection: Connection, actor: Actor, name: str, patch: WorkspacePatch, now_ms: int) -> Workspace:
    before = _get(connection, actor.account_id, name)
    after = _patched(before, patch)
    if after == before:
        return before
    if after.slug != before.slug:
        _require_slug(connection, after)
    after = msgspec.structs.replace(after, updated_at_ms=now_ms)
    repository.put(connection, after)
    audit.record(connection, actor, "workspace.change", after.id, now_ms, {"before": before, "after": after})
    state_versions.bump(connection, "keys")
    return after


def _delete(connection: Connection, actor: Actor, name: str, now_ms: int) -> None:
    found = _get(connection, actor.account_id, name)
    if found.is_default:
        raise PermissionDenied("The default workspace stays: keys that name no workspace belong to it.")
    if keys := repository.count_keys(connection, found.id):
        raise InvalidRequest(f"The workspace {found.slug} still has {keys} keys: delete them first.")
    repository.remove(connection, found.id)
    audit.record(connection, actor, "workspace.delete", found.id, now_ms, {"before": found})
    state_versions.bump(connection, "keys")


def _patched(workspace: Workspace, patch: WorkspacePatch) -> Workspace:
    said = {name: value for name, value in msgspec.structs.asdict(patch).items() if value is not UNSET}
    return msgspec.structs.replace(workspace, **said)


def _require_slug(connection: Connection, workspace: Workspace) -> None:
    """Raises InvalidRequest unless the slug can name this workspace alone (WS-05)."""
    slug = workspace.slug
    if _SLUG.fullmatch(slug) is None or _UUID.fullmatch(slug):
        raise InvalidRequest(
            "`slug` must be lower-case letters and digits in groups joined by hyphens, and no UUID.", field="slug"
        )
    taken = repository.find(connection, workspace.account_id, slug)
    if taken is not None and taken.id != workspace.id:
        raise InvalidRequest(f"A workspace with the slug {slug} exists already.", field="slug")
