"""One policy through days: what came of its requests, and how it took to each incident."""

import heapq
import random
import statistics
from array import array
from collections.abc import Sequence
from itertools import pairwise
from time import process_time

from msgspec import Struct

from bench.simulator.endpoints import Incident, Result, SimulatedEndpoint
from bench.simulator.policies import Policy, VirtualClock

ATTEMPTS_MAX = 10
BUCKET_S = 10.0
_SMOOTHED = 3
"""Buckets that a share is averaged over."""
_BEFORE = 12
"""Buckets before an incident that say what an endpoint's share was."""
_FIRST_CHOICES_MIN = 24
"""Fewer in those buckets say nothing."""
_LEFT, _BACK = 0.1, 0.5
"""Left: less than a tenth of the share before. Back: at least half of it."""


class Day(Struct, frozen=True, kw_only=True):
    """What came of a policy's requests in one world."""

    requests: int
    answered: int
    failed_first: int
    """Requests whose first choice failed."""
    best_first: float
    """First choices that would have answered for somebody who knows which endpoint is most likely to."""
    attempts: int
    paid_usd: float
    could_have_paid_usd: float
    waits_s: "array[float]"
    leave_s: list[float]
    back_s: list[float]
    """Of each total failure of an endpoint that the policy had used; infinite: never."""
    slices: tuple[float, ...]
    cpu_s: float


class Reaction(Struct, frozen=True):
    """How a policy took to the total failures of endpoints that it had used: medians in seconds; None: mostly never."""

    incidents: int
    leave_s: float | None
    come_back_s: float | None


class Outcome(Struct, frozen=True, kw_only=True):
    """What came of a policy's requests."""

    name: str
    requests: int
    answered: float
    """Share of all."""
    first_try: float
    """Share of all that the first endpoint answered."""
    best_first_try: float
    """The same for somebody who knows which endpoint is most likely to answer."""
    attempts: float
    """Per request."""
    cost_ratio: float
    """Price of who answered, over the cheapest that could have."""
    p50_s: float
    p99_s: float
    """To the first token, failed attempts included."""
    reaction: Reaction
    failed_first: tuple[float, ...]
    """Share of first choices that failed, in each of the plot's slices of time."""
    cpu_us: float
    """Processor time for each request, the simulation's own included."""


