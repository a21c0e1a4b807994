"""Workspaces as the API shows and takes them (WS-03)."""

import uuid
from typing import Annotated, Final, Literal

from msgspec import UNSET, Meta, Struct, UnsetType

from trunkline.accounts.types import ProviderSort, Workspace
from trunkline.api.wire import timestamp, timestamp_or_null

_GUARDRAILS: Final = uuid.UUID("6f1d9c1e-3a52-5d0b-9a7e-5d8e2f1c7b44")
"""The namespace of ids of default guardrails (GR-14)."""

Name = Annotated[str, Meta(min_length=1, max_length=100)]
Slug = Annotated[str, Meta(min_length=1, max_length=50)]
Description = Annotated[str, Meta(max_length=500)]
ModelName = Annotated[str, Meta(min_length=1, max_length=256)]
Off = Literal[False]
"""Of what this instance does not do: it can be said, not switched on."""


class WorkspaceChoices(Struct, frozen=True, kw_only=True):
    """What may be left out of both: it stays as it is, null clears (VAL-07)."""

    description: Description | UnsetType | None = UNSET
    default_text_model: ModelName | UnsetType | None = UNSET
    default_image_model: ModelName | UnsetType | None = UNSET
    default_provider_sort: ProviderSort | UnsetType | None = UNSET
    is_observability_io_logging_enabled: Off = False
    is_observability_broadcast_enabled: Off = False
    is_data_discount_logging_enabled: Off = False
    io_logging_sampling_rate: Annotated[float, Meta(ge=0.0001, le=1)] = 1.0
    io_logging_api_key_ids: list[int | str] | None = None


class UpdateWorkspaceRequest(WorkspaceChoices, frozen=True, kw_only=True):
    """Body of `PATCH /workspaces/{id}`."""

    name: Name | UnsetType = UNSET
    slug: Slug | UnsetType = UNSET


class CreateWorkspaceRequest(WorkspaceChoices, frozen=True, kw_only=True):
    """Body of `POST /workspaces`."""

    name: Name
    slug: Slug


class WorkspaceObject(Struct, frozen=True, kw_only=True):
    """A workspace."""

    id: str
    default_guardrail_id: str
    name: str
    slug: str
    description: str | None
    default_text_model: str | None
    default_image_model: str | None
    default_provider_sort: ProviderSort | None
    created_at: str
    updated_at: str | None
    created_by: str | None
    is_observability_io_logging_enabled: bool = False
    is_observability_broadcast_enabled: bool = False
    is_data_discount_logging_enabled: bool = False
    io_logging_sampling_rate: float = 1.0
    io_logging_api_key_ids: list[int] | None = None
    include_byok_in_budgets: bool = False


class WorkspaceResponse(Struct, frozen=True):
    """One workspace."""

    data: WorkspaceObject


class WorkspaceListResponse(Struct, frozen=True):
    """A page of workspaces, and how many there are."""

    data: list[WorkspaceObject]
    total_count: int


def workspace_object(workspace: Workspace) -> WorkspaceObject:
    return WorkspaceObject(
        id=workspace.id,
        default_guardrail_id=str(uuid.uuid5(_GUARDRAILS, workspace.id)),
        name=workspace.name,
        slug=workspace.slug,
        description=workspace.description,
        default_text_model=workspace.default_text_model,
        default_image_model=workspace.default_image_model,
        default_provider_sort=workspace.default_provider_sort,
        created_at=timestamp(workspace.created_at_ms),
        updated_at=timestamp_or_null(workspace.updated_at_ms),
        created_by=workspace.created_by,
    )
