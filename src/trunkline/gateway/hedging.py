"""Hedging: when the first content of a stream is late, a second endpoint is asked, and the first to speak is kept.

Off unless `[hedging]` says otherwise; decision and money: docs/develop/decisions/0028-hedging.md. *Late* is later than
19 of 20 streams of that endpoint were. The second request comes out of a budget, so that an outage of everybody does
not double everybody's load.
"""

from msgspec.structs import replace

from trunkline.gateway.attempt import Call, Tries, note
from trunkline.gateway.exchange import Exchange
from trunkline.gateway.generation_conversion import InboundGeneration
from trunkline.gateway.race import Contender
from trunkline.gateway.recovery import price_part
from trunkline.gateway.settlement import Settlement
from trunkline.protocols.faults.types import Classified
from trunkline.routing.health import MemoryHealth
from trunkline.routing.types import Candidate
from trunkline.settings import Hedging

LATE_PERCENT = 95
"""Of an endpoint's own streams that spoke sooner than one which is late."""
BURST = 10.0
"""Second requests that may have been saved up."""


class HedgeBudget:
    """A bucket of second requests: every stream that could be hedged adds its share, and it begins empty."""

    __slots__ = ("_saved",)

    def __init__(self) -> None:
        self._saved = 0.0

    def earn(self, extra_percent: float) -> None:
        """A stream that could be hedged begins."""
        self._saved = min(BURST, self._saved + extra_percent / 100)

    def spend(self) -> bool:
        """Take one second request, if there is one. The sum of many small shares is let off its rounding."""
        if self._saved < 1 - 1e-9:
            return False
        self._saved -= 1
        return True


class Hedger:
    """Which streams are hedged, and when."""

    __slots__ = ("_health", "budget")

    def __init__(self, health: MemoryHealth) -> None:
        self._health = health
        self.budget = HedgeBudget()

    def patience_s(self, exchange: Exchange, call: Call) -> float | None:
        """How long this call may be silent before another endpoint is asked beside it; None: it is not hedged.

        Only first attempts of streams are: a whole answer is late because it is long, and what goes on with a broken
        one has an order. Nothing that is kept by a provider is asked for here (inference.md 17.2), so an answer that
        nobody reads leaves nothing behind.
        """
        settings = exchange.world.settings.hedging
        if not _is_hedgeable(exchange, call):
            return None
        self.budget.earn(settings.extra_percent)
        return _patience_s(self._health, call.candidate, settings)

    def note_loser(self, exchange: Exchange, loser: Contender, tries: Tries, settlement: Settlement) -> None:
        """It failed, and that is told like every failure; or it was outpaced, which is no fault of its own."""
        candidate, runtime, opened = loser.call.candidate, loser.call.runtime, loser.opened
        exchange.attempts_ended += 1
        if isinstance(opened, Classified):
            note(exchange, candidate, runtime, status=opened.status, latency_s=loser.latency_s)
            self._health.record(candidate.endpoint.id, outcome=opened)
            tries.failed(candidate, runtime.provider.name, opened)
            return
        note(exchange, candidate, runtime, status=200 if loser.has_begun else None, latency_s=loser.latency_s)
        price_part(exchange, settlement.bill_unheard(exchange, candidate, has_begun=loser.has_begun))
        exchange.attempts[-1] = replace(exchange.attempts[-1], outpaced=True)
        self._health.note_wait(candidate.endpoint.id, loser.waited_s())


def _patience_s(health: MemoryHealth, candidate: Candidate, settings: Hedging) -> float | None:
    usual_s = health.usual_wait_s(candidate.endpoint.id, LATE_PERCENT, settings.samples_min)
    return None if usual_s is None else max(usual_s, settings.floor_seconds)


def _is_hedgeable(exchange: Exchange, call: Call) -> bool:
    return (
        isinstance(exchange.inbound, InboundGeneration)
        and exchange.inbound.operation == "chat"
        and not exchange.attempts
        and not call.encoded.takes_several_calls
        and not call.runtime.in_process
        and _is_shared(call.candidate)
    )


def may_hedge(candidate: Candidate, first: Candidate) -> bool:
    """Whether this candidate may be asked beside the first: of the same model, and in order."""
    return candidate.model.id == first.model.id and candidate.rank <= 1 and _is_shared(candidate)


def _is_shared(candidate: Candidate) -> bool:
    """Neither at the expense of a caller's own provider key nor of its quota of free requests."""
    return candidate.byok_key_id is None and candidate.endpoint.variant != "free"
