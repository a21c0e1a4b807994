"""One pass over the records: what happened, what the present settings would have made of it, and what the policy would.

The middle one is the control. Where it differs from what happened, the method is off (or settings have changed since);
what a policy does is the difference between it and the policy.
"""

import random
from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from typing import Final

import msgspec
from msgspec import Struct

from trunkline.catalog.types import Endpoint, Snapshot
from trunkline.core.errors import TrunklineError
from trunkline.generations.types import Generation
from trunkline.routing.instance import Instance
from trunkline.routing.plan import plan
from trunkline.settings import Routing
from trunkline.statistics.outcomes import attempts
from trunkline.whatif.asking import Asker, Left, Replayed, replayed
from trunkline.whatif.expected import Expectations
from trunkline.whatif.happened import Happened
from trunkline.whatif.measured import Measured
from trunkline.whatif.past import ReplayClock, ReplayedPast

SEED: Final = 1
"""Of the dice that balance load, so that the same question has the same answer."""

_decoder = msgspec.json.Decoder(Generation)


class Scenario(Struct, frozen=True, kw_only=True):
    """Who could be called, and by which rules."""

    name: str
    snapshot: Snapshot
    routing: Routing
    asker: Asker
    is_callable: Callable[[Endpoint], bool]


class LeftOut(Struct):
    """Requests that were not replayed, for one reason."""

    requests: int = 0
    cost_nanousd: int = 0


class Outcome(Struct, frozen=True, kw_only=True):
    """Everything that a replay counted."""

    happened: Happened
    scenarios: Mapping[str, Expectations]
    left: Mapping[Left, LeftOut]
    refusals: Mapping[str, Counter[str]]
    """Scenario → why no endpoint may serve a request (routing-and-catalog.md 7) → requests."""
    inferred: int
    """Records without requirements."""


class Replay:
    """Feed it records in the order of time, then take its `outcome`."""

    def __init__(self, scenarios: list[Scenario], measured: Measured, only_model: str | None = None) -> None:
        self._clock = ReplayClock()
        pasts: dict[Routing, ReplayedPast] = {}
        self._tracks = [_Track(one, self._past(one, pasts, measured), measured, scenarios[0]) for one in scenarios]
        self._pasts = list(pasts.values())
        self._snapshot = scenarios[0].snapshot
        self._only_model = only_model
        self._happened = Happened()
        self._left: dict[Left, LeftOut] = {}
        self._inferred = 0

    def add_all(self, records: Iterable[str]) -> None:
        """The next records, in the order of time."""
        for record in records:
            self.add(record)

    def add(self, record: str) -> None:
        """The next record; a damaged one is counted and passed over."""
        try:
            generation = _decoder.decode(record)
        except msgspec.DecodeError:
            self._left.setdefault("unreadable", LeftOut()).requests += 1
            return
        self._clock.advance(generation.created_at_ms)
        for past in self._pasts:
            past.catch_up()
        tried = tuple(attempts(generation))
        if self._only_model is None or generation.model == self._only_model:
            request = replayed(generation, tried, self._snapshot)
            if isinstance(request, Replayed):
                self._replay(request)
            else:
                self._leave(generation, request)
        for past in self._pasts:
            past.learn(generation, tried)

    def outcome(self) -> Outcome:
        """As of the last record."""
        return Outcome(
            happened=self._happened,
            scenarios={track.scenario.name: track.expectations for track in self._tracks},
            left=self._left,
            refusals={track.scenario.name: track.refusals for track in self._tracks},
            inferred=self._inferred,
        )

    def _past(self, scenario: Scenario, known: dict[Routing, ReplayedPast], measured: Measured) -> ReplayedPast:
        """One for all scenarios with the same settings."""
        if scenario.routing not in known:
            known[scenario.routing] = ReplayedPast(self._clock, scenario.routing, measured)
        return known[scenario.routing]

    def _replay(self, request: Replayed) -> None:
        generation = request.generation
        self._inferred += generation.asked is None
        self._happened.add(request)
        mean = 0 if request.is_answered else self._happened.mean_completion_tokens(generation.model)
        for track in self._tracks:
            track.follow(request, mean)

    def _leave(self, generation: Generation, reason: Left) -> None:
        left = self._left.setdefault(reason, LeftOut())
        left.requests += 1
        left.cost_nanousd += generation.upstream_cost_nanousd


class _Track:
    """One scenario on its way through the records."""

    def __init__(self, scenario: Scenario, past: ReplayedPast, measured: Measured, now: Scenario) -> None:
        self.scenario = scenario
        self.expectations = Expectations(measured, _repriced(now.snapshot, scenario.snapshot))
        self.refusals = Counter[str]()
        self._instance = Instance(
            is_callable=scenario.is_callable,
            past=past.past,
            strict_tool_routing=scenario.routing.strict_tool_routing,
        )
        self._dice = random.Random(SEED)  # noqa: S311 -- load balancing, no secret

    def follow(self, request: Replayed, mean_completion_tokens: int) -> None:
        scenario, generation = self.scenario, request.generation
        try:
            decided = plan(
                scenario.asker.query(generation),
                scenario.snapshot,
                self._instance,
                now_ms=generation.created_at_ms,
                dice=self._dice,
            )
        except TrunklineError as refusal:
            code = refusal.availability.code if refusal.availability is not None else refusal.kind
            self.refusals[code] += 1
            self.expectations.refuse(request)
            return
        attempts = decided.attempts[: scenario.routing.attempts_max]
        self.expectations.follow(request, attempts, mean_completion_tokens)


def _repriced(before: Snapshot, after: Snapshot) -> frozenset[str]:
    """Ids of the endpoints that another snapshot has other prices for."""
    if before is after:
        return frozenset()
    known = {endpoint.id: endpoint.pricing for model in before.models.values() for endpoint in model.endpoints}
    return frozenset(
        endpoint.id
        for model in after.models.values()
        for endpoint in model.endpoints
        if endpoint.id in known and endpoint.pricing != known[endpoint.id]
    )
