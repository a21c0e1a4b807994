"""Which endpoints may serve a request: one function for each filter of routing-and-catalog.md 4.2.

Each takes the endpoints that are left and gives back those that it keeps; `rules.py` has their order. What a filter
asks of the caller's account comes with the query (`RoutingPolicy`).
"""

from collections.abc import Mapping
from datetime import date
from functools import lru_cache

from trunkline.catalog.pricing import effective_prices
from trunkline.catalog.types import Endpoint, Tier
from trunkline.core.calendar import DAY_MS
from trunkline.routing.ask import Ask, Survivors
from trunkline.routing.compression import compressible
from trunkline.routing.policy import RoutingPolicy, admits, zdr_group
from trunkline.routing.slugs import Resolved

SANDBOX = "sandbox"
"""Slug of the built-in provider (operating.md OP-13)."""

SOFT_PARAMETERS = ("tools", "tool_choice", "structured_outputs", "response_format", "verbosity")
_VARIANT_TIERS: Mapping[str, Tier] = {"nitro": "priority", "floor": "flex"}
_EXPIRY_MS_OF_DAY = 13 * 3_600_000
"""A date without an hour ends at 13:00 UTC of that day (routing-and-catalog.md 24.4)."""


def expiry_ms(endpoint: Endpoint) -> int | None:
    """The instant from which it is no longer served; None: no end announced."""
    return _expiry_of_date(endpoint.deprecation_date) if endpoint.deprecation_date is not None else None


@lru_cache(maxsize=1024)
def _expiry_of_date(text: str) -> int:
    return (date.fromisoformat(text) - date(1970, 1, 1)).days * DAY_MS + _EXPIRY_MS_OF_DAY


def tier_of(service_tier: str | None) -> Tier:
    """The tier that a request's `service_tier` asks for; `auto`, `scale` and null ask for none (10)."""
    if service_tier in ("priority", "fast"):
        return "priority"
    return "flex" if service_tier == "flex" else "default"


def is_shared_with(endpoint: Endpoint, identities: frozenset[str]) -> bool:
    """Whether a caller of these identities may know of the endpoint (5.7)."""
    return not endpoint.private_to or not endpoint.private_to.isdisjoint(identities)


def is_alive(endpoint: Endpoint, ask: Ask) -> bool:
    """Neither switched off, nor ended, nor somebody else's."""
    if not endpoint.enabled or not is_shared_with(endpoint, ask.query.caller.identities):
        return False
    return endpoint.deprecation_date is None or _expiry_of_date(endpoint.deprecation_date) > ask.now_ms


def existing(survivors: Survivors, resolved: Resolved, ask: Ask) -> Survivors:
    return [e for e in survivors if (e.enabled and e.deprecation_date is None and not e.private_to) or is_alive(e, ask)]


def callable(survivors: Survivors, resolved: Resolved, ask: Ask) -> Survivors:
    is_callable = ask.is_callable
    return [e for e in survivors if is_callable(e)]


def not_sandbox(survivors: Survivors, resolved: Resolved, ask: Ask) -> Survivors:
    """The Sandbox never stands in for a real provider: beside one, it answers only when it is asked for by name."""
    real = [e for e in survivors if e.provider != SANDBOX]
    if not real or len(real) == len(survivors):
        return survivors
    named = ask.ceilings if ask.ordered is None else (*ask.ceilings, ask.ordered)
    return survivors if any(SANDBOX in names.slugs for names in named) else real


def permitted(survivors: Survivors, resolved: Resolved, ask: Ask) -> Survivors:
    return survivors if admits(ask.query.caller.policy, resolved.model) else []


def not_geo_blocked(survivors: Survivors, resolved: Resolved, ask: Ask) -> Survivors:
    country = ask.query.caller.country
    return [e for e in survivors if country not in e.geo_blocked]


def in_region(survivors: Survivors, resolved: Resolved, ask: Ask) -> Survivors:
    region = ask.query.caller.region
    return [e for e in survivors if region in e.data_regions]


def without_training(survivors: Survivors, resolved: Resolved, ask: Ask) -> Survivors:
    """The account's switches are for paid and for free endpoints apart; `data_collection: "deny"` is for all (4.3)."""
    policy = ask.query.caller.policy
    deny = policy.deny_data_collection or ask.query.preferences.data_collection == "deny"
    if deny:
        return [e for e in survivors if not (e.data_policy.training or e.data_policy.can_publish)]
    return [e for e in survivors if _training_allowed(e, policy)]


