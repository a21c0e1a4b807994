"""From what a request calls its models to models of the catalog: routing-and-catalog.md 2.1, 3 step 6, 8, 10 and 12.

A name may be a model's, an alias, `~author/family-latest` or a router's; a router's own list takes its place.
"""

import random
from collections.abc import Iterable

from msgspec import Struct, structs

from trunkline.catalog.pricing import price_score
from trunkline.catalog.types import Model, Snapshot
from trunkline.core.errors import Availability, NoEndpoints
from trunkline.routing.ask import Ask
from trunkline.routing.eligibility import sift
from trunkline.routing.filters import is_alive, tier_of
from trunkline.routing.instance import Instance
from trunkline.routing.routers import auto, bodybuilder, free, pareto
from trunkline.routing.routers.context import Choice, RouterContext
from trunkline.routing.routers.names import ROUTER_PREFIXES, STRATEGIES, RouterId, router_of
from trunkline.routing.slugs import Reference, Resolved, is_visible, parse_reference, resolve
from trunkline.routing.types import RoutingQuery

_NEEDED_OF_ROUTED = frozenset({"tools", "structured_outputs", "response_format"})
"""A router chooses only models that support those of them that the request uses."""


class Resolution(Struct, frozen=True):
    """The models that the references lead to, in order."""

    models: list[Resolved]
    is_routed: bool = False
    """A router chose some of them."""
    task_type: str | None = None
    """What the auto router took the request for."""


class Question(Struct, frozen=True, kw_only=True):
    """One request, and everything that its references may be resolved by."""

    query: RoutingQuery
    snapshot: Snapshot
    instance: Instance
    ask: Ask
    dice: random.Random


def resolve_references(question: Question, references: tuple[str, ...]) -> Resolution:
    """Raises ModelNotFound (400) for an unknown name. A router or alias that leads nowhere is skipped; NoEndpoints
    (404) when no other is left."""
    found: list[Resolved] = []
    task_type: str | None = None
    is_routed = False
    dead_end: NoEndpoints | None = None
    for reference in references:
        if not is_indirect(reference):
            found.append(_named(question, reference))
            continue
        try:
            more, task = _indirect(question, reference)
        except NoEndpoints as reason:
            dead_end = dead_end or reason
            continue
        found += more
        is_routed = is_routed or more[0].router is not None
        task_type = task_type or task
    if not found and dead_end is not None:
        raise dead_end
    return Resolution(found, is_routed, task_type)


def is_indirect(reference: str) -> bool:
    """Whether it may be more than a name of the catalog."""
    name = reference.lstrip()
    return name[:1] == "~" or name.lower().startswith(ROUTER_PREFIXES)


def _named(question: Question, reference: str) -> Resolved:
    query = question.query
    found = resolve(question.snapshot, reference, query.models, query.caller.identities)
    if not query.wants_pro and query.service_tier is None:
        return found
    return _sibling(question, found)


def _sibling(question: Question, found: Resolved) -> Resolved:
    """The `-fast` or `-pro` model of the same name, where the request asks for that and there is one (10)."""
    query = question.query
    suffix = "-pro" if query.wants_pro else "-fast" if tier_of(query.service_tier) == "priority" else ""
    sibling = question.snapshot.models.get(found.model.id + suffix) if suffix else None
    if sibling is None or sibling.operation != found.model.operation:
        return found
    return structs.replace(found, model=sibling) if is_visible(sibling, query.caller.identities) else found


def _indirect(question: Question, reference: str) -> tuple[list[Resolved], str | None]:
    parsed = parse_reference(reference)
    base = parsed.base.lower()
    if (members := question.snapshot.families.get(base)) is not None:
        return [_latest(question, reference, parsed, members)], None
    router = router_of(base)
    if router is None:
        return [_named(question, reference)], None
    choice = _choose(question, router, parsed)
    if not choice.models:
        raise _no_match(question, reference, router)
    models = [
        Resolved(
            reference=reference,
            model=model,
            dynamic=parsed.dynamic,
            strategy=STRATEGIES[router],
            router=router,
            transient_only=choice.transient_only and position > 0,
        )
        for position, model in enumerate(choice.models)
    ]
    return models, choice.task_type


