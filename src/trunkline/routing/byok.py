"""Callers' own provider keys in the order of attempts: routing-and-catalog.md 4.2 and 5.6, accounts-and-governance.md
BY-17 to BY-21.

A key never brings back an endpoint that a filter removed: copies are made of what was kept and arranged.
"""

from collections.abc import Iterable

from msgspec import structs

from trunkline.routing.policy import ByokKey, RoutingCaller, names_in_lists
from trunkline.routing.types import Candidate


def with_own_keys(arranged: list[Candidate], caller: RoutingCaller) -> list[Candidate]:
    """Prioritized copies, then shared capacity, then fallback copies; each part in the order of `arranged`, the keys
    of one endpoint by their `sort_order`."""
    first: list[Candidate] = []
    shared: list[Candidate] = []
    last: list[Candidate] = []
    by_order = sorted(caller.own_keys, key=lambda key: key.sort_order)
    for candidate in arranged:
        matching = [key for key in by_order if _matches(key, candidate, caller)]
        first += _copies(candidate, (key for key in matching if not key.is_fallback))
        last += _copies(candidate, (key for key in matching if key.is_fallback))
        if not any(key.always_use and not key.is_fallback for key in matching):
            shared.append(candidate)
    return first + shared + last


def _copies(candidate: Candidate, keys: Iterable[ByokKey]) -> list[Candidate]:
    return [structs.replace(candidate, byok_key_id=key.id) for key in keys]


def _matches(key: ByokKey, candidate: Candidate, caller: RoutingCaller) -> bool:
    """All filters that are set hold."""
    if key.provider != candidate.endpoint.provider:
        return False
    if key.allowed_models is not None and key.allowed_models.isdisjoint(names_in_lists(candidate.model)):
        return False
    if key.allowed_api_key_hashes is not None and caller.key_hash not in key.allowed_api_key_hashes:
        return False
    return key.allowed_user_ids is None or caller.user_id in key.allowed_user_ids
