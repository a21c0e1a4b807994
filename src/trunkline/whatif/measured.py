"""How endpoints fared at a time: what a request that did not go there would probably have met.

Of the hour in which it came; where that holds too few attempts, of its day; else of all the time that is replayed; else
nothing is known, and is said to be unknown.
"""

from collections.abc import Iterable
from typing import Final

from trunkline.core.calendar import DAY_MS, HOUR_MS
from trunkline.statistics.sketch import Bins
from trunkline.statistics.tally import Measurements
from trunkline.storage.reading import Reader
from trunkline.whatif.records import measured_days, measured_hours

ATTEMPTS_MIN: Final = 10
"""Fewer attempts of a bucket say nothing."""
CERTAIN: Final = 1_000_000
"""Probabilities are integers of millionths, so that expected costs stay integers."""


class Fare:
    """How an endpoint fared in some time. Told apart by identity: totals add up weights of each, and mix their
    distributions once."""

    __slots__ = ("latency_ms", "streams", "success")

    def __init__(self, parts: Iterable[Measurements]) -> None:
        whole = Measurements()
        for part in parts:
            whole.merge(part)
        attempts = whole.successes + whole.failures + whole.rate_limited + whole.forbidden
        self.success: int | None = CERTAIN * whole.successes // attempts if attempts >= ATTEMPTS_MIN else None
        """Millionths of the attempts that were answered; None: too few to say."""
        self.latency_ms: Bins = whole.latency_ms
        """To the first token of streams."""
        self.streams = sum(whole.latency_ms.values())
        """Values in it."""


UNKNOWN: Final = Fare(())


class Measured:
    """Looks up fares, and keeps the hours of one day in memory. Times are asked for in about ascending order."""

    def __init__(self, reader: Reader, first_ms: int, until_ms: int) -> None:
        self._reader = reader
        self._until_ms = until_ms
        days = reader.read(measured_days, first_ms, until_ms)
        self._days = {key: Fare((measured,)) for key, measured in days.items()}
        by_endpoint: dict[str, list[Measurements]] = {}
        for (_, endpoint_id), measured in days.items():
            by_endpoint.setdefault(endpoint_id, []).append(measured)
        self._whole = {endpoint_id: Fare(parts) for endpoint_id, parts in by_endpoint.items()}
        self._day = -1
        self._hours: dict[tuple[int, str], Fare] = {}
        self._raw: dict[tuple[int, str], Measurements] = {}

    @property
    def endpoints(self) -> Iterable[str]:
        """Ids of all that were called in that time."""
        return self._whole.keys()

    def fare(self, endpoint_id: str, at_ms: int) -> Fare:
        """How an attempt there at that time would probably have fared; UNKNOWN when nobody can say."""
        if at_ms // DAY_MS != self._day:
            self._turn_to(at_ms // DAY_MS)
        for found in (
            self._hours.get((at_ms // HOUR_MS, endpoint_id)),
            self._days.get((at_ms // DAY_MS, endpoint_id)),
            self._whole.get(endpoint_id),
        ):
            if found is not None and found.success is not None:
                return found
        return UNKNOWN

    def before(self, endpoint_id: str, at_ms: int, hours: int) -> list[Measurements]:
        """What was measured in the full hours before, the latest first: what routing could know."""
        if at_ms // DAY_MS != self._day:
            self._turn_to(at_ms // DAY_MS)
        hour = at_ms // HOUR_MS
        found = (self._raw.get((each, endpoint_id)) for each in range(hour - 1, hour - 1 - hours, -1))
        return [measured for measured in found if measured is not None]

    def _turn_to(self, day: int) -> None:
        """Read the hours of a day, and those just before it."""
        self._day = day
        first_ms = day * DAY_MS
        self._raw = self._reader.read(measured_hours, first_ms - 2 * HOUR_MS, first_ms + DAY_MS)
        self._hours = {key: Fare((measured,)) for key, measured in self._raw.items()}
