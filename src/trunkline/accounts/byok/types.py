"""Own provider keys as they are kept, changed and used (accounts-and-governance.md 8.1)."""

from typing import Literal, Protocol

from msgspec import UNSET, Struct, UnsetType

from trunkline.core.money import NanoUsd

CREDENTIALS_MAX = 200
"""Of one account: all of a workspace's are looked through for each request."""
ALLOWED_MAX = 100
"""Entries of one allow-list (BY-07)."""
REJECTIONS_FLAGGED = 3
"""So often in a row rejected, a key is flagged on the site; it is never switched off by itself (BY-22)."""

Section = Literal["prioritized", "fallback"]
"""Tried before shared capacity, or after it (BY-18)."""


class CredentialError(Struct, frozen=True, kw_only=True):
    """What a provider said when it last refused or failed a request with the key."""

    status: int | None
    """None: no answer came."""
    error_type: str
    at_ms: int


class Credential(Struct, frozen=True, kw_only=True):
    """One of an account's provider keys, without its secret (BY-01)."""

    id: str
    account_id: str
    workspace_id: str | None
    """None: usable in every workspace of the account (BY-02)."""
    provider: str
    """Slug."""
    name: str | None
    label: str
    """The key, masked."""
    disabled: bool
    is_fallback: bool
    always_use: bool
    """Shared capacity of the provider is not used where this key matches (BY-20)."""
    sort_order: int
    """From 0 within provider and section."""
    allowed_models: tuple[str, ...] | None
    allowed_api_key_hashes: tuple[str, ...] | None
    allowed_user_ids: tuple[str, ...] | None
    created_at_ms: int
    error: CredentialError | None = None
    rejections: int = 0
    """Times in a row that the provider said 401, 402 or 403."""

    @property
    def section(self) -> Section:
        return "fallback" if self.is_fallback else "prioritized"

    @property
    def is_flagged(self) -> bool:
        return self.rejections >= REJECTIONS_FLAGGED


class NewCredential(Struct, frozen=True, kw_only=True):
    """What a caller may decide of a new one. `workspace_id` UNSET: the default workspace; None: all of them."""

    provider: str
    secret: str
    name: str | None = None
    workspace_id: str | UnsetType | None = UNSET
    disabled: bool = False
    is_fallback: bool = False
    always_use: bool = False
    allowed_models: tuple[str, ...] | None = None
    allowed_api_key_hashes: tuple[str, ...] | None = None
    allowed_user_ids: tuple[str, ...] | None = None

    def __repr__(self) -> str:
        return f"NewCredential({self.provider})"


class CredentialPatch(Struct, frozen=True, kw_only=True):
    """What may be changed: UNSET leaves as it is, None clears (BY-08). `always_use` and `workspace_id` are the site's
    alone (BY-10)."""

    secret: str | UnsetType = UNSET
    """A new key in place of the old one, which is overwritten (BY-05)."""
    name: str | UnsetType | None = UNSET
    disabled: bool | UnsetType = UNSET
    is_fallback: bool | UnsetType = UNSET
    allowed_models: tuple[str, ...] | UnsetType | None = UNSET
    allowed_api_key_hashes: tuple[str, ...] | UnsetType | None = UNSET
    allowed_user_ids: tuple[str, ...] | UnsetType | None = UNSET
    always_use: bool | UnsetType = UNSET
    workspace_id: str | UnsetType | None = UNSET

    def __repr__(self) -> str:
        return "CredentialPatch(…)"


class OpenCredential(Struct, frozen=True, kw_only=True):
    """A key ready to be used. Never printed, never logged."""

    id: str
    provider: str
    secret: str
    is_fallback: bool
    always_use: bool
    sort_order: int
    allowed_models: frozenset[str] | None
    allowed_api_key_hashes: frozenset[str] | None
    allowed_user_ids: frozenset[str] | None
    rejections: int = 0
    """In a row, when it was opened."""

    def __repr__(self) -> str:
        return f"OpenCredential({self.id}, {self.provider})"


class CredentialSpend(Struct, frozen=True, kw_only=True):
    """What was paid to the provider with a key: list price, and the fee that was charged on it."""

    list_nanousd: NanoUsd = NanoUsd(0)
    fee_nanousd: NanoUsd = NanoUsd(0)
    requests: int = 0


class CredentialRules(Protocol):
    """What the catalog says of a new key; what knows providers implements it."""

    def provider(self, named: str) -> str:
        """The slug. Raises InvalidRequest for one that nobody knows (BY-03)."""
        ...

    def label(self, provider: str, secret: str) -> str:
        """The key, masked. Raises InvalidRequest naming what a malformed one lacks (BY-16)."""
        ...

    def require_models(self, slugs: tuple[str, ...]) -> None:
        """Raises InvalidRequest for a slug that is no model (BY-09)."""
        ...
