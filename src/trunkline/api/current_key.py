"""`GET /key`: what a key may know of itself (KEY-25..27).

The members after `rate_limit` are in no rule of ours; the official Python SDK (1.3) refuses an answer without them.
"""

from typing import Literal

from msgspec import Struct

from trunkline.accounts.limits import spent_in_window, window_end_ms
from trunkline.accounts.types import ApiKey, KeyWithSpend, LimitReset
from trunkline.api.key_objects import SpendObject, spend_members
from trunkline.api.wire import Usd, timestamp, timestamp_or_null
from trunkline.core.money import usd_number

UNLIMITED_REQUESTS = 2**31 - 1
"""Shown where the operator sets no quota of free requests."""


class RateLimit(Struct, frozen=True, kw_only=True):
    """Deprecated; says nothing (KEY-26)."""

    requests: int = -1
    interval: str = "10s"
    note: str = "This field is deprecated and safe to ignore."


class KeyBudget(Struct, frozen=True, kw_only=True):
    """A limit that requests of this key meet: so far, only the key's own."""

    scope: Literal["key_limit"] = "key_limit"
    budget_id: None = None
    guardrail_id: None = None
    include_byok: bool
    limit_usd: Usd
    spend_usd: Usd
    remaining_usd: Usd
    reset_interval: LimitReset | None
    resets_at: str | None


class FreeModelDailyRequests(Struct, frozen=True, kw_only=True):
    """The account's daily quota of requests to free variants (RL-02)."""

    limit: int
    used: int
    remaining: int


class CurrentKeyObject(SpendObject, frozen=True, kw_only=True):
    """The caller's own key. Limit null and usage 0 for a management key, which can have neither (MK-05)."""

    label: str
    is_free_tier: bool
    is_management_key: bool
    is_provisioning_key: bool
    expires_at: str | None
    creator_user_id: str | None
    rate_limit: RateLimit
    workspace_id: str | None
    organization_id: str | None
    allowed_data_regions: tuple[Literal["global"], ...]
    budgets: tuple[KeyBudget, ...]
    effective_budget: KeyBudget | None
    free_model_daily_requests: FreeModelDailyRequests


class CurrentKeyResponse(Struct, frozen=True):
    """The key that the request was made with."""

    data: CurrentKeyObject


def current_key_object(
    item: KeyWithSpend, *, is_free_tier: bool, free_requests: FreeModelDailyRequests, now_ms: int
) -> CurrentKeyObject:
    """The caller's key at this moment."""
    key = item.key
    is_management = key.kind == "management"
    budget = _own_limit(key, item, now_ms)
    return CurrentKeyObject(
        label=key.label,
        limit_reset=key.limit_reset,
        include_byok_in_limit=key.include_byok_in_limit,
        is_free_tier=is_free_tier,
        is_management_key=is_management,
        is_provisioning_key=is_management,
        expires_at=timestamp_or_null(key.expires_at_ms),
        creator_user_id=key.creator_user_id,
        rate_limit=RateLimit(),
        workspace_id=key.workspace_id,
        organization_id=None,
        allowed_data_regions=("global",),
        budgets=() if budget is None else (budget,),
        effective_budget=budget,
        free_model_daily_requests=free_requests,
        **spend_members(item),
    )


def free_requests_of_today(per_day: int, used: int) -> FreeModelDailyRequests:
    """The quota and what is left of it. `per_day` 0: there is none."""
    limit = per_day or UNLIMITED_REQUESTS
    return FreeModelDailyRequests(limit=limit, used=used, remaining=max(0, limit - used))


def _own_limit(key: ApiKey, item: KeyWithSpend, now_ms: int) -> KeyBudget | None:
    if key.limit_nanousd is None:
        return None
    spent = spent_in_window(key, item.spend)
    return KeyBudget(
        include_byok=key.include_byok_in_limit,
        limit_usd=usd_number(key.limit_nanousd),
        spend_usd=usd_number(spent),
        remaining_usd=usd_number(key.limit_nanousd - spent),
        reset_interval=key.limit_reset,
        resets_at=None if key.limit_reset is None else timestamp(window_end_ms(key.limit_reset, now_ms)),
    )
