"""What was measured of endpoints over time, for a model's page and the status page (site.md 3.2 and 10)."""

from collections.abc import Collection
from typing import Literal

from msgspec import Struct
from sqlalchemy import Connection, and_, func, select

from trunkline.statistics import measured_rows
from trunkline.statistics.tally import EndpointKey, Measurements
from trunkline.storage.tables import endpoint_days, endpoint_hours, endpoint_minutes

_TABLES = {
    "minutes": (endpoint_minutes, endpoint_minutes.c.minute),
    "hours": (endpoint_hours, endpoint_hours.c.hour),
    "days": (endpoint_days, endpoint_days.c.day),
}


class EndpointDay(Struct, frozen=True):
    """What became of the counted attempts at an endpoint on one day."""

    day: int
    endpoint_id: str
    successes: int
    failures: int


def measured(
    connection: Connection, by: Literal["minutes", "hours", "days"], endpoint_ids: Collection[str], first: int
) -> dict[EndpointKey, Measurements]:
    """(minute, hour or day since 1970, endpoint id) → what was measured in it, from `first` on.

    Buckets without an attempt are absent. Minutes are kept for hours only.
    """
    table, bucket = _TABLES[by]
    return measured_rows.read(connection, table, and_(bucket >= first, table.c.endpoint_id.in_(endpoint_ids)))


def days_of_all(connection: Connection, first_day: int) -> list[EndpointDay]:
    """All endpoints by day, ascending; days without an attempt are absent."""
    days = endpoint_days.c
    rows = connection.execute(
        select(days.day, days.endpoint_id, days.successes, days.failures)
        .where(days.day >= first_day)
        .order_by(days.day, days.endpoint_id)
    )
    return [EndpointDay(*row) for row in rows]


class MinuteCount(Struct, frozen=True):
    """What became of the counted attempts at an endpoint in some minutes."""

    endpoint_id: str
    successes: int
    failures: int


def minutes_of_all(connection: Connection, first_minute: int) -> list[MinuteCount]:
    """All endpoints that were called since then."""
    minutes = endpoint_minutes.c
    rows = connection.execute(
        select(minutes.endpoint_id, func.sum(minutes.successes), func.sum(minutes.failures))
        .where(minutes.minute >= first_minute)
        .group_by(minutes.endpoint_id)
    )
    return [MinuteCount(endpoint_id, int(successes), int(failures)) for endpoint_id, successes, failures in rows]
