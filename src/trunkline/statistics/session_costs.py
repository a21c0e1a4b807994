"""What a session costs with an application and a model: medians, made once a week (routing-and-catalog.md 22.3)."""

from collections.abc import Mapping
from statistics import median_low
from typing import Final, Literal

from msgspec import Struct
from sqlalchemy import Connection, delete, func, insert, select

from trunkline.core.calendar import day_of, window_start_day
from trunkline.statistics.apps import is_public
from trunkline.storage.tables import apps, session_costs, session_days

WINDOW_DAYS: Final = 30
SESSIONS_MIN: Final = 10
"""Cells with fewer sessions are withheld."""

TurnRange = Literal["1-turn", "2-9-turns", "10-49-turns", "50-plus-turns"]
TURN_RANGES: Final[Mapping[TurnRange, int]] = {"1-turn": 1, "2-9-turns": 2, "10-49-turns": 10, "50-plus-turns": 50}
"""Each with the fewest turns in it."""


class SessionCost(Struct, frozen=True):
    """A cell: median spend of the sessions of an app with a model that had so many turns."""

    app_origin: str
    app_title: str
    permaslug: str
    turn_range: TurnRange
    median_nanousd: int
    window_end_day: int


class WeeklyCells(Struct, frozen=True):
    """What a week's cells are made of: the spend of each session by app id, model and turns."""

    end_day: int
    spent: Mapping[tuple[int, str, TurnRange], list[int]]


def due_cells(connection: Connection, now_ms: int) -> WeeklyCells | None:
    """The cells of the week that ended last; None when they are stored already. Reads 30 days of sessions."""
    end_day = window_start_day("weekly", day_of(now_ms)) - 1
    if connection.execute(select(func.max(session_costs.c.window_end_day))).scalar() == end_day:
        return None
    return WeeklyCells(end_day, _cells(connection, end_day))


def store_cells(connection: Connection, cells: WeeklyCells) -> None:
    """Put them in the place of last week's."""
    connection.execute(delete(session_costs))
    rows = [
        {
            "app_id": app_id,
            "permaslug": permaslug,
            "turn_range": turns,
            "window_end_day": cells.end_day,
            "sessions": len(spent),
            "median_nanousd": median_low(spent),
        }
        for (app_id, permaslug, turns), spent in cells.spent.items()
        if len(spent) >= SESSIONS_MIN
    ]
    if rows:
        connection.execute(insert(session_costs), rows)


def _cells(connection: Connection, end_day: int) -> dict[tuple[int, str, TurnRange], list[int]]:
    """The spend of each session, by cell. A session with two models is one of each."""
    days = session_days.c
    sessions = connection.execute(
        select(days.app_id, days.permaslug, func.sum(days.requests), func.sum(days.usage_nanousd))
        .where(days.day > end_day - WINDOW_DAYS, days.day <= end_day)
        .group_by(days.account_id, days.workspace_id, days.session_id, days.app_id, days.permaslug)
        # A session in which everything failed cost nobody anything, and has no turn.
        .having(func.sum(days.requests) > 0)
    )
    cells: dict[tuple[int, str, TurnRange], list[int]] = {}
    for app_id, permaslug, turns, usage_nanousd in sessions:
        cells.setdefault((app_id, permaslug, turn_range(int(turns))), []).append(int(usage_nanousd))
    return cells


def turn_range(turns: int) -> TurnRange:
    """The range that so many turns, at least one, belong to."""
    return next(name for name, least in reversed(TURN_RANGES.items()) if turns >= least)


def list_session_costs(connection: Connection) -> list[SessionCost]:
    """Every cell of a public app, by app, model and turns."""
    cells = session_costs.c
    found = connection.execute(
        select(
            apps.c.origin,
            func.coalesce(apps.c.title, apps.c.origin),
            cells.permaslug,
            cells.turn_range,
            cells.median_nanousd,
            cells.window_end_day,
        )
        .join(apps, apps.c.id == cells.app_id)
        .where(is_public())
    )
    order = list(TURN_RANGES)
    rows = [SessionCost(*row) for row in found]
    return sorted(rows, key=lambda row: (row.app_origin, row.permaslug, order.index(row.turn_range)))
