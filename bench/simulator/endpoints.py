"""Simulated endpoints: prices, latencies and what befalls them over the day."""

import random
from bisect import bisect_right
from typing import Literal

from msgspec import Struct

from trunkline.protocols.faults.classify import classify, classify_failure
from trunkline.protocols.faults.types import Classified

Kind = Literal["outage", "black hole", "brown-out", "rate limit", "slow start"]
"""Refuses at once; takes requests and is silent; fails a third and is slow; 429 with hints; slow after an outage."""

TIMEOUT_S = 10.0
_REFUSED_AFTER_S = 0.05
_FAULTS: dict[Kind, Classified] = {
    "outage": classify_failure("connect"),
    "black hole": classify_failure("timeout_read"),
    "brown-out": classify(503, {}, b""),
    "rate limit": classify(429, {"retry-after": "20"}, b""),
    "slow start": classify(503, {}, b""),
}
_PLAIN_FAULT = classify(500, {}, b"")


class _Effect(Struct, frozen=True):
    """What an incident does: share of attempts that fail, how long a failure takes, how much slower answers are."""

    failing: float
    failure_s: float
    slower: float


_EFFECTS: dict[Kind, _Effect] = {
    "outage": _Effect(1.0, _REFUSED_AFTER_S, 1.0),
    "black hole": _Effect(1.0, TIMEOUT_S, 1.0),
    "brown-out": _Effect(0.35, 1.0, 3.0),
    "rate limit": _Effect(0.8, 0.1, 1.0),
    "slow start": _Effect(0.05, 1.0, 4.0),
}
_DURATIONS_S: dict[Kind, tuple[float, float]] = {
    "outage": (120, 1200),
    "black hole": (60, 600),
    "brown-out": (300, 1800),
    "rate limit": (60, 600),
    "slow start": (120, 120),
}
_BEFALLING: tuple[Kind, ...] = ("outage", "black hole", "brown-out", "rate limit")


class Incident(Struct, frozen=True):
    """From when to when what is wrong."""

    start_s: float
    end_s: float
    kind: Kind


class Result(Struct, frozen=True):
    """What became of one attempt: seconds to the first token or to the failure; no fault means an answer."""

    after_s: float
    fault: Classified | None


class SimulatedEndpoint:
    """One endpoint: `price_usd` per million tokens, `median_s` to its first token."""

    def __init__(self, name: str, price_usd: float, median_s: float, failing: float, incidents: list[Incident]) -> None:
        self.name = name
        self.price_usd = price_usd
        self.median_s = median_s
        self.failing = failing
        self.incidents = incidents
        self._starts_s = [incident.start_s for incident in incidents]

    def incident_at(self, now_s: float) -> Incident | None:
        """What is wrong at that moment."""
        position = bisect_right(self._starts_s, now_s) - 1
        if position < 0 or self.incidents[position].end_s <= now_s:
            return None
        return self.incidents[position]

    def failing_at(self, now_s: float) -> float:
        """Share of attempts that fail at that moment."""
        incident = self.incident_at(now_s)
        return self.failing if incident is None else max(self.failing, _EFFECTS[incident.kind].failing)

    def attempt(self, now_s: float, dice: random.Random) -> Result:
        """What becomes of a request that is sent now."""
        incident = self.incident_at(now_s)
        latency_s = self.median_s * dice.lognormvariate(0.0, 0.5)
        if incident is None:
            return Result(latency_s, _PLAIN_FAULT if dice.random() < self.failing else None)
        effect = _EFFECTS[incident.kind]
        if dice.random() < effect.failing:
            return Result(effect.failure_s, _FAULTS[incident.kind])
        return Result(latency_s * effect.slower, None)


def make_endpoints(count: int, duration_s: float, seed: int) -> list[SimulatedEndpoint]:
    """Endpoints at 1 to 3 dollars, 0.2 to 1.5 s, failing in up to 1 %, each with about three incidents.

    Cheap ones are slower on the whole, as they are.
    """
    dice = random.Random(seed)
    made: list[SimulatedEndpoint] = []
    for number in range(count):
        price_usd = 1.0 + 2.0 * number / max(1, count - 1)
        median_s = max(0.2, 1.5 - 0.5 * (price_usd - 1.0) + dice.uniform(-0.4, 0.4))
        made.append(
            SimulatedEndpoint(
                f"p{number:02}", price_usd, median_s, dice.uniform(0.001, 0.01), _incidents(duration_s, dice)
            )
        )
    return made


def _incidents(duration_s: float, dice: random.Random) -> list[Incident]:
    found: list[Incident] = []
    now_s = dice.expovariate(3 / duration_s)
    while now_s < duration_s:
        kind = dice.choice(_BEFALLING)
        end_s = now_s + dice.uniform(*_DURATIONS_S[kind])
        found.append(Incident(now_s, end_s, kind))
        if kind == "outage":
            found.append(Incident(end_s, end_s + _DURATIONS_S["slow start"][0], "slow start"))
        now_s = found[-1].end_s + 300 + dice.expovariate(3 / duration_s)
    return found
