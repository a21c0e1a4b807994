"""From a query to the ordered list of attempts: routing-and-catalog.md 3 steps 6 and 8, 4, 5, 7 and 8.

    resolve the model references → filter each model's endpoints → order them → one flat list

Pure: the catalog, the recent past, the time and the dice are given. `explain` and the real path call the same `plan`.
Presets (15) are merged into the request before it.
"""

import random

from trunkline.catalog.types import Snapshot
from trunkline.core.errors import InvalidRequest, ModelNotFound
from trunkline.routing.arrangement import arranged
from trunkline.routing.cases import Case
from trunkline.routing.eligibility import Sifted, prepare, sift
from trunkline.routing.instance import Instance
from trunkline.routing.references import Question, Resolution, is_indirect, resolve_references
from trunkline.routing.refusals import no_tool_support, refusal, wrong_endpoint
from trunkline.routing.slugs import resolve
from trunkline.routing.types import Plan, RoutingQuery


def plan(
    query: RoutingQuery,
    snapshot: Snapshot,
    instance: Instance,
    *,
    now_ms: int,
    dice: random.Random,
    explain: bool = False,
) -> Plan:
    """Who may serve the request, in which order. `explain` fills `Plan.dropped`.

    Raises ModelNotFound and InvalidRequest (400), ContextLengthExceeded (400), PermissionDenied (403) and NoEndpoints
    (404), each with the availability object of section 7 where it has one.
    """
    references = query.models or _default_model(query)
    ask = prepare(query, snapshot, is_callable=instance.is_callable, now_ms=now_ms)
    question = Question(query=query, snapshot=snapshot, instance=instance, ask=ask, dice=dice)
    resolution = resolve_references(question, references)
    for entry in resolution.models:
        if entry.model.operation != query.operation:
            raise wrong_endpoint(entry, query)
    sifted = [sift(entry, ask, explain=explain) for entry in resolution.models]
    served = [one for one in sifted if one.survivors]
    if not served:
        case = Case(sifted=sifted[0], query=query, snapshot=snapshot, now_ms=now_ms, why_not=instance.why_not)
        raise refusal(case)
    if instance.strict_tool_routing and "tools" in query.used_parameters and not any(map(_takes_tools, served)):
        raise no_tool_support(query, instance.docs_url)
    return Plan(
        requested=references,
        attempts=tuple(arranged(query, ask, served, instance.past, dice)),
        dropped=tuple([dropped for one in sifted for dropped in one.dropped]) if explain else (),
        total_endpoints=sum([len(entry.model.endpoints) for entry in resolution.models]),
        strategy=resolution.models[0].strategy,
        primary_models=tuple([e.model.id for e in resolution.models if e.reference == resolution.models[0].reference]),
        routers=_routers(resolution),
        task_type=resolution.task_type,
        region=query.caller.region,
    )


def _default_model(query: RoutingQuery) -> tuple[str, ...]:
    """The workspace's, for a request that names none (2.1 rule 7)."""
    if (model := query.caller.policy.default_model) is not None:
        return (model,)
    raise InvalidRequest("'model' is missing: name one, as author/name", field="model")


def _routers(resolution: Resolution) -> dict[str, str]:
    return {entry.model.id: entry.router for entry in resolution.models if entry.router is not None}


def _takes_tools(sifted: Sifted) -> bool:
    return any("tools" in endpoint.supported_parameters for endpoint in sifted.survivors)


def refused_plan(query: RoutingQuery, snapshot: Snapshot) -> Plan:
    """The plan of a query that `plan` refused: nothing to attempt. For the metadata beside the error."""
    return Plan(
        requested=query.models,
        attempts=(),
        dropped=(),
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
