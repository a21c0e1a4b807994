"""Sums of a replay, by model: integers throughout, bounded by models and endpoints whatever the number of requests.

Probabilities are millionths, so a sum of expected costs is in nano-dollar-millionths until it is told.
"""

from typing import Final

from msgspec import Struct

from trunkline.statistics import sketch
from trunkline.whatif.measured import CERTAIN, Fare

FARES_MAX: Final = 4_096
"""Distributions with a weight each, before they are mixed."""


class Waits:
    """How long first tokens took: single times, and whole distributions with weights."""

    __slots__ = ("_bins", "_fares", "unknown")

    def __init__(self) -> None:
        self._bins: dict[int, int] = {}
        self._fares: dict[Fare, int] = {}
        self.unknown = 0
        """Weight of the streams of which nothing is known."""

    def add(self, weight: int, latency_ms: int) -> None:
        """A time that was measured."""
        key = sketch.bin_of(latency_ms)
        self._bins[key] = self._bins.get(key, 0) + weight

    def add_fare(self, weight: int, fare: Fare) -> None:
        """A time that may be any of an endpoint's."""
        if not fare.streams:
            self.unknown += weight
            return
        fares = self._fares
        fares[fare] = fares.get(fare, 0) + weight
        if len(fares) >= FARES_MAX:
            self._mix()

    def merge(self, other: "Waits") -> None:
        """Add another's; it stays as it is but for the form."""
        other._mix()
        self._mix()
        for key, weight in other._bins.items():
            self._bins[key] = self._bins.get(key, 0) + weight
        self.unknown += other.unknown

    def percentile_ms(self, percent: int) -> int | None:
        """By nearest rank among what is known; None of nothing."""
        self._mix()
        needed, passed = -(-percent * sum(self._bins.values()) // 100), 0
        for key, weight in sorted(self._bins.items()):
            passed += weight
            if passed >= needed > 0:
                return round(sketch.value_of(key))
        return None

    @property
    def known(self) -> int:
        """Weight of the streams of which something is known."""
        self._mix()
        return sum(self._bins.values())

    def _mix(self) -> None:
        for fare, weight in self._fares.items():
            for key, count in fare.latency_ms.items():
                self._bins[key] = self._bins.get(key, 0) + weight * count // fare.streams
        self._fares.clear()


class Sums(Struct):
    """What came, or would have come, of some requests. `…_ppm`: summed probabilities in millionths."""

    requests: int = 0
    counted: int = 0
    """Those that availability is a share of."""
    served_ppm: int = 0
    """Counted ones that were answered, where unknown endpoints answer."""
    surely_ppm: int = 0
    """The same where they do not."""
    moved_ppm: int = 0
    """Answered by another endpoint than they were."""
    unmeasured_ppm: int = 0
    """Answered by an endpoint of which nothing is known."""
    refused: int = 0
    """No endpoint may serve them."""
    cost_ppm_nanousd: int = 0
    cost_uncached_ppm_nanousd: int = 0
    """The same if no prompt that moved was found in a cache."""
    rescued_ppm: int = 0
    """Failed then, answered now."""
    rescued_cost_ppm_nanousd: int = 0
    """Of these, estimated; part of the cost."""
    unpriced_ppm: int = 0
    """Answered by an endpoint without a price: their cost is not known and not in the sum."""

    def add(self, other: "Sums") -> None:
        """Add another's."""
        for name in self.__struct_fields__:
            setattr(self, name, getattr(self, name) + getattr(other, name))


class Tally:
    """Sums and waits of one model, or of all."""

    __slots__ = ("endpoints", "sums", "waits")

    def __init__(self) -> None:
        self.sums = Sums()
        self.waits = Waits()
        self.endpoints: dict[str, int] = {}
        """Endpoint id → millionths of requests that it answered."""

    def add_endpoint(self, endpoint_id: str, weight: int) -> None:
        self.endpoints[endpoint_id] = self.endpoints.get(endpoint_id, 0) + weight

    def merge(self, other: "Tally") -> None:
        """Add another's."""
        self.sums.add(other.sums)
        self.waits.merge(other.waits)
        for endpoint_id, weight in other.endpoints.items():
            self.add_endpoint(endpoint_id, weight)


def whole(weight_ppm: int) -> int:
    """Millionths as the nearest whole number."""
    return (weight_ppm + CERTAIN // 2) // CERTAIN
