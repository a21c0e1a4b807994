"""Run the filters over the endpoints of a model, and remember which of them decided."""

from collections.abc import Callable, Mapping

from msgspec import Struct

from trunkline.catalog.prices import PriceKey
from trunkline.catalog.types import Endpoint, Snapshot
from trunkline.core.money import AttoUsd
from trunkline.routing.ask import Ask, Rule, Survivors
from trunkline.routing.byok import callable_for
from trunkline.routing.filters import tier_of
from trunkline.routing.rules import rules_for
from trunkline.routing.slugs import ProviderSet, Resolved, provider_set
from trunkline.routing.types import NO_PRICE_LIMIT, Dropped, MaxPrice, RoutingQuery

_WIDER_PRECISIONS: Mapping[str, tuple[str, ...]] = {"fp4": ("mxfp4", "nvfp4"), "fp8": ("mxfp8",)}
_STANDS_FOR: Mapping[str, str] = {
    "max_tokens": "max_completion_tokens",
    "max_completion_tokens": "max_tokens",
    "reasoning_effort": "reasoning",
    "include_reasoning": "reasoning",
}
"""A used parameter is also satisfied by its counterpart (routing-and-catalog.md 4.3)."""


class Sifted(Struct, frozen=True, kw_only=True):
    """What the filters left of one model."""

    resolved: Resolved
    survivors: Survivors
    hits: tuple[Rule, ...]
    """Rules that dropped something; when nothing survived, the last of them decided it."""
    last: Survivors
    """What the last of `hits` was given."""
    dropped: tuple[Dropped, ...] = ()


def prepare(query: RoutingQuery, snapshot: Snapshot, *, is_callable: Callable[[Endpoint], bool], now_ms: int) -> Ask:
    """Everything about a query that the filters would otherwise work out for each endpoint. `is_callable` speaks of the
    operator's keys."""
    preferences, policy = query.preferences, query.caller.policy
    order = tuple([provider_set(snapshot, (one,)) for one in preferences.order]) if preferences.order else ()
    return Ask(
        query=query,
        is_callable=callable_for(query.caller, snapshot, is_callable) if query.caller.own_keys else is_callable,
        is_shared=is_callable,
        now_ms=now_ms,
        ceilings=_sets(snapshot, (preferences.only, *policy.provider_ceilings))
        if preferences.only or policy.provider_ceilings
        else (),
        ignored=_sets(snapshot, (preferences.ignore, policy.denied_providers))
        if preferences.ignore or policy.denied_providers
        else (),
        ordered=provider_set(snapshot, preferences.order) if order else None,
        order=order,
        needs=_needs(query.used_parameters) if preferences.require_parameters else (),
        quantizations=_precisions(preferences.quantizations) if preferences.quantizations else frozenset(),
        price_limits=_price_limits(preferences.max_price) if preferences.max_price != NO_PRICE_LIMIT else (),
        tier=tier_of(query.service_tier),
        rules=rules_for(query),
    )


def sift(resolved: Resolved, ask: Ask, *, explain: bool = False) -> Sifted:
    """Run the filters over one model. `dropped` is only filled when somebody wants to read it."""
    survivors: Survivors = [] if resolved.is_free_gone else list(resolved.model.endpoints)
    last, hits, dropped = survivors, list[Rule](), list[Dropped]()
    for rule in ask.rules:
        if not survivors:
            break
        kept = rule.keep(survivors, resolved, ask)
        if len(kept) == len(survivors):
            continue
        hits.append(rule)
        if explain:
            dropped += [
                Dropped(endpoint=endpoint, filter=rule.name, excluded_by=rule.excluded_by)
                for endpoint in survivors
                if endpoint not in kept
            ]
        last, survivors = survivors, kept
    return Sifted(resolved=resolved, survivors=survivors, hits=tuple(hits), last=last, dropped=tuple(dropped))


def _sets(snapshot: Snapshot, lists: tuple[tuple[str, ...], ...]) -> tuple[ProviderSet, ...]:
    """What lists of provider references select; an empty one is no list."""
    return tuple([provider_set(snapshot, references) for references in lists if references])


def _needs(used: frozenset[str]) -> tuple[frozenset[str], ...]:
    return tuple(frozenset({name, _STANDS_FOR.get(name, name)}) for name in sorted(used))


def _precisions(named: tuple[str, ...]) -> frozenset[str]:
    """`fp8` also admits `mxfp8`, `fp4` also `mxfp4` and `nvfp4`; the reverse does not hold."""
    return frozenset(named).union(*(_WIDER_PRECISIONS.get(name, ()) for name in named))


def _price_limits(limits: MaxPrice) -> tuple[tuple[PriceKey, AttoUsd], ...]:
    every: tuple[tuple[PriceKey, AttoUsd | None], ...] = (
        ("prompt", limits.prompt),
        ("completion", limits.completion),
        ("request", limits.request),
        ("image", limits.image),
        ("audio", limits.audio),
    )
    return tuple((key, limit) for key, limit in every if limit is not None)
