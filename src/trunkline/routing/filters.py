"""The filters of routing-and-catalog.md 4.2, in their order: which endpoints may serve a request.

Each rule takes the endpoints that are left and gives back those that it keeps. What needs the caller's account joins
`RULES` at its place when accounts have such data: model lists (2), geography (3) and region (4), the account's
training toggles in `training` (5) and its ZDR groups in `zdr` (6). Context compression (17) will loosen `length`.
"""

from collections.abc import Callable, Mapping
from datetime import date
from functools import lru_cache

from msgspec import Struct

from trunkline.catalog.prices import PriceKey
from trunkline.catalog.pricing import effective_prices
from trunkline.catalog.types import Endpoint, Tier
from trunkline.core.calendar import DAY_MS
from trunkline.core.errors import ExcludedBy
from trunkline.core.money import AttoUsd
from trunkline.routing.slugs import ProviderSet, Resolved
from trunkline.routing.types import MaxPrice, RoutingQuery

SANDBOX = "sandbox"
"""Slug of the built-in provider (operating.md OP-13)."""

_TEXT = frozenset({"text"})
_NO_LIMIT = MaxPrice()
_SOFT_PARAMETERS = ("tools", "tool_choice", "structured_outputs", "response_format", "verbosity")
_VARIANT_TIERS: Mapping[str, Tier] = {"nitro": "priority", "floor": "flex"}
_EXPIRY_MS_OF_DAY = 13 * 3_600_000
"""A date without an hour ends at 13:00 UTC of that day (routing-and-catalog.md 24.4)."""

Survivors = list[Endpoint]


class Ask(Struct, frozen=True, kw_only=True):
    """A query, prepared once for the filters of all its models."""

    query: RoutingQuery
    is_callable: Callable[[Endpoint], bool]
    now_ms: int
    only: ProviderSet | None
    ignore: ProviderSet | None
    ordered: ProviderSet | None
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
    """One filter. `applies` (None: always) spares the walk over the endpoints when nothing can be dropped."""

    name: str
    keep: Callable[[Survivors, Resolved, Ask], Survivors]
    applies: Callable[[RoutingQuery], bool] | None = None
    excluded_by: ExcludedBy | None = None


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


def existing(survivors: Survivors, resolved: Resolved, ask: Ask) -> Survivors:
    return [e for e in survivors if e.deprecation_date is None or _expiry_of_date(e.deprecation_date) > ask.now_ms]


def callable(survivors: Survivors, resolved: Resolved, ask: Ask) -> Survivors:
    is_callable = ask.is_callable
    return [e for e in survivors if is_callable(e)]


def not_sandbox(survivors: Survivors, resolved: Resolved, ask: Ask) -> Survivors:
    """The Sandbox never stands in for a real provider: beside one, it answers only when it is asked for by name."""
    real = [e for e in survivors if e.provider != SANDBOX]
    if not real or len(real) == len(survivors):
        return survivors
    named = [names for names in (ask.only, ask.ordered) if names is not None]
    return survivors if any(SANDBOX in names.slugs for names in named) else real


def without_training(survivors: Survivors, resolved: Resolved, ask: Ask) -> Survivors:
    return [e for e in survivors if not (e.data_policy.training or e.data_policy.can_publish)]


def zero_retention(survivors: Survivors, resolved: Resolved, ask: Ask) -> Survivors:
    return [e for e in survivors if e.data_policy.zdr]


def allowed_providers(survivors: Survivors, resolved: Resolved, ask: Ask) -> Survivors:
    only, ignore, preferences = ask.only, ask.ignore, ask.query.preferences
    if only is not None:
        survivors = [e for e in survivors if only.matches(e)]
    if ignore is not None:
        survivors = [e for e in survivors if not ignore.matches(e)]
    if ask.ordered is not None and not preferences.allow_fallbacks:
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
    only, ordered = ask.only, ask.ordered
    return [
        e
        for e in survivors
        # `only` has had its say before this rule: a tier endpoint that it left was named.
        if e.tier in admitted or (e.tier != "default" and (only is not None or (ordered and ordered.matches(e))))
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
    """The prompt, the output asked for, and both together fit (4.5)."""
    prompt, output = ask.query.prompt_tokens_estimate, ask.query.max_output_tokens or 0
    total = prompt + output
    return [
        e
        for e in survivors
        if (e.context_length is None or total <= e.context_length)
        and (e.max_prompt_tokens is None or prompt <= e.max_prompt_tokens)
        and (e.max_output_tokens is None or output <= e.max_output_tokens)
    ]


def supporting(survivors: Survivors, resolved: Resolved, ask: Ask) -> Survivors:
    return [e for e in survivors if not any(need.isdisjoint(e.supported_parameters) for need in ask.needs)]


def distillable(survivors: Survivors, resolved: Resolved, ask: Ask) -> Survivors:
    return survivors if resolved.model.is_distillable else []


def preferring(survivors: Survivors, resolved: Resolved, ask: Ask) -> Survivors:
    """Soft (routing-and-catalog.md 4.4): where only some support a parameter, those; where none does, all."""
    for name in _SOFT_PARAMETERS:
        if name in ask.query.used_parameters:
            supporting = [e for e in survivors if name in e.supported_parameters]
            survivors = supporting or survivors
    return survivors


RULES: tuple[Rule, ...] = (
    Rule(name="existence", keep=existing),
    Rule(name="not_enabled", keep=callable),
    Rule(name="sandbox", keep=not_sandbox),
    Rule(
        name="training",
        keep=without_training,
        applies=lambda query: query.preferences.data_collection == "deny",
        excluded_by="data_policy:training",
    ),
    Rule(
        name="zdr",
        keep=zero_retention,
        applies=lambda query: query.preferences.zdr,
        excluded_by="data_policy:zdr",
    ),
    Rule(
        name="providers",
        keep=allowed_providers,
        applies=lambda query: bool(query.preferences.only or query.preferences.ignore or query.preferences.order),
        excluded_by="allowed_providers",
    ),
    Rule(name="tier", keep=admitted_tiers),
    Rule(
        name="modality",
        keep=modalities,
        applies=lambda query: query.input_modalities != _TEXT or bool(query.output_modalities),
    ),
    Rule(
        name="quantizations",
        keep=quantized,
        applies=lambda query: bool(query.preferences.quantizations),
        excluded_by="quantization",
    ),
    Rule(
        name="max_price",
        keep=affordable,
        applies=lambda query: query.preferences.max_price != _NO_LIMIT,
        excluded_by="max_price",
    ),
    Rule(name="context_length", keep=long_enough, excluded_by="context_length"),
    Rule(
        name="require_parameters",
        keep=supporting,
        applies=lambda query: query.preferences.require_parameters,
        excluded_by="require_parameters",
    ),
    Rule(
        name="enforce_distillable_text",
        keep=distillable,
        applies=lambda query: query.preferences.enforce_distillable_text,
    ),
    Rule(
        name="soft_parameters",
        keep=preferring,
        applies=lambda query: not query.used_parameters.isdisjoint(_SOFT_PARAMETERS),
    ),
)
