"""The sentence that says who would be tried for a model, and whose bill that is (site.md BYP-03)."""

from collections.abc import Sequence

from msgspec import Struct

from trunkline.accounts.byok.types import Credential, OpenCredential
from trunkline.catalog.types import Model
from trunkline.gateway.world import World
from trunkline.routing.byok import with_own_keys
from trunkline.routing.policy import RoutingCaller
from trunkline.routing.types import Candidate


class Step(Struct, frozen=True, kw_only=True):
    """One place in the order. `key` None: shared capacity, paid with credits."""

    provider: str
    """Display name."""
    key: str | None


class AttemptOrder(Struct, frozen=True, kw_only=True):
    """Who would be tried for a model without further wishes, providers in the catalog's order."""

    model: Model
    steps: tuple[Step, ...]

    @property
    def uses_credits(self) -> bool:
        return any(step.key is None for step in self.steps)


def attempt_order(
    world: World, model: Model, opened: tuple[OpenCredential, ...], named: Sequence[Credential], user_id: str
) -> AttemptOrder:
    """By the code that plans requests, for a request of this person with an API key that no list names."""
    own = world.own_keys.open(opened)
    caller = RoutingCaller(own_keys=own.for_routing, user_id=user_id)
    names = {one.id: one.name or one.label for one in named}
    real = [one for one in model.endpoints if one.enabled and world.snapshot.providers[one.provider].kind != "sandbox"]
    candidates = [
        Candidate(model=model, endpoint=endpoint, price=endpoint.pricing.base_score, rank=0) for endpoint in real
    ]
    steps: dict[tuple[str, str | None], Step] = {}
    for candidate in with_own_keys(candidates, caller, world.is_callable):
        key = None if candidate.byok_key_id is None else names.get(candidate.byok_key_id, "another key")
        provider = world.snapshot.providers[candidate.endpoint.provider].name
        steps.setdefault((candidate.endpoint.provider, candidate.byok_key_id), Step(provider=provider, key=key))
    return AttemptOrder(model=model, steps=tuple(steps.values()))
