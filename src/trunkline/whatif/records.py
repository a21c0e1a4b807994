"""Recorded generations in the order in which they came, page by page, and what was measured meanwhile."""

from collections.abc import Iterator

from sqlalchemy import BindParameter, Connection, Select, and_, bindparam, func, select

from trunkline.core.calendar import DAY_MS, HOUR_MS
from trunkline.statistics import measured_rows
from trunkline.statistics.tally import EndpointKey, Measurements
from trunkline.storage.reading import Reader
from trunkline.storage.tables import endpoint_days, endpoint_hours, generations

PAGE = 2_048
"""Records read at once."""

_after: BindParameter[str] = bindparam("after")
# Ids begin with the second of their request, so the primary key leads through time on either database.
_page: Select[str, str] = (
    select(generations.c.id, generations.c.record)
    .where(generations.c.id > _after, generations.c.id < bindparam("end"))
    .order_by(generations.c.id)
    .limit(PAGE)
)


def records(reader: Reader, first_ms: int, until_ms: int) -> Iterator[list[str]]:
    """Pages of records of the requests between the two, oldest first; each is read when it is asked for."""
    after = _id_before(first_ms)
    while page := reader.read(_rows, after, _id_before(until_ms)):
        after = page[-1][0]
        yield [record for _, record in page]
        if len(page) < PAGE:
            return


def count_records(connection: Connection, first_ms: int, until_ms: int) -> int:
    """How many there are."""
    within = and_(generations.c.id > _id_before(first_ms), generations.c.id < _id_before(until_ms))
    return connection.execute(select(func.count()).select_from(generations).where(within)).scalar_one()


def measured_hours(connection: Connection, first_ms: int, until_ms: int) -> dict[EndpointKey, Measurements]:
    """(hour since 1970, endpoint id) → what was measured in it, of all hours that begin between the two."""
    hour = endpoint_hours.c.hour
    return measured_rows.read(
        connection, endpoint_hours, and_(hour >= first_ms // HOUR_MS, hour < -(-until_ms // HOUR_MS))
    )


def measured_days(connection: Connection, first_ms: int, until_ms: int) -> dict[EndpointKey, Measurements]:
    """(day since 1970, endpoint id) → what was measured on it, of all days that the two touch."""
    day = endpoint_days.c.day
    return measured_rows.read(connection, endpoint_days, and_(day >= first_ms // DAY_MS, day <= until_ms // DAY_MS))


def _rows(connection: Connection, after: str, end: str) -> list[tuple[str, str]]:
    return [(row[0], row[1]) for row in connection.execute(_page, {"after": after, "end": end})]


def _id_before(at_ms: int) -> str:
    """What the ids of that second and later ones come after."""
    return f"gen-{at_ms // 1000}"
