"""The filters in the order in which they run (routing-and-catalog.md 4.2), and which of them a query needs."""

from typing import Final

from trunkline.routing import filters
from trunkline.routing.ask import Rule
from trunkline.routing.policy import EVERYTHING_ALLOWED
from trunkline.routing.types import NO_PRICE_LIMIT, RoutingQuery

_TEXT: Final = frozenset({"text"})

_EXISTENCE: Final = Rule(name="existence", keep=filters.existing)
_NOT_ENABLED: Final = Rule(name="not_enabled", keep=filters.callable)
_SANDBOX: Final = Rule(name="sandbox", keep=filters.not_sandbox)
_ACCESS: Final = Rule(name="access", keep=filters.permitted)
_GEO: Final = Rule(name="geo", keep=filters.not_geo_blocked, excluded_by="geo")
_REGION: Final = Rule(name="region", keep=filters.in_region, excluded_by="data_region")
_TRAINING: Final = Rule(name="training", keep=filters.without_training, excluded_by="data_policy:training")
_ZDR: Final = Rule(name="zdr", keep=filters.zero_retention, excluded_by="data_policy:zdr")
_PROVIDERS: Final = Rule(name="providers", keep=filters.allowed_providers, excluded_by="allowed_providers")
_TIER: Final = Rule(name="tier", keep=filters.admitted_tiers)
_MODALITY: Final = Rule(name="modality", keep=filters.modalities)
_QUANTIZATIONS: Final = Rule(name="quantizations", keep=filters.quantized, excluded_by="quantization")
_MAX_PRICE: Final = Rule(name="max_price", keep=filters.affordable, excluded_by="max_price")
_LENGTH: Final = Rule(name="context_length", keep=filters.long_enough, excluded_by="context_length")
_PARAMETERS: Final = Rule(name="require_parameters", keep=filters.supporting, excluded_by="require_parameters")
_DISTILLATION: Final = Rule(name="enforce_distillable_text", keep=filters.distillable)
_SOFT_PARAMETERS: Final = Rule(name="soft_parameters", keep=filters.preferring)


def rules_for(query: RoutingQuery) -> tuple[Rule, ...]:
    """Those that can drop anything, in order: a walk over the endpoints is spared where nothing can be dropped."""
    preferences, caller = query.preferences, query.caller
    has_policy = caller.policy is not EVERYTHING_ALLOWED
    rules = [_EXISTENCE, _NOT_ENABLED, _SANDBOX]
    if has_policy:
        rules.append(_ACCESS)
    if caller.country is not None:
        rules.append(_GEO)
    if caller.region is not None:
        rules.append(_REGION)
    if has_policy or preferences.data_collection == "deny":
        rules.append(_TRAINING)
    if preferences.zdr or caller.policy.zdr_groups:
        rules.append(_ZDR)
    if has_policy or preferences.only or preferences.ignore or preferences.order:
        rules.append(_PROVIDERS)
    rules.append(_TIER)
    if query.output_modalities or query.input_modalities != _TEXT:
        rules.append(_MODALITY)
    rules += _of_limits(query)
    return tuple(rules)


def _of_limits(query: RoutingQuery) -> list[Rule]:
    """The later rules: what the request itself limits."""
    preferences = query.preferences
    rules: list[Rule] = []
    if preferences.quantizations:
        rules.append(_QUANTIZATIONS)
    if preferences.max_price != NO_PRICE_LIMIT:
        rules.append(_MAX_PRICE)
    rules.append(_LENGTH)
    if preferences.require_parameters:
        rules.append(_PARAMETERS)
    if preferences.enforce_distillable_text:
        rules.append(_DISTILLATION)
    if query.used_parameters and not query.used_parameters.isdisjoint(filters.SOFT_PARAMETERS):
        rules.append(_SOFT_PARAMETERS)
    return rules
