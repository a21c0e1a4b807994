"""What the operations on public data share: who may call how often, and which days (routing-and-catalog.md 22)."""

from collections.abc import Mapping
from datetime import date
from typing import Final, Literal

from msgspec import UNSET, Struct, UnsetType
from starlette.requests import Request

from trunkline.accounts import rates
from trunkline.accounts.types import Principal
from trunkline.api.authentication import authenticate, take
from trunkline.api.context import ControlPlane
from trunkline.api.operations import Parameter
from trunkline.api.wire import timestamp
from trunkline.core.calendar import date_text, day_of, parse_date
from trunkline.core.errors import Unauthenticated
from trunkline.demo.mark import read_mark
from trunkline.listing.filters import invalid
from trunkline.statistics.rankings import first_recorded_day

CALLS_PER_MINUTE: Final = 30
"""Of one key, over all of these operations."""
CALLS_PER_DAY: Final = 500
"""Of one account."""
DAY_S: Final = 86_400
SPAN_DAYS_MAX: Final = 366
DEFAULT_DAYS: Final = 30
FLOOR_DAY: Final = (date(2025, 1, 1) - date(1970, 1, 1)).days
"""Data never begin earlier (22)."""

VERSION: Final = "v1"
ERRORS: Final = (400, 401, 429, 500)
DATES: Final = (
    Parameter(name="start_date", description="First UTC day, `YYYY-MM-DD`; 30 days before the last if absent"),
    Parameter(name="end_date", description="Last UTC day, `YYYY-MM-DD`; yesterday if absent"),
)


class Days(Struct, frozen=True):
    """Both ends inclusive."""

    first: int
    last: int
    is_demo: bool = False
    """The instance's traffic was made up."""


class DatasetMeta(Struct, frozen=True):
    """When the answer was made, and the days that it covers."""

    as_of: str
    version: Literal["v1"]
    start_date: str
    end_date: str
    is_demo: bool | UnsetType = UNSET
    """True when the traffic was made up (`trunkline demo`), absent otherwise."""


async def admit(context: ControlPlane, request: Request) -> Principal:
    """The caller, who needs an inference key and may call so often. Raises Unauthenticated and RateLimited."""
    caller = await authenticate(context, request.scope)
    if caller.key.kind == "management":
        raise Unauthenticated("Management keys cannot read public data. Use an API key.")
    await take(context, f"datasets:{caller.key.hash}", CALLS_PER_MINUTE)
    await rates.take(
        context.shared,
        f"datasets of:{caller.account_id}",
        CALLS_PER_DAY,
        DAY_S,
        context.clock.now_ms(),
        what=f"{CALLS_PER_DAY} per day",
        source="datasets",
    )
    return caller


async def days_asked(context: ControlPlane, query: Mapping[str, str]) -> Days:
    """The window of `start_date` and `end_date`. Raises InvalidRequest naming the one that is wrong."""
    yesterday = day_of(context.clock.now_ms()) - 1
    recorded = await context.database.read(first_recorded_day)
    floor = FLOOR_DAY if recorded is None else min(max(FLOOR_DAY, recorded), yesterday)
    last = _day(query, "end_date")
    last = yesterday if last is None else last
    first = _day(query, "start_date")
    first = last - DEFAULT_DAYS if first is None else first
    if first > last:
        raise invalid("start_date", f"{date_text(first)} is after end_date {date_text(last)}")
    if last - first >= SPAN_DAYS_MAX:
        raise invalid("start_date", f"the window has {last - first + 1} days; at most {SPAN_DAYS_MAX} can be asked for")
    if last < floor:
        raise invalid("end_date", f"{date_text(last)} is before the data begin, on {date_text(floor)}")
    return Days(max(first, floor), last, await context.database.read(read_mark) is not None)


def dataset_meta(context: ControlPlane, days: Days) -> DatasetMeta:
    """The `meta` of an answer for these days."""
    as_of = timestamp(context.clock.now_ms())
    is_demo = True if days.is_demo else UNSET
    return DatasetMeta(as_of, VERSION, date_text(days.first), date_text(days.last), is_demo)


def _day(query: Mapping[str, str], name: str) -> int | None:
    given = query.get(name)
    if not given:
        return None
    day = parse_date(given)
    if day is None:
        raise invalid(name, f"{given[:40]!r} is no calendar date of the form YYYY-MM-DD")
    return day
