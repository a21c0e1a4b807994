"""What a caller's rules leave of the catalog, and the names that such rules are written with.

The filters are those of requests (routing-and-catalog.md 4.2), asked for one that wants nothing in particular.
"""

from collections.abc import Callable, Mapping

from trunkline.catalog.types import Endpoint, Snapshot
from trunkline.core.errors import InvalidRequest, ModelNotFound
from trunkline.routing.eligibility import prepare, sift
from trunkline.routing.policy import RoutingCaller
from trunkline.routing.references import is_indirect
from trunkline.routing.slugs import Resolved, provider_set, resolve
from trunkline.routing.types import RoutingQuery


def reachable(
    snapshot: Snapshot, caller: RoutingCaller, *, is_callable: Callable[[Endpoint], bool], now_ms: int
) -> Mapping[str, int]:
    """Id of each model that the caller may use → how many endpoints are left of it."""
    ask = prepare(RoutingQuery(models=(), caller=caller), snapshot, is_callable=is_callable, now_ms=now_ms)
    left = {id: len(sift(Resolved(reference=id, model=model), ask).survivors) for id, model in snapshot.models.items()}
    return {id: count for id, count in left.items() if count}


def model_name(snapshot: Snapshot, text: str, field: str) -> str:
    """A model as rules keep it: its canonical slug, with the variant. Raises InvalidRequest."""
    try:
        return resolve(snapshot, text).model.canonical_slug
    except ModelNotFound:
        raise InvalidRequest(f"{text} is no model of this instance. Name it as author/name.", field=field) from None


def default_model_name(snapshot: Snapshot, text: str, field: str) -> str:
    """A model reference that requests may fall back to, as sent: router models and aliases are fine too. Raises
    InvalidRequest."""
    if not is_indirect(text):
        model_name(snapshot, text, field)
    return text


def provider_name(snapshot: Snapshot, text: str, field: str) -> str:
    """A provider's slug. Raises InvalidRequest."""
    slugs = provider_set(snapshot, (text,)).slugs & snapshot.providers.keys()
    if len(slugs) != 1:
        raise InvalidRequest(f"{text} is no provider of this instance. Name it by its slug.", field=field)
    return next(iter(slugs))
