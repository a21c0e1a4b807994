"""What endpoints did over past hours and days, for charts and bars (site.md 3.2: Performance, Uptime)."""

from collections.abc import Collection, Mapping

from sqlalchemy import Connection

from trunkline.statistics import measured_rows
from trunkline.statistics.tally import Measurements
from trunkline.statistics.windows import Summary, summarise
from trunkline.storage.tables import endpoint_hours


def history(
    connection: Connection, endpoint_ids: Collection[str], first_hour: int, last_hour: int, *, step_hours: int = 1
) -> Mapping[str, Mapping[int, Summary]]:
    """Endpoint id → first hour of each step → what was measured in it; both ends inclusive.

    Steps without an attempt are absent. 72 steps of an hour are the bars of an endpoint's uptime; steps of 24 hours
    begin at midnight UTC.
    """
    hours = endpoint_hours.c
    rows = measured_rows.read(
        connection,
        endpoint_hours,
        hours.endpoint_id.in_(list(endpoint_ids)) & hours.hour.between(first_hour, last_hour),
    )
    steps: dict[str, dict[int, list[Measurements]]] = {}
    for (hour, endpoint_id), measured in rows.items():
        steps.setdefault(endpoint_id, {}).setdefault(hour - hour % step_hours, []).append(measured)
    return {
        endpoint_id: {start: summarise(parts) for start, parts in sorted(found.items())}
        for endpoint_id, found in steps.items()
    }
