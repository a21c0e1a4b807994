"""Accounts and keys (accounts-and-governance.md 1–3)."""

from typing import Literal

from msgspec import UNSET, Struct, UnsetType

from trunkline.accounts.byok.types import OpenCredential
from trunkline.accounts.rules.types import NO_RULES, CallerRules
from trunkline.accounts.rules.types import ProviderSort as ProviderSort
from trunkline.core.money import NanoUsd

KeyKind = Literal["inference", "management", "session"]
"""`session`: nobody's to hold; it stands for a person who calls from a page of this site (accounts/members.py)."""
LimitReset = Literal["daily", "weekly", "monthly"]


class Account(Struct, frozen=True, kw_only=True):
    """One person or organization: owns credits, workspaces and keys."""

    id: str
    name: str
    created_at_ms: int
    email: str | None = None


class Workspace(Struct, frozen=True, kw_only=True):
    """A room of an account that keys and settings belong to."""

    id: str
    account_id: str
    name: str
    slug: str
    is_default: bool
    created_at_ms: int
    description: str | None = None
    default_text_model: str | None = None
    """What a request without `model` means (WS-11)."""
    default_image_model: str | None = None
    default_provider_sort: ProviderSort | None = None
    """For requests that give neither sort nor order (WS-11)."""
    created_by: str | None = None
    updated_at_ms: int | None = None


class ApiKey(Struct, frozen=True, kw_only=True):
    """A key as stored: never the secret (KEY-01..06). `hash` is the hex SHA-256 of the full secret."""

    hash: str
    account_id: str
    workspace_id: str | None
    kind: KeyKind
    label: str
    name: str
    disabled: bool
    limit_nanousd: NanoUsd | None
    limit_reset: LimitReset | None
    include_byok_in_limit: bool
    expires_at_ms: int | None
    creator_user_id: str | None
    created_at_ms: int
    updated_at_ms: int | None


class KeySpend(Struct, frozen=True, kw_only=True):
    """What a key has spent: whole life and the current UTC day, week (from Monday) and month."""

    usage: NanoUsd
    usage_daily: NanoUsd
    usage_weekly: NanoUsd
    usage_monthly: NanoUsd
    byok: NanoUsd
    byok_daily: NanoUsd
    byok_weekly: NanoUsd
    byok_monthly: NanoUsd


class Principal(Struct, frozen=True, kw_only=True):
    """An authenticated caller. Immutable; a changed key gives a new Principal."""

    key: ApiKey
    account_id: str
    workspace_id: str | None
    rules: CallerRules = NO_RULES
    """Of account and workspace, about where requests may go."""
    credentials: tuple[OpenCredential, ...] = ()
    """Provider keys of its own that its requests may be tried with, in order."""


class KeyWithSpend(Struct, frozen=True, kw_only=True):
    """A key, what it spent and when it last made a generation, read in one transaction."""

    key: ApiKey
    spend: KeySpend
    last_used_at_ms: int | None = None


class NewKey(Struct, frozen=True, kw_only=True):
    """What a caller may decide of a new key (KEY-08..12). `workspace_id` None: the default workspace."""

    name: str
    limit_nanousd: NanoUsd | None = None
    limit_reset: LimitReset | None = None
    include_byok_in_limit: bool = False
    expires_at_ms: int | None = None
    creator_user_id: str | None = None
    workspace_id: str | None = None


class KeyPatch(Struct, frozen=True, kw_only=True):
    """What PATCH may change: UNSET leaves as it is, None clears (VAL-07)."""

    name: str | UnsetType = UNSET
    disabled: bool | UnsetType = UNSET
    limit_nanousd: NanoUsd | UnsetType | None = UNSET
    limit_reset: LimitReset | UnsetType | None = UNSET
    include_byok_in_limit: bool | UnsetType = UNSET


class Actor(Struct, frozen=True, kw_only=True):
    """Who changes something, for the audit log (MK-04)."""

    account_id: str
    name: str
    """`key sk-tl-v1-0e6...c96`, `operator`, `system`."""
    creator_user_id: str | None = None
    """Who made the key that acts."""
    address: str | None = None
    request_id: str | None = None


class AuditEntry(Struct, frozen=True, kw_only=True):
    """One change, without secrets (AU-01). `detail` is a JSON object: before, after, request id."""

    account_id: str
    at_ms: int
    actor: str
    action: str
    object_id: str
    detail: str
    address: str | None
