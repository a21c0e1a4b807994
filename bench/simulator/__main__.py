"""`python -m bench.simulator`: six ways of choosing through the same days, as docs/develop/simulator.md and .svg."""

import argparse
from collections import Counter
from concurrent.futures import ProcessPoolExecutor
from functools import partial
from pathlib import Path

from bench.simulator.endpoints import SimulatedEndpoint, make_endpoints
from bench.simulator.policies import CheapestFirst, LowestLatency, Planned, Policy, RoundRobin, VirtualClock
from bench.simulator.report import plot, table
from bench.simulator.run import Day, Outcome, Simulation, outcome

FOLDER = Path(__file__).parents[2] / "docs" / "develop"
ENDPOINTS = 20
POLICIES = 6
SLICES = 120
_PAGE = """# The routing simulator

`python -m bench.simulator` sends {requests:,} requests of {worlds} times {hours:g} virtual hours through {endpoints}
endpoints at 1 to 3 dollars: with the gateway's own planner and health code, and with three simple ways of choosing.
{incidents};
every policy sees the same ones (seeds from {seed} on). All go on to the next endpoint after a failure, ten attempts at
most.
Where the gateway sorts, one request in ten does not: that is how it knows how others fare.

{table}
Who knew at each moment which endpoint is most likely to answer would be answered at first try in {best:.2%}.

- *cost* is over the cheapest endpoint that was not wholly down.
- *leaves* and *back* are medians over total failures (outage, black hole) of endpoints that the policy had been using:
  until its share of first choices is below a tenth of what it was, and from the end of the failure until it is half
  of that again, in steps of ten seconds. *of* says how many there were.
- *p50* and *p99* are times to the first token, failed attempts included.
- *µs* is processor time for each request, the simulation's own included.

![First choices that failed, over the day](simulator.svg)

## What it shows

Every strategy leaves a dead endpoint within seconds, because nothing comes through is worse than an outage, and comes
back soon after it, because one request tries the end of it for all (decision 0024, with the figures of before). A list
sorted by latency comes back when the endpoint is measured fast again, which its slow start delays. What stays of sorted
requests' failures are brown-outs and rate limits: an endpoint that still answers some keeps its place in a sorted list
(5.4). A moving average of latency takes an endpoint that refuses at once for the fastest of all.
"""


def make_policy(index: int, endpoints: list[SimulatedEndpoint], clock: VirtualClock, seed: int) -> Policy:
    """One of `POLICIES`."""
    match index:
        case 0:
            return Planned("default", endpoints, clock, seed)
        case 1:
            return Planned('sort "price"', endpoints, clock, seed, "price")
        case 2:
            return Planned('sort "latency"', endpoints, clock, seed, "latency")
        case 3:
            return RoundRobin(endpoints)
        case 4:
            return CheapestFirst(endpoints)
        case _:
            return LowestLatency(endpoints)


def simulate(case: tuple[int, int], requests: int, hours: float) -> tuple[str, Day]:
    """A policy (by its index) through the day that a seed makes, and its name."""
    index, seed = case
    clock, duration_s = VirtualClock(), hours * 3600
    endpoints = make_endpoints(ENDPOINTS, duration_s, seed)
    policy = make_policy(index, endpoints, clock, seed)
    return policy.name, Simulation(policy, endpoints, clock, duration_s).run(requests, seed, SLICES)


def page(outcomes: list[Outcome], hours: float, seeds: range) -> str:
    """The document."""
    endpoints = [endpoint for seed in seeds for endpoint in make_endpoints(ENDPOINTS, hours * 3600, seed)]
    kinds = Counter(incident.kind for endpoint in endpoints for incident in endpoint.incidents)
    return _PAGE.format(
        requests=outcomes[0].requests,
        hours=hours,
        endpoints=ENDPOINTS,
        worlds=len(seeds),
        seed=seeds.start,
        incidents="There are " + ", ".join(f"{count} of kind *{kind}*" for kind, count in kinds.most_common()),
        table=table(outcomes),
        best=outcomes[0].best_first_try,
    )


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m bench.simulator", description=__doc__)
    parser.add_argument("--requests", type=int, default=1_000_000)
    parser.add_argument("--hours", type=float, default=3.0, help="virtual time over which they come")
    parser.add_argument("--worlds", type=int, default=4, help="how often, each time with other incidents")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--no-write", action="store_true", help="only print")
    given = parser.parse_args()
    seeds = range(given.seed, given.seed + given.worlds)
    one = partial(simulate, requests=given.requests // given.worlds, hours=given.hours)
    days: dict[str, list[Day]] = {}
    with ProcessPoolExecutor() as processes:
        for name, day in processes.map(one, [(index, seed) for index in range(POLICIES) for seed in seeds]):
            days.setdefault(name, []).append(day)
    outcomes = [outcome(name, lived) for name, lived in days.items()]
    print(table(outcomes))
    if not given.no_write:
        (FOLDER / "simulator.md").write_text(page(outcomes, given.hours, seeds), encoding="utf-8")
        (FOLDER / "simulator.svg").write_text(plot(outcomes, given.hours), encoding="utf-8")


if __name__ == "__main__":
    main()