class Simulation:
    """Counts as it goes; `run` once."""

    def __init__(self, policy: Policy, endpoints: list[SimulatedEndpoint], clock: VirtualClock, duration_s: float):
        self._policy = policy
        self._endpoints = endpoints
        self._clock = clock
        self._duration_s = duration_s
        self._pending: list[tuple[float, int, int, Result]] = []
        self._learnt = self._attempts = self._answered = 0
        self._waits_s = array("d")
        self._paid = self._could_have_paid = self._best_first = 0.0
        size = int(duration_s / BUCKET_S) + 2
        self._first = [array("L", [0] * size) for _ in endpoints]
        self._first_failed = array("L", [0] * size)
        self._by_price = sorted(endpoints, key=lambda endpoint: endpoint.price_usd)
        self._known_until_s = 0.0
        self._cheapest_usd = self._best = 0.0

    def run(self, requests: int, seed: int, slices: int) -> Day:
        """Requests come at equal distances over the whole duration."""
        dice, distance_s = random.Random(seed), self._duration_s / requests
        began_s = process_time()
        for number in range(requests):
            self._ask(number * distance_s, dice)
        cpu_s = process_time() - began_s
        leave_s, back_s = self._reactions()
        return Day(
            requests=requests,
            answered=self._answered,
            failed_first=sum(self._first_failed),
            best_first=self._best_first,
            attempts=self._attempts,
            paid_usd=self._paid,
            could_have_paid_usd=self._could_have_paid,
            waits_s=self._waits_s,
            leave_s=leave_s,
            back_s=back_s,
            slices=self._slices(slices),
            cpu_s=cpu_s,
        )

    def _ask(self, now_s: float, dice: random.Random) -> None:
        self._learn_until(now_s)
        self._clock.now_s = now_s
        self._look_around(now_s)
        bucket, at_s = int(now_s / BUCKET_S), now_s
        order = self._policy.order(self._clock)
        self._first[order[0]][bucket] += 1
        for index in order[:ATTEMPTS_MAX]:
            self._policy.begin(index)
            result = self._endpoints[index].attempt(at_s, dice)
            self._attempts += 1
            at_s += result.after_s
            self._learnt += 1
            heapq.heappush(self._pending, (at_s, self._learnt, index, result))
            if result.fault is None:
                self._answered += 1
                self._waits_s.append(at_s - now_s)
                self._paid += self._endpoints[index].price_usd
                self._could_have_paid += self._cheapest_usd
                return
            if index == order[0]:
                self._first_failed[bucket] += 1

    def _learn_until(self, now_s: float) -> None:
        """Outcomes reach the policy when they are there."""
        pending = self._pending
        while pending and pending[0][0] <= now_s:
            at_s, _, index, result = heapq.heappop(pending)
            self._clock.now_s = at_s
            self._policy.learn(index, result)

    def _look_around(self, now_s: float) -> None:
        """What somebody who knows everything would do; looked up once for each second."""
        if now_s >= self._known_until_s:
            self._known_until_s = now_s + 1.0
            failing = [endpoint.failing_at(now_s) for endpoint in self._by_price]
            self._best = 1 - min(failing)
            able = [e.price_usd for e, share in zip(self._by_price, failing, strict=True) if share < 1.0]
            self._cheapest_usd = able[0] if able else self._by_price[0].price_usd
        self._best_first += self._best

    def _slices(self, count: int) -> tuple[float, ...]:
        """The share of first choices that failed, over time."""
        size = int(self._duration_s / BUCKET_S)
        edges = [size * n // count for n in range(count + 1)]
        return tuple(
            sum(self._first_failed[a:b]) / max(1, sum(sum(first[a:b]) for first in self._first))
            for a, b in pairwise(edges)
        )

    def _reactions(self) -> tuple[list[float], list[float]]:
        leave, back = list[float](), list[float]()
        for index, endpoint in enumerate(self._endpoints):
            for incident in endpoint.incidents:
                if incident.kind in ("outage", "black hole") and incident.end_s < self._duration_s - 900:
                    self._react(self._first[index], incident, leave, back)
        return leave, back

    def _react(self, first: "array[int]", incident: Incident, leave: list[float], back: list[float]) -> None:
        start, end = int(incident.start_s / BUCKET_S) + 1, int(incident.end_s / BUCKET_S)
        seen = first[max(0, start - 1 - _BEFORE) : start - 1]
        if start < _BEFORE or sum(seen) < _FIRST_CHOICES_MIN:
            return
        usual = sum(seen) / len(seen)
        left = next((b for b in range(start, end) if sum(first[b : b + _SMOOTHED]) < _LEFT * usual * _SMOOTHED), None)
        leave.append(float("inf") if left is None else max(0.0, left * BUCKET_S - incident.start_s))
        if left is not None:
            returned = range(end, len(first) - _SMOOTHED)
            came = next((b for b in returned if sum(first[b : b + _SMOOTHED]) >= _BACK * usual * _SMOOTHED), None)
            back.append(float("inf") if came is None else max(0.0, came * BUCKET_S - incident.end_s))


def outcome(name: str, days: Sequence[Day]) -> Outcome:
    """All days of a policy together."""
    requests = sum(day.requests for day in days)
    leave_s, back_s = [each for day in days for each in day.leave_s], [each for day in days for each in day.back_s]
    cuts = statistics.quantiles([wait_s for day in days for wait_s in day.waits_s], n=100)
    return Outcome(
        name=name,
        requests=requests,
        answered=sum(day.answered for day in days) / requests,
        first_try=1 - sum(day.failed_first for day in days) / requests,
        best_first_try=sum(day.best_first for day in days) / requests,
        attempts=sum(day.attempts for day in days) / requests,
        cost_ratio=sum(day.paid_usd for day in days) / sum(day.could_have_paid_usd for day in days),
        p50_s=cuts[49],
        p99_s=cuts[98],
        reaction=Reaction(len(leave_s), _median(leave_s), _median(back_s)),
        failed_first=tuple(statistics.fmean(shares) for shares in zip(*(day.slices for day in days), strict=True)),
        cpu_us=sum(day.cpu_s for day in days) / requests * 1e6,
    )


def _median(values: list[float]) -> float | None:
    middle = statistics.median(values) if values else float("inf")
    return None if middle == float("inf") else middle
