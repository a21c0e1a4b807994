"""The candidates of all models as one flat list of attempts: routing-and-catalog.md 5.6 to 5.8.

each group by its strategy → private endpoints → the sticky one → the caller's own keys
→ the flat list → performance preferences → one for each model without fallbacks
"""

import random
from collections.abc import Sequence
from functools import partial

from trunkline.routing.ask import Ask
from trunkline.routing.byok import with_own_keys, without_fallbacks
from trunkline.routing.eligibility import Sifted
from trunkline.routing.ranking import (
    Strategy,
    balanced,
    best_quality_first,
    candidates,
    first_of_each,
    listed_first,
    preferred_first,
    priority_first,
    private_first,
    sorted_by,
    staying,
)
from trunkline.routing.slugs import DynamicVariant, Resolved
from trunkline.routing.types import Candidate, Past, RoutingQuery, SortBy

_VARIANT_SORTS: dict[DynamicVariant, SortBy] = {"nitro": "throughput", "floor": "price", "exacto": "exacto"}


def arranged(
    query: RoutingQuery, ask: Ask, served: Sequence[Sifted], past: Past, dice: random.Random
) -> list[Candidate]:
    """The attempts in order, no candidate twice."""
    preferences, caller = query.preferences, query.caller
    chance = partial(balanced, past=past, dice=dice)
    flat: list[Candidate] = []
    for resolved, group in _groups(query, ask, served, past):
        rest = _strategy(query, ask, resolved, past, chance, dice)
        if ask.order:
            ordered = private_first(listed_first(group, ask.order, rest, chance))
        else:
            ordered = private_first(rest(group))
            if query.remembered.tags:
                ordered = staying(ordered, query.remembered)
        flat += with_own_keys(ordered, caller, ask.is_shared) if caller.own_keys else ordered
    if preferences.max_latency or preferences.min_throughput:
        flat = preferred_first(flat, preferences, past)
    if not preferences.allow_fallbacks and not ask.order:
        return without_fallbacks(flat)
    # Two references may lead to one model; no candidate is tried twice (6).
    return first_of_each(flat, _identity) if len(served) > 1 else flat


def _identity(candidate: Candidate) -> tuple[str, str | None]:
    return candidate.endpoint.id, candidate.byok_key_id


def _groups(
    query: RoutingQuery, ask: Ask, served: Sequence[Sifted], past: Past
) -> list[tuple[Resolved, list[Candidate]]]:
    """The candidates to be ordered together: of each model, or of all with `partition: "none"` (5.4)."""
    groups = [(one.resolved, candidates(one.resolved, one.survivors, query, past, ask.now_ms)) for one in served]
    if query.preferences.partition == "none" and len(groups) > 1:
        return [(groups[0][0], [candidate for _, group in groups for candidate in group])]
    return groups


def _strategy(
    query: RoutingQuery, ask: Ask, resolved: Resolved, past: Past, chance: Strategy, dice: random.Random
) -> Strategy:
    """What orders a model's endpoints: the request's sort, its variant's, its tier's, the workspace's, quality where
    tools are used, else chance (4.1, 9, 10, 11)."""
    preferences = query.preferences
    if preferences.sort is not None:
        return _sorting(preferences.sort, past)
    if preferences.order:
        return chance
    sorts: list[SortBy] = [_VARIANT_SORTS[word] for word in resolved.dynamic if word in _VARIANT_SORTS]
    if sorts:
        return _sorting(sorts[-1], past)
    match ask.tier:
        case "priority":
            return partial(priority_first, past=past)
        case "flex":
            return _sorting("price", past)
        case "default":
            pass
    if (sort := query.caller.policy.default_sort) is not None:
        return _sorting(sort, past)
    return partial(best_quality_first, past=past, dice=dice) if "tools" in query.used_parameters else chance


def _sorting(by: SortBy, past: Past) -> Strategy:
    return lambda found: sorted_by(found, by, past)
