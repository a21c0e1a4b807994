"""From a query to the ordered list of attempts: routing-and-catalog.md 3 step 8, 4, 5, 7 and 8.

    resolve the model references → filter each model's endpoints → order them → one flat list

Pure: the catalog, the recent past, the time and the dice are given. `explain` and the real path call the same `plan`.
Presets (15), router models (12) and `~latest` aliases (12.4) are replaced by concrete references before it.
"""

import random
from collections.abc import Callable, Sequence
from functools import partial

from trunkline.catalog.types import Endpoint, Snapshot
from trunkline.core.errors import InvalidRequest, ModelNotFound
from trunkline.routing.cases import Case, WhyNot
from trunkline.routing.eligibility import Sifted, prepare, sift
from trunkline.routing.filters import tier_of
from trunkline.routing.ranking import (
    Strategy,
    balanced,
    candidates,
    first_of_each,
    listed_first,
    preferred_first,
    priority_first,
    sorted_by,
)
from trunkline.routing.refusals import no_tool_support, refusal, wrong_endpoint
from trunkline.routing.slugs import DynamicVariant, Resolved, provider_set, resolve
from trunkline.routing.types import Candidate, EndpointHealth, Plan, RoutingQuery, SortBy

DOCS_PATH = "/docs/guide/routing"
"""Where the routing rules are explained, under the instance's public URL."""

_VARIANT_SORTS: dict[DynamicVariant, SortBy] = {"nitro": "throughput", "floor": "price", "exacto": "exacto"}


def plan(
    query: RoutingQuery,
    snapshot: Snapshot,
    *,
    is_callable: Callable[[Endpoint], bool],
    health: EndpointHealth,
    now_ms: int,
    dice: random.Random,
    strict_tool_routing: bool,
    why_not: WhyNot = lambda endpoint: "",
    docs_url: str = DOCS_PATH,
    explain: bool = False,
) -> Plan:
    """Who may serve the request, in which order.

    `is_callable` and `why_not` come from the provider registry. `explain` fills `Plan.dropped`.
    Raises ModelNotFound and InvalidRequest (400), ContextLengthExceeded (400) and NoEndpoints (404), each with the
    availability object of section 7 where it has one.
    """
    if not query.models:
        raise InvalidRequest("'model' is missing: name one, as author/name", field="model")
    entries = [resolve(snapshot, reference, query.models) for reference in query.models]
    for entry in entries:
        if entry.model.operation != query.operation:
            raise wrong_endpoint(entry, query)
    ask = prepare(query, snapshot, is_callable=is_callable, now_ms=now_ms)
    sifted = [sift(entry, ask, explain=explain) for entry in entries]
    served = [one for one in sifted if one.survivors]
    if not served:
        raise refusal(Case(sifted=sifted[0], query=query, snapshot=snapshot, now_ms=now_ms, why_not=why_not))
    if strict_tool_routing and "tools" in query.used_parameters and not any(map(_takes_tools, served)):
        raise no_tool_support(query, docs_url)
    return Plan(
        requested=query.models,
        attempts=tuple(_arranged(query, served, snapshot, health, now_ms, dice)),
        dropped=tuple(dropped for one in sifted for dropped in one.dropped),
        total_endpoints=sum(len(entry.model.endpoints) for entry in entries),
        strategy="alias" if entries[0].is_alias else "direct",
        primary_model=entries[0].model.id,
    )


def refused_plan(query: RoutingQuery, snapshot: Snapshot) -> Plan:
    """The plan of a query that `plan` refused: nothing to attempt. For the metadata beside the error."""
    total = 0
    for reference in query.models:
        try:
            total += len(resolve(snapshot, reference).model.endpoints)
        except ModelNotFound:
            continue
    return Plan(requested=query.models, attempts=(), dropped=(), total_endpoints=total, strategy="direct")


def _takes_tools(sifted: Sifted) -> bool:
    return any("tools" in endpoint.supported_parameters for endpoint in sifted.survivors)


def _arranged(
    query: RoutingQuery,
    served: Sequence[Sifted],
    snapshot: Snapshot,
    health: EndpointHealth,
    now_ms: int,
    dice: random.Random,
) -> list[Candidate]:
    """The final assembly (5.8): groups in order, then performance preferences, then truncation.

    A sticky endpoint (13) will move to the front of its group, private endpoints (5.7) before the public ones of
    theirs and BYOK copies (5.6) around it, all before the preferences look at the flat list.
    """
    preferences = query.preferences
    order = [provider_set(snapshot, (reference,)) for reference in preferences.order]
    chance = partial(balanced, health=health, dice=dice)
    flat: list[Candidate] = []
    for resolved, group in _groups(query, served, health, now_ms):
        rest = _strategy(query, resolved, health, chance)
        flat += listed_first(group, order, rest, chance) if order else rest(group)
    if preferences.max_latency or preferences.min_throughput:
        flat = preferred_first(flat, preferences, health)
    if not preferences.allow_fallbacks and not order:
        return first_of_each(flat, lambda candidate: candidate.model.id)
    # Two references may lead to one model; no candidate is tried twice (6).
    return first_of_each(flat, lambda candidate: candidate.endpoint.id) if len(served) > 1 else flat


def _groups(
    query: RoutingQuery, served: Sequence[Sifted], health: EndpointHealth, now_ms: int
) -> list[tuple[Resolved, list[Candidate]]]:
    """The candidates to be ordered together: of each model, or of all with `partition: "none"` (5.4)."""
    groups = [
        (
            one.resolved,
            candidates(
                one.resolved.model,
                one.survivors,
                health,
                prompt_tokens=query.prompt_tokens_estimate,
                now_ms=now_ms,
            ),
        )
        for one in served
    ]
    if query.preferences.partition == "none" and len(groups) > 1:
        return [(groups[0][0], [candidate for _, group in groups for candidate in group])]
    return groups


def _strategy(query: RoutingQuery, resolved: Resolved, health: EndpointHealth, chance: Strategy) -> Strategy:
    """What orders a model's endpoints: the request's sort, its variant's, its tier's, else chance (4.1, 9, 10)."""
    if query.preferences.sort is not None:
        return _sorting(query.preferences.sort, health)
    sorts: list[SortBy] = [_VARIANT_SORTS[word] for word in resolved.dynamic if word in _VARIANT_SORTS]
    if sorts and not query.preferences.order:
        return _sorting(sorts[-1], health)
    match tier_of(query.service_tier):
        case "priority":
            return partial(priority_first, health=health)
        case "flex":
            return _sorting("price", health)
        case "default":
            return chance


def _sorting(by: SortBy, health: EndpointHealth) -> Strategy:
    return lambda found: sorted_by(found, by, health)
