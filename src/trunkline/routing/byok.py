"""Callers' own provider keys in the order of attempts: routing-and-catalog.md 4.2 and 5.6, accounts-and-governance.md
BY-17 to BY-23.

A key never brings back an endpoint that a filter removed: copies are made of what was kept and arranged. It does open
endpoints whose provider the operator has no key for.
"""

from collections.abc import Callable

from msgspec import structs

from trunkline.catalog.types import Endpoint, Model, Snapshot
from trunkline.routing.policy import ByokKey, RoutingCaller, names_in_lists
from trunkline.routing.types import Candidate

EndpointFilter = Callable[[Endpoint], bool]


def with_own_keys(arranged: list[Candidate], caller: RoutingCaller, is_shared: EndpointFilter) -> list[Candidate]:
    """Prioritized copies, then shared capacity, then fallback copies; each part in the order of `arranged`, the keys
    of one endpoint by their `sort_order`. `is_shared` tells what the operator's keys can call."""
    first: list[Candidate] = []
    shared: list[Candidate] = []
    last: list[Candidate] = []
    by_order = sorted(caller.own_keys, key=lambda key: key.sort_order)
    for candidate in arranged:
        is_covered = False
        for key in by_order:
            endpoint = _opened(key, candidate.endpoint, candidate.model, caller)
            if endpoint is None:
                continue
            is_covered = is_covered or (key.always_use and not key.is_fallback)
            copy = structs.replace(candidate, endpoint=endpoint, byok_key_id=key.id)
            (last if key.is_fallback else first).append(copy)
        if not is_covered and is_shared(candidate.endpoint):
            shared.append(candidate)
    return first + shared + last


def callable_for(caller: RoutingCaller, snapshot: Snapshot, is_shared: EndpointFilter) -> EndpointFilter:
    """Whether an endpoint can be called, by the operator's keys or by one of the caller's."""

    def is_callable(endpoint: Endpoint) -> bool:
        if is_shared(endpoint):
            return True
        model = snapshot.models[endpoint.model_id]
        return any(_opened(key, endpoint, model, caller) is not None for key in caller.own_keys)

    return is_callable


def without_fallbacks(flat: list[Candidate]) -> list[Candidate]:
    """Of each model the first attempt and, where that is with a key of the caller's own, the same endpoint with the
    other keys (BY-23)."""
    first: dict[str, Candidate] = {}
    kept: dict[tuple[str, str | None], Candidate] = {}
    for candidate in flat:
        leader = first.setdefault(candidate.model.id, candidate)
        is_another_key = candidate.endpoint.id == leader.endpoint.id and None not in (
            candidate.byok_key_id,
            leader.byok_key_id,
        )
        if candidate is leader or is_another_key:
            kept.setdefault((candidate.endpoint.id, candidate.byok_key_id), candidate)
    return list(kept.values())


def _opened(key: ByokKey, endpoint: Endpoint, model: Model, caller: RoutingCaller) -> Endpoint | None:
    """The endpoint as the key calls it, where all filters that are set hold (BY-21)."""
    if key.provider != endpoint.provider:
        return None
    if key.allowed_models is not None and key.allowed_models.isdisjoint(names_in_lists(model)):
        return None
    if key.allowed_api_key_hashes is not None and caller.key_hash not in key.allowed_api_key_hashes:
        return None
    if key.allowed_user_ids is not None and caller.user_id not in key.allowed_user_ids:
        return None
    return key.reach(endpoint)
