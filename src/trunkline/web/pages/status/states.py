"""How a part of the service does, from the attempts of the last minutes (ST-02)."""

from collections.abc import Iterable, Mapping
from typing import Literal

COUNTED_MIN = 10
"""Fewer attempts in the window say nothing; the component counts as operational."""

State = Literal["operational", "maintenance", "unknown", "degraded", "partial_outage", "major_outage"]
STATE_TITLES: Mapping[State, tuple[str, str]] = {
    "operational": ("Operational", "good"),
    "maintenance": ("Maintenance", "accent"),
    "unknown": ("Unknown", ""),
    "degraded": ("Degraded", "warn"),
    "partial_outage": ("Partial outage", "bad"),
    "major_outage": ("Major outage", "bad"),
}
"""(title, kind of badge), better ones first."""
_THRESHOLDS: tuple[tuple[float, State], ...] = ((75.0, "major_outage"), (25.0, "partial_outage"), (5.0, "degraded"))
"""Percent of failed attempts from which on it is called so."""

Counts = tuple[int, int]
"""(failures, counted attempts)."""


def state_of(counts: Counts | None) -> State:
    """The state that so many failures mean."""
    if counts is None or counts[1] < COUNTED_MIN:
        return "operational"
    percent = 100.0 * counts[0] / counts[1]
    for threshold, state in _THRESHOLDS:
        if percent >= threshold:
            return state
    return "operational"


def worst(states: Iterable[State]) -> State:
    """The last of them in the order above; operational when there is none."""
    order = list(STATE_TITLES)
    found: State = "operational"
    for state in states:
        if order.index(state) > order.index(found):
            found = state
    return found
