"""Own provider keys as the API shows and takes them (accounts-and-governance.md BY-01, BY-04, BY-05)."""

from typing import Annotated

from msgspec import UNSET, Meta, Struct, UnsetType

from trunkline.accounts.byok.types import ALLOWED_MAX, Credential
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
    allowed_models: Slugs | None = None
    allowed_api_key_hashes: KeyHashes | None = None
    allowed_user_ids: Slugs | None = None


class UpdateCredentialRequest(Struct, frozen=True, kw_only=True):
    """Body of `PATCH /byok/{id}`: what is left out stays, null clears (BY-08)."""

    key: Key | UnsetType = UNSET
    name: Name | UnsetType | None = UNSET
    disabled: bool | UnsetType = UNSET
    is_fallback: bool | UnsetType = UNSET
    allowed_models: Slugs | UnsetType | None = UNSET
    allowed_api_key_hashes: KeyHashes | UnsetType | None = UNSET
    allowed_user_ids: Slugs | UnsetType | None = UNSET


class CredentialObject(Struct, frozen=True, kw_only=True):
    """An own provider key; never its secret. `label` is the key, masked."""

    id: str
    provider: str
    workspace_id: str | None
    name: str | None
    label: str
    disabled: bool
    is_fallback: bool
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
        sort_order=credential.sort_order,
        allowed_models=credential.allowed_models,
        allowed_api_key_hashes=credential.allowed_api_key_hashes,
        allowed_user_ids=credential.allowed_user_ids,
        created_at=timestamp(credential.created_at_ms),
    )
