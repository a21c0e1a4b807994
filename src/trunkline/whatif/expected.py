"""What would probably have come of a request under a plan: each attempt answers with its probability, else the next.

An endpoint that was called for this very request does what it did then. Another one is taken as it was measured at that
time (`measured.py`); one of which nothing is known is taken to answer, and counted apart.
"""

from collections.abc import Sequence

from msgspec.structs import replace

from trunkline.catalog.pricing import charge
from trunkline.catalog.types import Endpoint
from trunkline.protocols.events import Usage
from trunkline.routing.types import Candidate
from trunkline.whatif.asking import Replayed
from trunkline.whatif.measured import CERTAIN, Fare, Measured
from trunkline.whatif.totals import Tally

_NEGLIGIBLE = 10
"""Millionths of a request that nobody follows further."""


class Expectations:
    """Adds up what one scenario's plans lead to."""

    def __init__(self, measured: Measured, repriced: frozenset[str]) -> None:
        """`repriced`: ids of endpoints that cost something else than when they were recorded; where others answer as
        they did, what was recorded is what it costs."""
        self._measured = measured
        self._repriced = repriced
        self.tallies: dict[str, Tally] = {}
        """By the model that was recorded."""

    def tally(self, model: str) -> Tally:
        """The model's."""
        found = self.tallies.get(model)
        if found is None:
            found = self.tallies[model] = Tally()
        return found

    def refuse(self, request: Replayed) -> None:
        """No endpoint may serve it."""
        sums = self.tally(request.generation.model).sums
        sums.requests += 1
        sums.counted += request.is_counted
        sums.refused += 1

    def follow(self, request: Replayed, attempts: Sequence[Candidate], mean_completion_tokens: int) -> None:
        """Attempt after attempt until it is answered. For an answer that never came, `mean_completion_tokens` stand."""
        generation = request.generation
        tally = self.tally(generation.model)
        sums, left, unmeasured = tally.sums, CERTAIN, 0
        for candidate in attempts:
            endpoint = candidate.endpoint
            chance, fare = self._chance(request, endpoint)
            answers = left if chance is None else left * chance // CERTAIN
            if answers:
                tally.add_endpoint(endpoint.id, answers)
                self._add_cost(tally, request, endpoint, answers, mean_completion_tokens)
                if generation.streamed:
                    self._add_wait(tally, request, endpoint, fare, answers)
            if chance is None:
                unmeasured = answers
            left -= answers
            if left < _NEGLIGIBLE:
                break
        served = CERTAIN - left
        sums.requests += 1
        sums.unmeasured_ppm += unmeasured
        if request.is_counted:
            sums.counted += 1
            sums.served_ppm += served
            sums.surely_ppm += served - unmeasured
        if not request.is_answered:
            sums.rescued_ppm += served

    def _chance(self, request: Replayed, endpoint: Endpoint) -> tuple[int | None, Fare | None]:
        """Millionths; None: not known. The fare is None where the request itself says what would have come of it."""
        match request.outcome_at(endpoint.id):
            case None:
                fare = self._measured.fare(endpoint.id, request.generation.created_at_ms)
                return fare.success, fare
            case "success":
                return CERTAIN, None
            case "uncounted":  # it answered until the client left
                return (CERTAIN if request.is_answered else 0), None
            case "failure" | "rate_limited" | "forbidden":
                return 0, None

    def _add_cost(
        self, tally: Tally, request: Replayed, endpoint: Endpoint, answers: int, mean_completion_tokens: int
    ) -> None:
        sums, generation, sheet = tally.sums, request.generation, endpoint.pricing
        is_there = request.is_answered and endpoint.id == generation.endpoint_id
        if not is_there and request.is_answered:
            sums.moved_ppm += answers
        if is_there and endpoint.id not in self._repriced:
            cost = uncached = generation.upstream_cost_nanousd
        elif not sheet.priced:
            sums.unpriced_ppm += answers
            return
        else:
            usage = request.usage() if request.is_answered else _supposed(request, mean_completion_tokens)
            cost = uncached = charge(sheet, usage, at_ms=generation.created_at_ms).upstream_nanousd
            if usage.cached_tokens and not is_there:
                without = replace(usage, cached_tokens=0)
                uncached = charge(sheet, without, at_ms=generation.created_at_ms).upstream_nanousd
        sums.cost_ppm_nanousd += cost * answers
        sums.cost_uncached_ppm_nanousd += max(cost, uncached) * answers
        if not request.is_answered:
            sums.rescued_cost_ppm_nanousd += cost * answers

    def _add_wait(self, tally: Tally, request: Replayed, endpoint: Endpoint, fare: Fare | None, answers: int) -> None:
        if fare is None and (first_token_ms := request.first_token_ms) is not None:
            tally.waits.add(answers, first_token_ms)
        elif request.generation.status != "cancelled":
            # Of who answered after others had failed, the record has only what all took together.
            tally.waits.add_fare(answers, fare or self._measured.fare(endpoint.id, request.generation.created_at_ms))


def _supposed(request: Replayed, mean_completion_tokens: int) -> Usage:
    """Of a request that nobody answered: its prompt as it was estimated, and an answer of mean length."""
    generation = request.generation
    estimate = 0 if generation.asked is None else generation.asked.prompt_tokens_estimate
    prompt_tokens = generation.native_tokens_prompt or estimate
    return Usage(prompt_tokens=prompt_tokens, completion_tokens=mean_completion_tokens)
