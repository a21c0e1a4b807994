"""Which endpoints of a model do worse than their peers: Auto Exacto and `sort: "exacto"` (routing-and-catalog.md 11).

Two live signals, throughput and tool-call success. Published benchmark runs of single endpoints would be a third;
an instance without any has no such signal.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from statistics import median
from typing import Literal, TypeAlias

from msgspec import Struct

from trunkline.routing.types import Candidate, EndpointStatistics

Tier: TypeAlias = Literal[1, 2, 3]
"""1 good, 2 too little is known, 3 below its peers."""

PROVIDERS_MIN = 4
"""Fewer providers with enough data are no crowd to stand out from."""
MAD_TO_SIGMA = 1.4826
"""The median of absolute deviations, as an estimate of a standard deviation that outliers do not bend."""
THROUGHPUT_COUNT_MIN = 100
TOOL_COUNT_MIN = 200


class Signal(Struct, frozen=True):
    """One measurement of each endpoint; below median - `sigmas` · σ it tells against one."""

    read: Callable[[EndpointStatistics, str], float | None]
    sigmas: float


SIGNALS = (
    Signal(lambda past, endpoint: past.throughput_tps(endpoint, "30m", "p50", THROUGHPUT_COUNT_MIN), 1.5),
    Signal(lambda past, endpoint: past.tool_success(endpoint, "2h", TOOL_COUNT_MIN), 2.0),
)


def quality_tiers(found: Sequence[Candidate], past: EndpointStatistics) -> Mapping[str, Tier]:
    """Endpoint id → tier, among these candidates of one model; empty when nothing was measured of any."""
    measured = [{c.endpoint.id: signal.read(past, c.endpoint.id) for c in found} for signal in SIGNALS]
    if not any(value is not None for values in measured for value in values.values()):
        return {}
    provider = {c.endpoint.id: c.endpoint.provider for c in found}
    floors = [_floor(values, provider, signal.sigmas) for signal, values in zip(SIGNALS, measured, strict=True)]
    return {
        c.endpoint.id: _tier([(values[c.endpoint.id], floor) for values, floor in zip(measured, floors, strict=True)])
        for c in found
    }


def _tier(readings: Iterable[tuple[float | None, float | None]]) -> Tier:
    """From (value, floor) of each signal; a floor of None demotes nobody."""
    tier: Tier = 1
    for value, floor in readings:
        if value is None:
            tier = 2
        elif floor is not None and value < floor:
            return 3
    return tier


def _floor(values: Mapping[str, float | None], provider: Mapping[str, str], sigmas: float) -> float | None:
    """What an endpoint must reach; None with too few providers, or when most measure the same."""
    known = {endpoint: value for endpoint, value in values.items() if value is not None}
    if len({provider[endpoint] for endpoint in known}) < PROVIDERS_MIN:
        return None
    middle = median(known.values())
    deviation = median(abs(value - middle) for value in known.values())
    return middle - sigmas * MAD_TO_SIGMA * deviation if deviation else None
