"""Keys as the API shows and takes them (KEY-04, KEY-07)."""

from datetime import datetime
from decimal import Decimal
from typing import Annotated, Literal

from msgspec import UNSET, Meta, Raw, Struct, UnsetType

from trunkline.accounts.limits import limit_remaining
from trunkline.accounts.types import KeyWithSpend, LimitReset
from trunkline.api.wire import Usd, UsdOrNull, timestamp, timestamp_or_null, usd_or_null
from trunkline.core.money import usd_number

NAME_MAX = 256

Name = Annotated[str, Meta(min_length=1, max_length=NAME_MAX)]
Limit = Annotated[Decimal, Meta(extra_json_schema={"minimum": 0})]


class CreateKeyRequest(Struct, frozen=True, kw_only=True):
    """Body of `POST /keys`."""

    name: Name
    limit: Limit | None = None
    limit_reset: LimitReset | None = None
    include_byok_in_limit: bool = False
    expires_at: datetime | None = None
    creator_user_id: Annotated[str, Meta(min_length=1, max_length=64)] | None = None
    workspace_id: str | UnsetType = UNSET


class UpdateKeyRequest(Struct, frozen=True, kw_only=True):
    """Body of `PATCH /keys/{hash}`: what is left out stays, null clears (VAL-07)."""

    name: Name | UnsetType = UNSET
    disabled: bool | UnsetType = UNSET
    limit: Limit | UnsetType | None = UNSET
    limit_reset: LimitReset | UnsetType | None = UNSET
    include_byok_in_limit: bool | UnsetType = UNSET


class SpendObject(Struct, frozen=True, kw_only=True):
    """Limit and spend, as every key object shows them. Usage is credits taken, BYOK is list-price worth (KEY-05)."""

    limit: UsdOrNull
    limit_remaining: UsdOrNull
    limit_reset: LimitReset | None
    include_byok_in_limit: bool
    usage: Usd
    usage_daily: Usd
    usage_weekly: Usd
    usage_monthly: Usd
    byok_usage: Usd
    byok_usage_daily: Usd
    byok_usage_weekly: Usd
    byok_usage_monthly: Usd


class KeyObject(SpendObject, frozen=True, kw_only=True):
    """A key as management sees it; never its secret."""

    hash: str
    name: str
    label: str
    disabled: bool
    created_at: str
    updated_at: str | None
    expires_at: str | None
    creator_user_id: str | None
    workspace_id: str
    last_used_at: str | None
    external_user: str | None
    """Always null here; the official Python SDK (1.3) refuses a key without it."""
    key: str | UnsetType = UNSET
    """The secret, only in the answer that creates it: one published sample reads it here (KEY-07)."""


class KeyResponse(Struct, frozen=True):
    """One key."""

    data: KeyObject


class KeyListResponse(Struct, frozen=True):
    """Up to 100 keys; `offset` gets the next."""

    data: list[KeyObject]


class CreatedKeyResponse(Struct, frozen=True):
    """`key` is the secret, shown this once."""

    data: KeyObject
    key: str


class DeletedResponse(Struct, frozen=True):
    """Confirms a deletion."""

    deleted: Literal[True] = True


def spend_members(item: KeyWithSpend) -> dict[str, Raw]:
    """The amounts of `SpendObject`."""
    key, spend = item.key, item.spend
    return {
        "limit": usd_or_null(key.limit_nanousd),
        "limit_remaining": usd_or_null(limit_remaining(key, spend)),
        "usage": usd_number(spend.usage),
        "usage_daily": usd_number(spend.usage_daily),
        "usage_weekly": usd_number(spend.usage_weekly),
        "usage_monthly": usd_number(spend.usage_monthly),
        "byok_usage": usd_number(spend.byok),
        "byok_usage_daily": usd_number(spend.byok_daily),
        "byok_usage_weekly": usd_number(spend.byok_weekly),
        "byok_usage_monthly": usd_number(spend.byok_monthly),
    }


def key_object(item: KeyWithSpend, secret: str | UnsetType = UNSET) -> KeyObject:
    """An inference key for a management key's eyes; with its secret only for whom it was just made."""
    key = item.key
    return KeyObject(
        hash=key.hash,
        name=key.name,
        label=key.label,
        disabled=key.disabled,
        limit_reset=key.limit_reset,
        include_byok_in_limit=key.include_byok_in_limit,
        created_at=timestamp(key.created_at_ms),
        updated_at=timestamp_or_null(key.updated_at_ms),
        expires_at=timestamp_or_null(key.expires_at_ms),
        creator_user_id=key.creator_user_id,
        workspace_id=key.workspace_id or "",
        last_used_at=timestamp_or_null(item.last_used_at_ms),
        external_user=None,
        key=secret,
        **spend_members(item),
    )
