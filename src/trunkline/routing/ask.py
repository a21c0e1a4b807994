"""What the filters work with: a query prepared once, and the form of a rule."""

from collections.abc import Callable

from msgspec import Struct

from trunkline.catalog.prices import PriceKey
from trunkline.catalog.types import Endpoint, Tier
from trunkline.core.errors import ExcludedBy
from trunkline.core.money import AttoUsd
from trunkline.routing.slugs import ProviderSet, Resolved
from trunkline.routing.types import RoutingQuery

Survivors = list[Endpoint]


class Ask(Struct, frozen=True, kw_only=True):
    """A query, prepared once for the filters of all its models."""

    query: RoutingQuery
    is_callable: Callable[[Endpoint], bool]
    """By the operator's keys, or by the caller's own."""
    is_shared: Callable[[Endpoint], bool]
    """By the operator's keys."""
    now_ms: int
    ceilings: tuple[ProviderSet, ...]
    """The request's `only` and the allow-lists above it: what remains is in all of them."""
    ignored: tuple[ProviderSet, ...]
    """The request's `ignore` and the deny-lists above it: what remains is in none."""
    ordered: ProviderSet | None
    """All that `order` names."""
    order: tuple[ProviderSet, ...]
    """Each entry of `order`."""
    needs: tuple[frozenset[str], ...]
    """`require_parameters`: of each set the endpoint must support at least one."""
    quantizations: frozenset[str]
    price_limits: tuple[tuple[PriceKey, AttoUsd], ...]
    """The members of `max_price` that were given."""
    tier: Tier
    """The tier that `service_tier` asks for."""
    rules: tuple["Rule", ...]
    """Those that can drop anything, in order."""


class Rule(Struct, frozen=True, kw_only=True):
    """One filter."""

    name: str
    keep: Callable[[Survivors, Resolved, Ask], Survivors]
    excluded_by: ExcludedBy | None = None
