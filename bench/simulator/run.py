"""One policy through one day: what came of its requests, and how it took to each incident."""

import heapq
import random
import statistics
from array import array
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

    def run(self, requests: int, seed: int, slices: int) -> Outcome:
        """Requests come at equal distances over the whole duration."""
        dice, distance_s = random.Random(seed), self._duration_s / requests
        began_s = process_time()
        for number in range(requests):
            self._ask(number * distance_s, dice)
        cpu_us = (process_time() - began_s) / requests * 1e6
        cuts = statistics.quantiles(self._waits_s, n=100)
        return Outcome(
            name=self._policy.name,
            requests=requests,
            answered=self._answered / requests,
            first_try=1 - sum(self._first_failed) / requests,
            best_first_try=self._best_first / requests,
            attempts=self._attempts / requests,
            cost_ratio=self._paid / self._could_have_paid,
            p50_s=cuts[49],
            p99_s=cuts[98],
            reaction=self._reaction(),
            failed_first=self._slices(slices),
            cpu_us=cpu_us,
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

    def _reaction(self) -> Reaction:
        leave, back = list[float](), list[float]()
        for index, endpoint in enumerate(self._endpoints):
            for incident in endpoint.incidents:
                if incident.kind in ("outage", "black hole") and incident.end_s < self._duration_s - 900:
                    self._react(self._first[index], incident, leave, back)
        return Reaction(len(leave), _median(leave), _median(back))

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


def _median(values: list[float]) -> float | None:
    middle = statistics.median(values) if values else float("inf")
    return None if middle == float("inf") else middle
