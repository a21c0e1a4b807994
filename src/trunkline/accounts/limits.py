"""Arithmetic of key limits (KEY-15, KEY-16, KEY-21). Windows are computed when they are read (core/calendar.py), so a
limit resets at midnight UTC without any job having to run."""

from msgspec import Struct

from trunkline.accounts.types import ApiKey, KeySpend, LimitReset
from trunkline.core.calendar import DAY_MS, day_of, window_start_day
from trunkline.core.money import NanoUsd


class Windows(Struct, frozen=True):
    """First days of the current UTC day, week and month, as numbers since 1970-01-01."""

    day: int
    week: int
    month: int


def windows(now_ms: int) -> Windows:
    """The calendar windows that are open now."""
    day = day_of(now_ms)
    return Windows(day, window_start_day("weekly", day), window_start_day("monthly", day))


def spent_in_window(key: ApiKey, spend: KeySpend) -> NanoUsd:
    """What counts against the key's limit now: usage of its window, plus BYOK usage if the key says so."""
    match key.limit_reset:
        case None:
            usage, byok = spend.usage, spend.byok
        case "daily":
            usage, byok = spend.usage_daily, spend.byok_daily
        case "weekly":
            usage, byok = spend.usage_weekly, spend.byok_weekly
        case "monthly":
            usage, byok = spend.usage_monthly, spend.byok_monthly
    return NanoUsd(usage + byok) if key.include_byok_in_limit else usage


def limit_remaining(key: ApiKey, spend: KeySpend) -> NanoUsd | None:
    """What the key may still spend in its window: never negative, None without a limit."""
    if key.limit_nanousd is None:
        return None
    return NanoUsd(max(0, key.limit_nanousd - spent_in_window(key, spend)))


def window_end_ms(reset: LimitReset, now_ms: int) -> int:
    """When the current window ends and spend starts again at 0, in Unix milliseconds."""
    start = window_start_day(reset, day_of(now_ms))
    match reset:
        case "daily":
            end = start + 1
        case "weekly":
            end = start + 7
        case "monthly":
            end = window_start_day(reset, start + 31)  # 31 days after a first lies in the next month
    return end * DAY_MS
