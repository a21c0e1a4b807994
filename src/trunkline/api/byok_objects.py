"""Own provider keys as the API shows and takes them (accounts-and-governance.md BY-01, BY-04, BY-05)."""

from collections.abc import Mapping
from typing import Annotated

from msgspec import UNSET, Meta, Struct, UnsetType

from trunkline.accounts.byok.types import ALLOWED_MAX, Credential
from trunkline.api.bodies import Rule
from trunkline.api.wire import timestamp

NAME_MAX = 255

Key = Annotated[str, Meta(min_length=1)]
Name = Annotated[str, Meta(max_length=NAME_MAX)]
Slugs = Annotated[tuple[str, ...], Meta(max_length=ALLOWED_MAX)]
KeyHash = Annotated[str, Meta(pattern="^[a-f0-9]{64}$")]
KeyHashes = Annotated[tuple[KeyHash, ...], Meta(min_length=1, max_length=ALLOWED_MAX)]


class CreateCredentialRequest(Struct, frozen=True, kw_only=True):
    """Body of `POST /byok`."""

    provider: Annotated[str, Meta(min_length=1, max_length=100)]
    key: Key
    name: Name | None = None
    workspace_id: str | UnsetType = UNSET
    disabled: bool = False
    is_fallback: bool = False
    is_required: bool = False
    is_byok_only: bool = False
    declared_region: str | None = None
    declared_zdr: bool | None = None
    allowed_models: Slugs | None = None
    allowed_api_key_hashes: KeyHashes | None = None
    allowed_user_ids: Slugs | None = None


class UpdateCredentialRequest(Struct, frozen=True, kw_only=True):
    """Body of `PATCH /byok/{id}`: what is left out stays, null clears (BY-08)."""

    key: Key | UnsetType = UNSET
    name: Name | UnsetType | None = UNSET
    disabled: bool | UnsetType = UNSET
    is_fallback: bool | UnsetType = UNSET
    is_required: bool | UnsetType = UNSET
    is_byok_only: bool = False
    declared_region: str | None = None
    declared_zdr: bool | None = None
    allowed_models: Slugs | UnsetType | None = UNSET
    allowed_api_key_hashes: KeyHashes | UnsetType | None = UNSET
    allowed_user_ids: Slugs | UnsetType | None = UNSET


class CredentialObject(Struct, frozen=True, kw_only=True):
    """An own provider key; never its secret. `label` is the key, masked.

    The published description has no `is_required`, `is_byok_only` or `declared_…`; the official Python SDK (1.3)
    refuses an object without them. `is_required` is what the site calls "Always use for this provider".
    """

    id: str
    provider: str
    workspace_id: str | None
    name: str | None
    label: str
    disabled: bool
    is_fallback: bool
    is_required: bool
    is_byok_only: bool
    declared_region: str | None
    declared_zdr: bool | None
    sort_order: int
    allowed_models: tuple[str, ...] | None
    allowed_api_key_hashes: tuple[str, ...] | None
    allowed_user_ids: tuple[str, ...] | None
    created_at: str


class CredentialResponse(Struct, frozen=True):
    """One own provider key."""

    data: CredentialObject


class CredentialListResponse(Struct, frozen=True):
    """A page of own provider keys: by provider, section and place (VAL-06)."""

    data: list[CredentialObject]
    total_count: int


def _not_offered(value: object) -> str | None:
    """Declarations about an account are not taken: what the catalog says of the endpoint holds (PRV-17)."""
    return "is not offered by this instance: leave it out" if value else None


RULES: Mapping[str, Rule] = {
    "is_byok_only": _not_offered,
    "declared_region": _not_offered,
    "declared_zdr": lambda value: None if value is None else _not_offered(True),
}


def credential_object(credential: Credential) -> CredentialObject:
    """What everybody may see of it who may see it at all."""
    return CredentialObject(
        id=credential.id,
        provider=credential.provider,
        workspace_id=credential.workspace_id,
        name=credential.name,
        label=credential.label,
        disabled=credential.disabled,
        is_fallback=credential.is_fallback,
        is_required=credential.always_use,
        is_byok_only=False,
        declared_region=None,
        declared_zdr=None,
        sort_order=credential.sort_order,
        allowed_models=credential.allowed_models,
        allowed_api_key_hashes=credential.allowed_api_key_hashes,
        allowed_user_ids=credential.allowed_user_ids,
        created_at=timestamp(credential.created_at_ms),
    )
