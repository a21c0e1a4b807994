"""The simulator tells better routing from worse, and its world is what its description says."""

import random

import pytest
from bench.simulator.endpoints import Incident, SimulatedEndpoint, make_endpoints
from bench.simulator.policies import CheapestFirst, Planned, Policy, RoundRobin, VirtualClock
from bench.simulator.report import plot, table
from bench.simulator.run import Outcome, Simulation, outcome

from trunkline.routing.types import SortBy

HOUR_S = 3600.0
SLICES = 6


def through_an_outage(
    make: type[RoundRobin] | type[CheapestFirst] | None, requests: int = 18_000, sort: SortBy | None = None
) -> Outcome:
    """Five endpoints; the cheapest is down for ten minutes of the hour. None: the gateway's planner."""
    incident = Incident(1200.0, 1800.0, "outage")
    endpoints = [SimulatedEndpoint(f"p{n}", 1.0 + n, 0.5, 0.001, [] if n else [incident]) for n in range(5)]
    clock = VirtualClock()
    policy: Policy = Planned("default", endpoints, clock, 1, sort) if make is None else make(endpoints)
    return outcome(policy.name, [Simulation(policy, endpoints, clock, HOUR_S).run(requests, 1, SLICES)])


def test_the_planner_leaves_a_failing_endpoint_within_seconds_and_others_never() -> None:
    planned, turns = through_an_outage(None), through_an_outage(RoundRobin)
    assert planned.reaction.leave_s is not None and planned.reaction.leave_s <= 30
    assert turns.reaction.leave_s is None
    assert planned.first_try > 0.99 > turns.first_try


@pytest.mark.parametrize("sort", [None, "price"])
def test_the_planner_comes_back_within_a_minute_though_it_sorts(sort: SortBy | None) -> None:
    reaction = through_an_outage(None, sort=sort).reaction
    assert reaction.leave_s is not None and reaction.leave_s <= 30
    assert reaction.come_back_s is not None and reaction.come_back_s <= 60


def test_what_is_chosen_first_fails_only_in_the_slice_of_the_outage_when_nobody_learns() -> None:
    failed = through_an_outage(CheapestFirst).failed_first
    assert failed[2] > 0.99
    assert max(*failed[:2], *failed[3:]) < 0.01


def test_everything_is_answered_while_somebody_can_and_nobody_beats_the_cheapest() -> None:
    outcomes = [through_an_outage(make) for make in (None, RoundRobin, CheapestFirst)]
    assert all(outcome.answered == 1.0 for outcome in outcomes)
    assert all(outcome.first_try <= outcome.best_first_try + 0.001 for outcome in outcomes)
    assert outcomes[2].cost_ratio == pytest.approx(1.0, abs=0.01)
    assert outcomes[1].cost_ratio > outcomes[0].cost_ratio > 1.0
    assert table(outcomes).count("\n") == 2 + len(outcomes)
    assert plot(outcomes, 1.0).count("<polyline") == len(outcomes)


def test_incidents_come_in_order_apart_and_do_what_they_are_called() -> None:
    dice = random.Random(1)
    for endpoint in make_endpoints(20, 6 * HOUR_S, seed=1):
        ends = [0.0, *(incident.end_s for incident in endpoint.incidents)]
        for before, incident in zip(ends, endpoint.incidents, strict=False):
            assert before <= incident.start_s < incident.end_s
            result = endpoint.attempt(incident.start_s + 1, dice)
            if incident.kind in ("outage", "black hole"):
                assert result.fault is not None and result.fault.transient
                assert (result.after_s >= 10) == (incident.kind == "black hole")
