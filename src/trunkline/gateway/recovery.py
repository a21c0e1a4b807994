"""Stream recovery: an answer that broke off after its content had begun goes on at another endpoint.

Off unless `[recovery]` says otherwise; decision and money: docs/develop/decisions/0027-stream-recovery.md. What may be
joined is decided in `protocols/continuation.py`, who can go on in `gateway/upstreams.py`; here is the state of one
request between its parts.
"""

from msgspec.structs import replace

from trunkline.core.errors import TrunklineError
from trunkline.gateway.conversion import target_of
from trunkline.gateway.exchange import Broken, Exchange, Recovery
from trunkline.gateway.generation_conversion import InboundGeneration
from trunkline.gateway.settlement import Bill, Settlement
from trunkline.gateway.upstreams import GOES_ON, protocol_of
from trunkline.protocols.answers import AnswerStream
from trunkline.protocols.client import ClientRequest
from trunkline.protocols.continuation import ContinuableStream
from trunkline.protocols.estimates import estimated_tokens
from trunkline.protocols.faults.types import Classified
from trunkline.routing.types import Candidate, Plan

_FORMED = frozenset({"response_format", "structured_outputs", "web_search_options"})
"""Parameters whose answers are whole or nothing: a form that is enforced from the first token on, sources that are
cited by place."""
_NO_FORMATS = frozenset[str]()


def begin_recovery(exchange: Exchange, plan: Plan) -> None:
    """Prepare for a break, if this request's answer could be gone on with by one of those that may be asked next."""
    settings, request = exchange.world.settings.recovery, exchange.request
    if (
        isinstance(exchange.inbound, InboundGeneration)
        and exchange.inbound.operation == "chat"
        and request.n == 1
        and request.output_modalities <= {"text"}
        and request.used_parameters.isdisjoint(_FORMED)
        and any(can_go_on(candidate) for candidate in plan.attempts[1:])
        and _is_sayable(exchange.inbound.request)
    ):
        exchange.recovery = Recovery(left=settings.continuations_max)


def _is_sayable(request: ClientRequest) -> bool:
    """Whether it can be put to an endpoint of another format: some requests only their own understands."""
    try:
        request.to_hub()
    except TrunklineError:
        return False
    return True


def can_go_on(candidate: Candidate) -> bool:
    """Whether this endpoint goes on with an answer that another one began. One that must think cannot: it would think
    again, in the middle of its answer."""
    reasoning, endpoint = candidate.model.reasoning, candidate.endpoint
    if reasoning is not None and reasoning.mandatory:
        return False
    protocol_name = protocol_of(endpoint, _NO_FORMATS)
    goes_on = GOES_ON.get(protocol_name)
    return goes_on is not None and goes_on(target_of(candidate, user_hash=None, max_tokens_override=None))


def note_break(
    exchange: Exchange, answer: AnswerStream, classified: Classified, settlement: Settlement, now_s: float
) -> bool:
    """The upstream broke off after content. True: another endpoint may go on with what it said.

    What the broken attempt cost is noted; the caller is never billed for it (routing-and-catalog.md 6).
    """
    recovery, said = exchange.recovery, answer.said if isinstance(answer, ContinuableStream) else None
    if recovery is None or said is None or recovery.left <= 0:
        return False
    if exchange.client_gone or classified.next_endpoint != "any":
        return False
    assert isinstance(answer, ContinuableStream)
    assert exchange.candidate is not None and exchange.runtime is not None
    price_part(exchange, settlement.bill(exchange))
    exchange.in_parts = True
    recovery.left -= 1
    recovery.answer = answer
    recovery.broken = Broken(
        candidate=exchange.candidate, runtime=exchange.runtime, facts=answer.facts, classified=classified
    )
    exchange.said_tokens = estimated_tokens(len(said))
    exchange.awaited_since_s = now_s
    return True


def price_part(exchange: Exchange, part: Bill) -> None:
    """The last attempt is one of several that had a part in the answer: what it counted, and what it cost."""
    exchange.attempts[-1] = replace(
        exchange.attempts[-1],
        tokens_prompt=part.usage.prompt_tokens,
        tokens_completion=part.usage.completion_tokens,
        upstream_cost_nanousd=part.charge.upstream_nanousd,
    )


def may_follow(exchange: Exchange, candidate: Candidate) -> bool:
    """Whether this candidate may be asked next: after a break, one of the same model that can go on."""
    broken = exchange.recovery.broken if exchange.recovery is not None else None
    return broken is None or (candidate.model.id == broken.candidate.model.id and can_go_on(candidate))


def return_to_break(exchange: Exchange) -> Broken | None:
    """Nobody went on: the exchange is again that of the attempt that broke off, which is what the client is told.
    None: nothing broke off."""
    broken = exchange.recovery.broken if exchange.recovery is not None else None
    if broken is not None:
        exchange.candidate, exchange.runtime, exchange.facts = broken.candidate, broken.runtime, broken.facts
    return broken
