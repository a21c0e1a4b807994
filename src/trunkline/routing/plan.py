"""From a query to the ordered list of attempts: routing-and-catalog.md 3 steps 6 and 8, 4, 5, 7 and 8.

    resolve the model references → filter each model's endpoints → order them → one flat list

Pure: the catalog, the recent past, the time and the dice are given. `explain` and the real path call the same `plan`.
Presets (15) are merged into the request before it.
"""

import random

from msgspec import Struct

from trunkline.catalog.types import Snapshot
from trunkline.core.errors import Internal, InvalidRequest, ModelNotFound, NotFound, TrunklineError
from trunkline.routing.arrangement import arranged
from trunkline.routing.cases import Case
from trunkline.routing.eligibility import Sifted, prepare, sift
from trunkline.routing.instance import Instance
from trunkline.routing.references import Question, Resolution, is_indirect, resolve_references
from trunkline.routing.refusals import no_tool_support, refusal, wrong_endpoint
from trunkline.routing.slugs import Resolved, resolve
from trunkline.routing.types import Plan, RoutingQuery


class Decision(Struct, frozen=True, kw_only=True):
    """A plan or a refusal, and what the filters left of each model. `explain` shows all of it."""

    sifted: list[Sifted]
    """Of each model, in the order of the references."""
    plan: Plan | None = None
    refusal: TrunklineError | None = None
    """Exactly one of the two is there."""


def plan(query: RoutingQuery, snapshot: Snapshot, instance: Instance, *, now_ms: int, dice: random.Random) -> Plan:
    """Who may serve the request, in which order.

    Raises ModelNotFound and InvalidRequest (400), ContextLengthExceeded (400), PermissionDenied (403) and NoEndpoints
    (404), each with the availability object of section 7 where it has one.
    """
    decision = decide(query, snapshot, instance, now_ms=now_ms, dice=dice)
    if decision.plan is None:
        raise decision.refusal or Internal("A decision without plan or refusal.")
    return decision.plan


def decide(
    query: RoutingQuery,
    snapshot: Snapshot,
    instance: Instance,
    *,
    now_ms: int,
    dice: random.Random,
    explain: bool = False,
) -> Decision:
    """As `plan`, with the refusal of models that exist as a value. `explain` tells of each dropped endpoint why.

    Raises ModelNotFound and InvalidRequest (400), and NoEndpoints (404) where a router or alias leads nowhere.
    Where no generation is asked for, an unknown model is a NotFound (404).
    """
    references = query.models or _default_model(query)
    ask = prepare(query, snapshot, is_callable=instance.is_callable, now_ms=now_ms)
    question = Question(query=query, snapshot=snapshot, instance=instance, ask=ask, dice=dice)
    resolution = _resolve(question, references)
    models = resolution.models
    sifted, served, total = list[Sifted](), list[Sifted](), 0
    for entry in models:
        one = sift(entry, ask, explain=explain)
        sifted.append(one)
        if one.survivors:
            served.append(one)
        total += len(entry.model.endpoints)
    if (reason := _refusal(question, sifted, served)) is not None:
        return Decision(sifted=sifted, refusal=reason)
    decided = Plan(
        requested=references,
        attempts=tuple(arranged(query, ask, served, instance.past, dice)),
        total_endpoints=total,
        strategy=models[0].strategy,
        primary_models=_primary_models(models) if len(models) > 1 else (models[0].model.id,),
        routers=_routers(models) if resolution.is_routed else {},
        task_type=resolution.task_type,
        region=query.caller.region,
    )
    return Decision(sifted=sifted, plan=decided)


def _primary_models(models: list[Resolved]) -> tuple[str, ...]:
    return tuple(entry.model.id for entry in models if entry.reference == models[0].reference)


def _routers(models: list[Resolved]) -> dict[str, str]:
    return {entry.model.id: entry.router for entry in models if entry.router is not None}


def _refusal(question: Question, sifted: list[Sifted], served: list[Sifted]) -> TrunklineError | None:
    """Why nothing may serve the request; None when something may."""
    query, instance = question.query, question.instance
    for one in sifted:
        if one.resolved.model.operation != query.operation:
            return wrong_endpoint(one.resolved, query)
    if not served:
        now_ms, why_not = question.ask.now_ms, instance.why_not
        return refusal(Case(sifted=sifted[0], query=query, snapshot=question.snapshot, now_ms=now_ms, why_not=why_not))
    if instance.strict_tool_routing and "tools" in query.used_parameters and not any(map(_takes_tools, served)):
        return no_tool_support(query, instance.docs_url)
    return None


def _resolve(question: Question, references: tuple[str, ...]) -> Resolution:
    """An unknown model is a 404 for every operation but generations (inference.md 5.3)."""
    try:
        return resolve_references(question, references)
    except ModelNotFound as error:
        if question.query.operation == "chat":
            raise
        raise NotFound(error.message, field="model", availability=error.availability) from None


def _default_model(query: RoutingQuery) -> tuple[str, ...]:
    """The workspace's, for a request that names none (2.1 rule 7)."""
    policy = query.caller.policy
    model = policy.default_image_model if query.operation == "image" else policy.default_model
    if model is not None and query.operation in ("chat", "image"):
        return (model,)
    raise InvalidRequest("'model' is missing: name one, as author/name", field="model")


def _takes_tools(sifted: Sifted) -> bool:
    return any("tools" in endpoint.supported_parameters for endpoint in sifted.survivors)


def refused_plan(query: RoutingQuery, snapshot: Snapshot) -> Plan:
    """The plan of a query that `plan` refused: nothing to attempt. For the metadata beside the error."""
    return Plan(
        requested=query.models,
        attempts=(),
        total_endpoints=sum(_endpoint_count(query, snapshot, reference) for reference in query.models),
        strategy="direct",
        region=query.caller.region,
    )


def _endpoint_count(query: RoutingQuery, snapshot: Snapshot, reference: str) -> int:
    """How many endpoints a name of the catalog has; a router's or an unknown name's, none."""
    if is_indirect(reference):
        return 0
    try:
        return len(resolve(snapshot, reference, identities=query.caller.identities).model.endpoints)
    except ModelNotFound:
        return 0
