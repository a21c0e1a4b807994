"""Presets and their versions (routing-and-catalog.md 15.1)."""

from collections.abc import Mapping
from typing import Literal

from msgspec import Struct

PresetStatus = Literal["active", "disabled", "archived"]
PresetApi = Literal["chat", "messages", "responses"]
"""The inference API whose body a preset is made from or merged into."""

APIS: Mapping[str, PresetApi] = {"/chat/completions": "chat", "/messages": "messages", "/responses": "responses"}
"""By the path of its route."""


class Preset(Struct, frozen=True, kw_only=True):
    """A name for settings of one workspace. What it stands for now is its designated version."""

    id: str
    workspace_id: str
    slug: str
    name: str
    description: str | None
    status: PresetStatus
    status_updated_at_ms: int | None
    creator_user_id: str | None
    designated_version_id: str | None
    created_at_ms: int
    updated_at_ms: int


class PresetVersion(Struct, frozen=True, kw_only=True):
    """One state of a preset; never changed. `config` is the JSON text of the request members that it stands for."""

    id: str
    preset_id: str
    version: int
    """1, 2, …"""
    system_prompt: str | None
    config: str
    creator_id: str
    created_at_ms: int
    updated_at_ms: int


class PresetWithVersion(Struct, frozen=True):
    """A preset and its designated version, if there is one."""

    preset: Preset
    version: PresetVersion | None


class ExpandedBody(Struct, frozen=True):
    """A request body with its preset merged into it."""

    body: bytes
    preset_id: str | None
    """None: it named none, and is as it was."""


class NewVersion(Struct, frozen=True, kw_only=True):
    """What a request body leaves in a preset."""

    config: str
    system_prompt: str | None
