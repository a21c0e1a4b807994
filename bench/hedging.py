"""`python -m bench.hedging`: what hedging gains and costs, in virtual time, by the gateway's own percentile and budget.

Three endpoints of one model share the load 7 : 2 : 1. First tokens are lognormal around half a second; one in thirty
takes eight times as long, and each endpoint has a brown-out of three minutes now and then in which all do.
"""

import argparse
import random
from math import inf

from bench.simulator.policies import VirtualClock
from trunkline.gateway.hedging import LATE_PERCENT, HedgeBudget
from trunkline.routing.health import MemoryHealth
from trunkline.settings import Hedging, Routing

ENDPOINTS = ("a", "b", "c")
SHARES = (7, 2, 1)
REQUESTS_PER_SECOND = 20.0
MEDIAN_S, SPREAD = 0.5, 0.45
STRAGGLERS, SLOWNESS = 1 / 30, 8.0
BROWN_OUT_EVERY_S, BROWN_OUT_S = 2_400.0, 180.0
PERCENTS = (0.0, 1.0, 2.0, 5.0, 10.0, 100.0)


class Endpoint:
    """How long its first token takes at a time of the day."""

    def __init__(self, dice: random.Random, seconds: float) -> None:
        self._dice = dice
        self._brown_outs: list[float] = []
        at_s = dice.expovariate(1 / BROWN_OUT_EVERY_S)
        while at_s < seconds:
            self._brown_outs.append(at_s)
            at_s += BROWN_OUT_S + dice.expovariate(1 / BROWN_OUT_EVERY_S)

    def first_token_s(self, now_s: float) -> float:
        drawn_s = MEDIAN_S * self._dice.lognormvariate(0, SPREAD)
        in_brown_out = any(begin <= now_s < begin + BROWN_OUT_S for begin in self._brown_outs)
        return drawn_s * SLOWNESS if in_brown_out or self._dice.random() < STRAGGLERS else drawn_s


def simulate(extra_percent: float, requests: int, seed: int) -> tuple[list[float], int, int]:
    """Times to the first token, second requests, and how many of those spoke first."""
    dice, clock = random.Random(seed), VirtualClock()
    endpoints = {name: Endpoint(dice, requests / REQUESTS_PER_SECOND) for name in ENDPOINTS}
    settings, budget = Hedging(enabled=True, extra_percent=extra_percent), HedgeBudget()
    health = MemoryHealth(clock, Routing())
    times, seconds, won = list[float](), 0, 0
    for _ in range(requests):
        clock.now_s += dice.expovariate(REQUESTS_PER_SECOND)
        (first,) = dice.choices(ENDPOINTS, SHARES)
        other = next(name for name in ENDPOINTS if name != first)
        first_s = endpoints[first].first_token_s(clock.now_s)
        budget.earn(extra_percent)
        usual_s = health.usual_wait_s(first, LATE_PERCENT, settings.samples_min)
        patience_s = inf if usual_s is None else max(usual_s, settings.floor_seconds)
        if first_s <= patience_s or not budget.spend():
            health.record(first, outcome="success", latency_s=first_s)
            times.append(first_s)
            continue
        second_s = patience_s + endpoints[other].first_token_s(clock.now_s)
        seconds += 1
        won += second_s < first_s
        kept, lost = (other, first) if second_s < first_s else (first, other)
        health.record(kept, outcome="success", latency_s=first_s if kept == first else second_s - patience_s)
        health.note_wait(lost, second_s if lost == first else first_s - patience_s)
        times.append(min(first_s, second_s))
    return sorted(times), seconds, won


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--requests", type=int, default=200_000)
    parser.add_argument("--seed", type=int, default=1)
    arguments = parser.parse_args()
    print("| `extra_percent` | p50 | p95 | p99 | p99.9 | second requests | of them spoke first |")
    print("|--:|--:|--:|--:|--:|--:|--:|")
    for percent in PERCENTS:
        times, seconds, won = simulate(percent, arguments.requests, arguments.seed)
        at = [f"{times[int(len(times) * share)]:.2f} s" for share in (0.5, 0.95, 0.99, 0.999)]
        spoke = f"{won / seconds:.0%}" if seconds else "–"
        print(f"| {percent:g} | {' | '.join(at)} | {seconds / len(times):.2%} | {spoke} |")


if __name__ == "__main__":
    main()