def _training_allowed(endpoint: Endpoint, policy: RoutingPolicy) -> bool:
    handling = endpoint.data_policy
    if endpoint.variant != "free":
        return policy.allow_paid_training or not (handling.training or handling.can_publish)
    if handling.training and not policy.allow_free_training:
        return False
    return policy.allow_free_publication or not handling.can_publish


def zero_retention(survivors: Survivors, resolved: Resolved, ask: Ask) -> Survivors:
    if not ask.query.preferences.zdr and zdr_group(resolved.model) not in ask.query.caller.policy.zdr_groups:
        return survivors
    return [e for e in survivors if e.data_policy.zdr]


def allowed_providers(survivors: Survivors, resolved: Resolved, ask: Ask) -> Survivors:
    for names in ask.ceilings:
        survivors = [e for e in survivors if names.matches(e)]
    for names in ask.ignored:
        survivors = [e for e in survivors if not names.matches(e)]
    if ask.ordered is not None and not ask.query.preferences.allow_fallbacks:
        survivors = [e for e in survivors if ask.ordered.matches(e)]
    return survivors


def admitted_tiers(survivors: Survivors, resolved: Resolved, ask: Ask) -> Survivors:
    """Tier endpoints need the tier's slug, `service_tier`, `:nitro` or `:floor` (routing-and-catalog.md 9 and 10)."""
    if not [e for e in survivors if e.tier != "default"]:
        return survivors
    admitted: set[str] = {"default", ask.tier}
    preferences = ask.query.preferences
    if ask.ordered is None and preferences.sort is None and ask.query.service_tier != "default":
        admitted.update(_VARIANT_TIERS[word] for word in resolved.dynamic if word in _VARIANT_TIERS)
    if ask.tier == "flex" and any(e.tier == "flex" for e in survivors):
        admitted = {"flex"}
    named, ordered = bool(preferences.only), ask.ordered
    return [
        e
        for e in survivors
        # `only` has had its say before this rule: a tier endpoint that it left was named.
        if e.tier in admitted or (e.tier != "default" and (named or (ordered and ordered.matches(e))))
    ]


def modalities(survivors: Survivors, resolved: Resolved, ask: Ask) -> Survivors:
    inputs, outputs = ask.query.input_modalities, ask.query.output_modalities
    return [e for e in survivors if inputs <= e.input_modalities and outputs <= e.output_modalities]


def quantized(survivors: Survivors, resolved: Resolved, ask: Ask) -> Survivors:
    return [e for e in survivors if (e.quantization or "unknown") in ask.quantizations]


def affordable(survivors: Survivors, resolved: Resolved, ask: Ask) -> Survivors:
    kept: Survivors = []
    for endpoint in survivors:
        prices = effective_prices(endpoint.pricing, prompt_tokens=ask.query.prompt_tokens_estimate, at_ms=ask.now_ms)
        if all(prices.get(key, 0) <= limit for key, limit in ask.price_limits):
            kept.append(endpoint)
    return kept


def long_enough(survivors: Survivors, resolved: Resolved, ask: Ask) -> Survivors:
    """The prompt, the output asked for, and both together fit (4.5), or the prompt can be made to fit (17).

    Elsewhere than in a conversation a window is for each text by itself, and the provider is the one that counts
    (inference.md 20).
    """
    if ask.query.operation != "chat":
        return survivors
    prompt, output = ask.query.prompt_tokens_estimate, ask.query.max_output_tokens or 0
    total = prompt + output
    fitting = [
        e
        for e in survivors
        if (e.context_length is None or total <= e.context_length)
        and (e.max_prompt_tokens is None or prompt <= e.max_prompt_tokens)
        and (e.max_output_tokens is None or output <= e.max_output_tokens)
    ]
    if len(fitting) == len(survivors):
        return fitting
    return [*fitting, *compressible(survivors, fitting, resolved.model, ask.query)]


def supporting(survivors: Survivors, resolved: Resolved, ask: Ask) -> Survivors:
    return [e for e in survivors if not any(need.isdisjoint(e.supported_parameters) for need in ask.needs)]


def distillable(survivors: Survivors, resolved: Resolved, ask: Ask) -> Survivors:
    return survivors if resolved.model.is_distillable else []


def preferring(survivors: Survivors, resolved: Resolved, ask: Ask) -> Survivors:
    """Soft (routing-and-catalog.md 4.4): where only some support a parameter, those; where none does, all."""
    for name in SOFT_PARAMETERS:
        if name in ask.query.used_parameters:
            supporting = [e for e in survivors if name in e.supported_parameters]
            survivors = supporting or survivors
    return survivors
