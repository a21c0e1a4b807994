"""Rows of the endpoint rollups, to and from their columns."""

from operator import attrgetter

from sqlalchemy import ColumnElement, Connection, Table, select

from trunkline.statistics import sketch
from trunkline.statistics.tally import EndpointKey, Measurements
from trunkline.storage.multi_row import Values

_counts = attrgetter(
    "successes",
    "failures",
    "rate_limited",
    "forbidden",
    "tool_requests",
    "tool_errors",
    "structured_requests",
    "structured_errors",
)


def read(connection: Connection, table: Table, where: ColumnElement[bool]) -> dict[EndpointKey, Measurements]:
    """The rows of an endpoint rollup that satisfy a condition."""
    return {
        (row[0], row.endpoint_id): Measurements(
            successes=row.successes,
            failures=row.failures,
            rate_limited=row.rate_limited,
            forbidden=row.forbidden,
            tool_requests=row.tool_requests,
            tool_errors=row.tool_errors,
            structured_requests=row.structured_requests,
            structured_errors=row.structured_errors,
            latency_ms=sketch.decode(row.latency_ms),
            throughput_tps=sketch.decode(row.throughput_tps),
        )
        for row in connection.execute(select(table).where(where))
    }


def written(measured: Measurements) -> Values:
    """The columns of a row that are not of its key."""
    return (*_counts(measured), sketch.encode(measured.latency_ms), sketch.encode(measured.throughput_tps))
