"""Daily uptime of components (providers, models), from the attempts of this instance."""

from collections.abc import Callable, Iterable, Mapping

from trunkline.core.calendar import DAY_MS
from trunkline.statistics.history import EndpointDay
from trunkline.web.formats import times

Percents = Mapping[tuple[int, str], float]
"""(day, component) → percent of counted attempts that succeeded."""


def day_bars(percents: Percents, name: str, first: int, last: int) -> list[tuple[str, float | None]]:
    """(day, percent of that day) of one component, oldest first."""
    return [(times.day(each * DAY_MS // 1000), percents.get((each, name))) for each in range(first, last + 1)]


def by_provider(found: Iterable[EndpointDay]) -> Percents:
    """Every provider by its slug: an endpoint's id ends with its tag, which begins with that."""
    return uptime_by(found, lambda endpoint_id: endpoint_id.rpartition("|")[2].partition("/")[0])


def uptime_by(found: Iterable[EndpointDay], name_of: Callable[[str], str]) -> Percents:
    """Endpoints added up to components."""
    counts: dict[tuple[int, str], tuple[int, int]] = {}
    for row in found:
        key = (row.day, name_of(row.endpoint_id))
        good, bad = counts.get(key, (0, 0))
        counts[key] = (good + row.successes, bad + row.failures)
    return {key: 100.0 * good / (good + bad) for key, (good, bad) in counts.items() if good + bad}
