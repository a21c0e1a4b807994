"""Accounts and keys (accounts-and-governance.md 1–3)."""

from typing import Literal

from msgspec import Struct

from trunkline.core.money import NanoUsd

KeyKind = Literal["inference", "management"]
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
