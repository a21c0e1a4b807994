"""UTC days, weeks and months, as whole days since 1970-01-01 (accounts-and-governance.md VAL-03)."""

from datetime import date, timedelta
from functools import lru_cache
from typing import Literal

_EPOCH = date(1970, 1, 1)
MINUTE_MS = 60_000
HOUR_MS = 3_600_000
DAY_MS = 86_400_000


def day_of(at_ms: int) -> int:
    """The UTC day that an instant lies in."""
    return at_ms // DAY_MS


def date_text(day: int) -> str:
    """A day as `YYYY-MM-DD`."""
    return (_EPOCH + timedelta(days=day)).isoformat()


def parse_date(text: str) -> int | None:
    """The day of a calendar date written exactly as `YYYY-MM-DD`; None when it is none, as 2026-02-30."""
    try:
        found = date.fromisoformat(text)
    except ValueError:
        return None
    return (found - _EPOCH).days if found.isoformat() == text else None


@lru_cache(maxsize=64)
def window_start_day(reset: Literal["daily", "weekly", "monthly"] | None, day: int) -> int:
    """First day of the calendar window that `day` lies in; None, no reset, is the whole life and starts at 0.

    A week begins on Monday (1970-01-01 was a Thursday), a month on its first day.
    """
    match reset:
        case None:
            return 0
        case "daily":
            return day
        case "weekly":
            return day - (day + 3) % 7
        case "monthly":
            return (((_EPOCH + timedelta(days=day)).replace(day=1)) - _EPOCH).days
