"""SQL of presets. Every statement on a caller's behalf is scoped by workspace (XT-01)."""

import msgspec
from msgspec import Struct
from sqlalchemy import Connection, RowMapping, Select, Table, func, select, update

from trunkline.presets.types import NewVersion, Preset, PresetVersion, PresetWithVersion
from trunkline.storage.tables import preset_versions, presets
from trunkline.storage.upsert import insert_into

_PRESET = tuple(presets.c[field] for field in Preset.__struct_fields__)
_VERSION = tuple(preset_versions.c[field] for field in PresetVersion.__struct_fields__)


def page(connection: Connection, workspace_id: str, offset: int, limit: int) -> tuple[list[Preset], int]:
    """Presets of a workspace, most recently updated first, and how many there are in all."""
    of_workspace = presets.c.workspace_id == workspace_id
    total = connection.execute(select(func.count()).select_from(presets).where(of_workspace)).scalar_one()
    rows = connection.execute(
        select(*_PRESET)
        .where(of_workspace)
        .order_by(presets.c.updated_at_ms.desc(), presets.c.id)
        .offset(offset)
        .limit(limit)
    )
    return [_preset(row) for row in rows.mappings()], total


def find(connection: Connection, workspace_id: str, slug: str) -> PresetWithVersion | None:
    """A preset and what it stands for now."""
    row = connection.execute(_by_slug(workspace_id, slug)).mappings().one_or_none()
    if row is None:
        return None
    preset = _preset(row)
    designated = select(*_VERSION).where(preset_versions.c.id == preset.designated_version_id)
    version = connection.execute(designated).mappings().one_or_none()
    return PresetWithVersion(preset, None if version is None else _version(version))


def versions(
    connection: Connection, workspace_id: str, slug: str, offset: int, limit: int
) -> tuple[list[PresetVersion], int] | None:
    """Versions in ascending order, and how many there are in all; None without such a preset."""
    preset_id = _id_of(connection, workspace_id, slug)
    if preset_id is None:
        return None
    of_preset = preset_versions.c.preset_id == preset_id
    total = connection.execute(select(func.count()).select_from(preset_versions).where(of_preset)).scalar_one()
    rows = connection.execute(
        select(*_VERSION).where(of_preset).order_by(preset_versions.c.version).offset(offset).limit(limit)
    )
    return [_version(row) for row in rows.mappings()], total


def version(connection: Connection, workspace_id: str, slug: str, number: int) -> PresetVersion | None:
    """One version, None without such a preset or number."""
    numbered = select(*_VERSION).where(
        preset_versions.c.preset_id == _id_of(connection, workspace_id, slug), preset_versions.c.version == number
    )
    row = connection.execute(numbered).mappings().one_or_none()
    return None if row is None else _version(row)


def add_version(
    connection: Connection, fresh: Preset, content: NewVersion, *, version_id: str, creator_id: str
) -> PresetWithVersion | None:
    """The next version of the preset of `fresh`'s workspace and slug, designated; the preset itself if it is new.

    A name, description and status that exist stay. None: somebody else was first, and nothing was written.
    """
    found = connection.execute(_by_slug(fresh.workspace_id, fresh.slug)).mappings().one_or_none()
    known = fresh if found is None else _preset(found)
    now_ms = fresh.updated_at_ms
    preset = msgspec.structs.replace(known, designated_version_id=version_id, updated_at_ms=now_ms)
    if found is None and not _insert(connection, presets, preset):
        return None
    made = PresetVersion(
        id=version_id,
        preset_id=preset.id,
        version=_newest(connection, preset.id) + 1,
        system_prompt=content.system_prompt,
        config=content.config,
        creator_id=creator_id,
        created_at_ms=now_ms,
        updated_at_ms=now_ms,
    )
    if not _insert(connection, preset_versions, made):
        return None
    connection.execute(
        update(presets).where(presets.c.id == preset.id).values(designated_version_id=version_id, updated_at_ms=now_ms)
    )
    return PresetWithVersion(preset, made)


def _insert(connection: Connection, table: Table, row: Struct) -> bool:
    """Whether the row went in; False when another has its key."""
    statement = insert_into(connection.dialect, table).values(**msgspec.structs.asdict(row))
    return connection.execute(statement.on_conflict_do_nothing()).rowcount == 1


def _newest(connection: Connection, preset_id: str) -> int:
    newest = select(func.max(preset_versions.c.version)).where(preset_versions.c.preset_id == preset_id)
    return connection.execute(newest).scalar_one() or 0


def _by_slug(workspace_id: str, slug: str) -> Select[tuple[object, ...]]:
    return select(*_PRESET).where(presets.c.workspace_id == workspace_id, presets.c.slug == slug)


def _id_of(connection: Connection, workspace_id: str, slug: str) -> str | None:
    return connection.execute(
        select(presets.c.id).where(presets.c.workspace_id == workspace_id, presets.c.slug == slug)
    ).scalar_one_or_none()


def _preset(row: RowMapping) -> Preset:
    return msgspec.convert(row, Preset)


def _version(row: RowMapping) -> PresetVersion:
    return msgspec.convert(row, PresetVersion)
