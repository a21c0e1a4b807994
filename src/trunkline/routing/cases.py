"""A model that has no endpoint left, and the 404 that is written from it."""

from collections.abc import Iterable, Mapping

from msgspec import UNSET, Struct, UnsetType

from trunkline.catalog.types import Endpoint, Model, Snapshot
from trunkline.core.errors import Availability, AvailabilityCode, Constraint, ExcludedBy, NoEndpoints
from trunkline.core.json import JsonValue
from trunkline.routing.eligibility import Sifted
from trunkline.routing.filters import is_shared_with
from trunkline.routing.instance import WhyNot
from trunkline.routing.types import RoutingQuery


class Case(Struct, frozen=True, kw_only=True):
    """A model that has no endpoint left, and what its error is written from."""

    sifted: Sifted
    query: RoutingQuery
    snapshot: Snapshot
    now_ms: int
    why_not: WhyNot

    @property
    def model(self) -> Model:
        return self.sifted.resolved.model

    @property
    def slug(self) -> str:
        return self.sifted.resolved.reference


def refused(
    case: Case,
    code: AvailabilityCode,
    message: str,
    *,
    fallback_models: tuple[str, ...] = (),
    constraint: Constraint | UnsetType = UNSET,
    metadata: Mapping[str, JsonValue] | None = None,
) -> NoEndpoints:
    """A 404. `excluded_by` names the rules with a label that dropped something on the way."""
    return NoEndpoints(
        message,
        field="model",
        metadata=metadata,
        availability=availability(case, code, fallback_models=fallback_models, constraint=constraint),
    )


def availability(
    case: Case,
    code: AvailabilityCode,
    *,
    fallback_models: tuple[str, ...] = (),
    constraint: Constraint | UnsetType = UNSET,
) -> Availability:
    """The object of section 7 for a model that nobody may serve."""
    labels: tuple[ExcludedBy, ...] = tuple(
        rule.excluded_by for rule in case.sifted.hits if rule.excluded_by is not None
    )
    identities = case.query.caller.identities
    return Availability(
        code=code,
        retryable=False,
        requested_models=case.query.models,
        affected_providers=provider_slugs(e for e in case.model.endpoints if is_shared_with(e, identities)),
        excluded_by=labels,
        fallback_models=fallback_models,
        constraint=constraint,
    )


def provider_slugs(endpoints: Iterable[Endpoint]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(endpoint.provider for endpoint in endpoints))