def _latest(question: Question, reference: str, parsed: Reference, members: tuple[str, ...]) -> Resolved:
    """The newest model of the family that this instance can serve (12.4); never one outside the family."""
    ask = question.ask
    for model_id in members:
        model = question.snapshot.models[model_id]
        if any(ask.is_callable(e) and is_alive(e, ask) for e in model.endpoints):
            return Resolved(reference=reference, model=model, dynamic=parsed.dynamic, strategy="latest")
    raise NoEndpoints(
        f"No endpoints found for {reference}: no model of the family is served by this instance.",
        field="model",
        availability=Availability(code="no_endpoints", retryable=False, requested_models=question.query.models),
    )


def _choose(question: Question, router: RouterId, parsed: Reference) -> Choice:
    query, instance = question.query, question.instance
    context = RouterContext(
        snapshot=question.snapshot,
        tables=instance.router_tables,
        rankings=instance.rankings,
        prompt=query.prompt,
        serves=lambda model: _serves(question, model),
        is_free=lambda model: _is_free(question, model),
        cost=lambda model: _cost(question, model),
        throughput=lambda model: _throughput(question, model),
        by_throughput="nitro" in parsed.dynamic,
        remembered=query.remembered.model_of(router),
        dice=question.dice,
    )
    match router:
        case "openrouter/auto":
            return auto.choose(context, query.routers.auto)
        case "openrouter/auto-beta":
            return auto.choose(context, query.routers.auto_beta)
        case "openrouter/free":
            return free.choose(context)
        case "openrouter/bodybuilder":
            return bodybuilder.choose(context)
        case "openrouter/pareto-code":
            return pareto.choose(context, query.routers.pareto)


def _serves(question: Question, model: Model) -> bool:
    """Whether a router may choose it: a public model of which an endpoint is left that supports what is used."""
    query = question.query
    if model.private_to or model.operation != query.operation or "text" not in model.output_modalities:
        return False
    needed = query.used_parameters & _NEEDED_OF_ROUTED
    survivors = sift(Resolved(reference=model.id, model=model), question.ask).survivors
    return any(needed <= endpoint.supported_parameters for endpoint in survivors)


def _is_free(question: Question, model: Model) -> bool:
    if not any(_costs_nothing(endpoint.pricing.base.values()) for endpoint in model.endpoints):
        return False
    if not _serves(question, model):
        return False
    survivors = sift(Resolved(reference=model.id, model=model), question.ask).survivors
    return all(_costs_nothing(endpoint.pricing.base.values()) for endpoint in survivors)


def _costs_nothing(prices: Iterable[int]) -> bool:
    return not any(prices)


def _cost(question: Question, model: Model) -> int:
    ask = question.ask
    tokens = question.query.prompt_tokens_estimate
    return min(price_score(e.pricing, prompt_tokens=tokens, at_ms=ask.now_ms) for e in model.endpoints)


def _throughput(question: Question, model: Model) -> float | None:
    past = question.instance.past
    known = [tps for e in model.endpoints if (tps := past.throughput_tps(e.id, "p50")) is not None]
    return max(known, default=None)


def _no_match(question: Question, reference: str, router: RouterId) -> NoEndpoints:
    if router == "openrouter/free":
        message = f"No endpoints found for {reference}: no free model of this instance can do what is asked."
    elif router == "openrouter/bodybuilder":
        message = (
            f"No model of this instance writes request bodies for {reference} ([routers] body_builder names them)."
        )
    else:
        message = f"No models match your request and model restrictions ({reference})."
    return NoEndpoints(
        message,
        field="model",
        availability=Availability(code="no_endpoints", retryable=False, requested_models=question.query.models),
    )
