"""`python -m bench.simulator`: six ways of choosing through the same day; writes docs/develop/simulator.md and .svg."""

import argparse
from collections import Counter
from concurrent.futures import ProcessPoolExecutor
from functools import partial
from pathlib import Path

from bench.simulator.endpoints import SimulatedEndpoint, make_endpoints
from bench.simulator.policies import CheapestFirst, LowestLatency, Planned, Policy, RoundRobin, VirtualClock
from bench.simulator.report import plot, table
from bench.simulator.run import Outcome, Simulation

FOLDER = Path(__file__).parents[2] / "docs" / "develop"
ENDPOINTS = 20
POLICIES = 6
SLICES = 120
_PAGE = """# The routing simulator

`python -m bench.simulator --requests {requests}` sends its requests of {hours:g} virtual hours through
{endpoints} endpoints at 1 to 3 dollars: with the gateway's own planner and health code, and with three simple ways
of choosing.
{incidents};
every policy sees the same ones (seed {seed}). All go on to the next endpoint after a failure, ten attempts at most.
Where the gateway sorts, one request in ten does not: that is how it knows how others fare.

{table}
Who knew at each moment which endpoint is most likely to answer would be answered at first try in {best:.2%}.

- *cost* is over the cheapest endpoint that was not wholly down.
- *leaves* and *back* are medians over total failures (outage, black hole) of endpoints that the policy had been using:
  until its share of first choices is below a tenth of what it was, and from the end of the failure until it is half
  of that again, in steps of ten seconds. {reactions} of them count for the default.
- *p50* and *p99* are times to the first token, failed attempts included.
- *µs* is processor time for each request, the simulation's own included.

![First choices that failed, over the day](simulator.svg)

## What it shows

The default leaves a dead endpoint within seconds and comes back when the half hour of its uptime (5.1) allows, which is
minutes. A sorted request takes endpoints in the order of the sort and puts behind only those that are down for the half
hour (5.4), so it goes on trying a dead first choice, at the price of one quick attempt for each request. A moving
average of latency takes an endpoint that refuses at once for the fastest of all.
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


def simulate(index: int, requests: int, hours: float, seed: int) -> Outcome:
    """One policy through the day that the seed makes."""
    clock, duration_s = VirtualClock(), hours * 3600
    endpoints = make_endpoints(ENDPOINTS, duration_s, seed)
    policy = make_policy(index, endpoints, clock, seed)
    return Simulation(policy, endpoints, clock, duration_s).run(requests, seed, SLICES)


def page(outcomes: list[Outcome], hours: float, seed: int) -> str:
    """The document."""
    endpoints = make_endpoints(ENDPOINTS, hours * 3600, seed)
    kinds = Counter(incident.kind for endpoint in endpoints for incident in endpoint.incidents)
    return _PAGE.format(
        requests=outcomes[0].requests,
        hours=hours,
        endpoints=ENDPOINTS,
        seed=seed,
        incidents="There are " + ", ".join(f"{count} of kind *{kind}*" for kind, count in kinds.most_common()),
        table=table(outcomes),
        best=outcomes[0].best_first_try,
        reactions=outcomes[0].reaction.incidents,
    )


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m bench.simulator", description=__doc__)
    parser.add_argument("--requests", type=int, default=1_000_000)
    parser.add_argument("--hours", type=float, default=6.0, help="virtual time over which they come")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--no-write", action="store_true", help="only print")
    given = parser.parse_args()
    one = partial(simulate, requests=given.requests, hours=given.hours, seed=given.seed)
    with ProcessPoolExecutor() as processes:
        outcomes = list(processes.map(one, range(POLICIES)))
    print(table(outcomes))
    if not given.no_write:
        (FOLDER / "simulator.md").write_text(page(outcomes, given.hours, given.seed), encoding="utf-8")
        (FOLDER / "simulator.svg").write_text(plot(outcomes, given.hours), encoding="utf-8")


if __name__ == "__main__":
    main()
