"""A routing decision, told: every endpoint of every candidate model, kept or dropped and by which rule, and the order
of attempts (operating.md OP-32).

Written from what the planner itself decided, so it cannot say anything else than what would happen.
"""

from msgspec import Struct

from trunkline.catalog.pricing import effective_prices
from trunkline.catalog.types import Endpoint
from trunkline.core.errors import AvailabilityCode, ErrorType, ExcludedBy, TrunklineError
from trunkline.core.money import format_price
from trunkline.routing.eligibility import Sifted
from trunkline.routing.filters import is_shared_with
from trunkline.routing.plan import Decision
from trunkline.routing.types import Candidate, Past, RoutingQuery, Strategy

_RANKS = ("normal", "degraded", "outage", "down")


class ExplainedEndpoint(Struct, frozen=True, kw_only=True):
    """One endpoint, and what became of it."""

    tag: str
    provider: str
    kept: bool
    dropped_by: str | None = None
    """The first filter that removed it."""
    excluded_by: ExcludedBy | None = None
    attempts: list[int]
    """Its places in the order of attempts, from 1; several where keys of one's own are tried too."""
    health: str
    uptime_percent: float | None
    latency_p50_s: float | None
    throughput_p50_tps: float | None
    prices: dict[str, str]
    """USD per token or unit, for a prompt of this length at this time."""


class ExplainedModel(Struct, frozen=True, kw_only=True):
    """One model that a reference led to."""

    id: str
    reference: str
    strategy: Strategy
    router: str | None
    endpoints: list[ExplainedEndpoint]


class ExplainedAttempt(Struct, frozen=True, kw_only=True):
    """One place in the order of attempts."""

    number: int
    model: str
    endpoint: str
    provider: str
    price_score: str
    """What load balancing and `sort: "price"` compare, USD."""
    byok_key_id: str | None
    compressed_to_tokens: int | None


class ExplainedRefusal(Struct, frozen=True, kw_only=True):
    """Why nothing would be called."""

    status: int
    error_type: ErrorType
    availability_code: AvailabilityCode | None
    message: str


class Explanation(Struct, frozen=True, kw_only=True):
    """The whole decision."""

    requested: list[str]
    task_type: str | None
    region: str | None
    refusal: ExplainedRefusal | None
    attempts: list[ExplainedAttempt]
    models: list[ExplainedModel]


def explained(decision: Decision, query: RoutingQuery, past: Past, now_ms: int) -> Explanation:
    """The decision on a query in words and numbers. Endpoints that the caller may not know of are left out."""
    plan = decision.plan
    attempts = () if plan is None else plan.attempts
    return Explanation(
        requested=list(query.models if plan is None else plan.requested),
        task_type=None if plan is None else plan.task_type,
        region=query.caller.region,
        refusal=None if decision.refusal is None else refused(decision.refusal),
        attempts=[_attempt(number, candidate) for number, candidate in enumerate(attempts, 1)],
        models=[_model(one, query, attempts, past, now_ms) for one in decision.sifted],
    )


def refused(error: TrunklineError) -> ExplainedRefusal:
    """A refusal as an explanation shows it."""
    return ExplainedRefusal(
        status=error.http_status,
        error_type=error.kind,
        availability_code=None if error.availability is None else error.availability.code,
        message=error.message,
    )


def _attempt(number: int, candidate: Candidate) -> ExplainedAttempt:
    return ExplainedAttempt(
        number=number,
        model=candidate.model.id,
        endpoint=candidate.endpoint.tag,
        provider=candidate.endpoint.provider,
        price_score=format_price(candidate.price),
        byok_key_id=candidate.byok_key_id,
        compressed_to_tokens=candidate.compressed_to,
    )


def _model(
    one: Sifted, query: RoutingQuery, attempts: tuple[Candidate, ...], past: Past, now_ms: int
) -> ExplainedModel:
    resolved = one.resolved
    dropped = {found.endpoint.id: found for found in one.dropped}
    places: dict[str, list[int]] = {}
    for number, candidate in enumerate(attempts, 1):
        places.setdefault(candidate.endpoint.id, []).append(number)

    def endpoint(found: Endpoint) -> ExplainedEndpoint:
        drop = dropped.get(found.id)
        prices = effective_prices(found.pricing, prompt_tokens=query.prompt_tokens_estimate, at_ms=now_ms)
        return ExplainedEndpoint(
            tag=found.tag,
            provider=found.provider,
            kept=drop is None and not resolved.is_free_gone,
            dropped_by=drop.filter if drop is not None else None,
            excluded_by=drop.excluded_by if drop is not None else None,
            attempts=places.get(found.id, []),
            health=_RANKS[past.health.rank(found.id)],
            uptime_percent=past.health.uptime_percent(found.id),
            latency_p50_s=past.latency_s(found.id, "p50"),
            throughput_p50_tps=past.throughput_tps(found.id, "p50"),
            prices={key: format_price(price) for key, price in prices.items()},
        )

    identities = query.caller.identities
    return ExplainedModel(
        id=resolved.model.id,
        reference=resolved.reference,
        strategy=resolved.strategy,
        router=resolved.router,
        endpoints=[endpoint(found) for found in resolved.model.endpoints if is_shared_with(found, identities)],
    )
