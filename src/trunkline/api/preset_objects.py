"""Presets as the API writes them (routing-and-catalog.md 15.1)."""

from msgspec import Raw, Struct, structs

from trunkline.api.wire import timestamp, timestamp_or_null
from trunkline.core import json
from trunkline.presets.types import Preset, PresetStatus, PresetVersion, PresetWithVersion


class PresetObject(Struct, frozen=True, kw_only=True):
    """A preset without its versions."""

    id: str
    creator_user_id: str | None
    workspace_id: str | None
    name: str
    slug: str
    description: str | None
    status: PresetStatus
    designated_version_id: str | None
    created_at: str
    updated_at: str
    status_updated_at: str | None


class PresetVersionObject(Struct, frozen=True, kw_only=True):
    """One state of a preset."""

    id: str
    preset_id: str
    creator_id: str
    version: int
    system_prompt: str | None
    config: dict[str, Raw]
    created_at: str
    updated_at: str


class PresetWithVersionObject(PresetObject, frozen=True, kw_only=True):
    """A preset and what it stands for now."""

    designated_version: PresetVersionObject | None


class PresetResponse(Struct, frozen=True):
    data: PresetWithVersionObject


class PresetListResponse(Struct, frozen=True):
    data: list[PresetObject]
    total_count: int


class PresetVersionResponse(Struct, frozen=True):
    data: PresetVersionObject


class PresetVersionListResponse(Struct, frozen=True):
    data: list[PresetVersionObject]
    total_count: int


def preset_object(preset: Preset) -> PresetObject:
    return PresetObject(
        id=preset.id,
        creator_user_id=preset.creator_user_id,
        workspace_id=preset.workspace_id,
        name=preset.name,
        slug=preset.slug,
        description=preset.description,
        status=preset.status,
        designated_version_id=preset.designated_version_id,
        created_at=timestamp(preset.created_at_ms),
        updated_at=timestamp(preset.updated_at_ms),
        status_updated_at=timestamp_or_null(preset.status_updated_at_ms),
    )


def version_object(version: PresetVersion) -> PresetVersionObject:
    return PresetVersionObject(
        id=version.id,
        preset_id=version.preset_id,
        creator_id=version.creator_id,
        version=version.version,
        system_prompt=version.system_prompt,
        config=json.members(version.config.encode()),
        created_at=timestamp(version.created_at_ms),
        updated_at=timestamp(version.updated_at_ms),
    )


def preset_with_version_object(found: PresetWithVersion) -> PresetWithVersionObject:
    return PresetWithVersionObject(
        **structs.asdict(preset_object(found.preset)),
        designated_version=None if found.version is None else version_object(found.version),
    )
