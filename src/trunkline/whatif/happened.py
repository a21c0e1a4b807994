"""What really came of the requests, in the same sums as the replays."""

from trunkline.whatif.asking import Replayed
from trunkline.whatif.measured import CERTAIN
from trunkline.whatif.totals import Tally


class Happened:
    """Adds up records."""

    def __init__(self) -> None:
        self.tallies: dict[str, Tally] = {}
        self._answers: dict[str, tuple[int, int]] = {}

    def add(self, request: Replayed) -> None:
        """Count one."""
        generation = request.generation
        tally = self.tallies.get(generation.model)
        if tally is None:
            tally = self.tallies[generation.model] = Tally()
        sums = tally.sums
        sums.requests += 1
        sums.counted += request.is_counted
        sums.cost_ppm_nanousd += generation.upstream_cost_nanousd * CERTAIN
        sums.cost_uncached_ppm_nanousd += generation.upstream_cost_nanousd * CERTAIN
        if not request.is_answered:
            return
        if request.is_counted:
            sums.served_ppm += CERTAIN
            sums.surely_ppm += CERTAIN
        if generation.endpoint_id is not None:
            tally.add_endpoint(generation.endpoint_id, CERTAIN)
        if generation.streamed and generation.status == "completed" and generation.latency_ms is not None:
            tally.waits.add(CERTAIN, generation.latency_ms)
        count, tokens = self._answers.get(generation.model, (0, 0))
        self._answers[generation.model] = (count + 1, tokens + generation.native_tokens_completion)

    def mean_completion_tokens(self, model: str) -> int:
        """Of the model's answers so far."""
        count, tokens = self._answers.get(model, (0, 0))
        return tokens // count if count else 0
