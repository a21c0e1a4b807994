"""Each section as a table, for `/rankings/{section}.csv`: exact numbers, the same that the page shows rounded."""

import csv
import io
from collections.abc import Callable, Mapping, Sequence

from msgspec import Struct

from trunkline.core.money import format_decimal
from trunkline.web.pages.rankings.page import RankingsView
from trunkline.web.pages.rankings.shares import Share

Cell = str | int | float | None


class Table(Struct, frozen=True):
    """Columns and rows."""

    columns: tuple[str, ...]
    rows: list[Sequence[Cell]]


def table(view: RankingsView, section: str) -> Table | None:
    """None for a section that there is not; no rows while the database is away."""
    make = _TABLES.get(section)
    return None if make is None else make(view)


def to_csv(found: Table) -> str:
    """With a header; what is unknown is empty."""
    written = io.StringIO()
    writer = csv.writer(written, lineterminator="\n")
    writer.writerow(found.columns)
    writer.writerows(found.rows)
    return written.getvalue()


def _models(view: RankingsView) -> Table:
    places = [] if view.board is None else view.board.places
    return Table(
        ("rank", "model", "total_tokens", "growth_percent", "rank_change"),
        [
            (at, place.permaslug, place.tokens, place.growth_percent, place.rank_change)
            for at, place in enumerate(places, 1)
        ],
    )


def _tokens(view: RankingsView) -> Table:
    if view.board is None:
        return Table(("day",), [])
    return Table(("day", *view.board.columns), [(label, *amounts) for _, label, amounts in view.board.days])


def _shares(read: Callable[[RankingsView], list[Share] | None]) -> Callable[[RankingsView], Table]:
    return lambda view: Table(
        ("name", "total_tokens", "percent"),
        [(each.name, each.tokens, round(each.percent, 4)) for each in read(view) or ()],
    )


def _tasks(view: RankingsView) -> Table:
    return Table(
        ("kind", "task", "task_tokens", "model", "model_percent"),
        [
            (branch.kind, task.name, task.tokens, model_id, round(percent, 4))
            for branch in view.tasks or ()
            for task in branch.tasks
            for _, model_id, percent in task.models
        ],
    )


def _sessions(view: RankingsView) -> Table:
    return Table(
        ("app", "model", "turns", "median_usd"),
        [
            (each.app_title, each.permaslug, each.turn_range, format_decimal(each.median_nanousd, 9))
            for each in view.sessions or ()
        ],
    )


def _benchmarks(view: RankingsView) -> Table:
    return Table(
        ("model", f"{view.scores.index}_index", "usd_per_million_tokens"),
        [(point.row.model.id, point.score, round(point.price_usd, 6)) for point in view.scores.points],
    )


def _fastest(view: RankingsView) -> Table:
    return Table(
        ("model", "tokens_per_second_p50", "seconds_to_first_token_p50", "answers"),
        [(each.row.model.id, each.throughput_tps, each.latency_s, each.answers) for each in view.speeds or ()],
    )


def _apps(view: RankingsView) -> Table:
    return Table(
        ("rank", "app", "origin", "total_tokens", "total_requests"),
        [(at, app.name, app.origin, app.total_tokens, app.total_requests) for at, app in enumerate(view.apps or (), 1)],
    )


_TABLES: Mapping[str, Callable[[RankingsView], Table]] = {
    "models": _models,
    "tokens": _tokens,
    "labs": _shares(lambda view: view.labs),
    "modalities": _shares(lambda view: view.modalities),
    "context": _shares(lambda view: view.contexts),
    "tools": _shares(lambda view: view.tools),
    "tasks": _tasks,
    "sessions": _sessions,
    "benchmarks": _benchmarks,
    "fastest": _fastest,
    "apps": _apps,
}
SECTIONS = tuple(_TABLES)
