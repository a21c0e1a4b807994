"""The filters in the order in which they run (routing-and-catalog.md 4.2)."""

from trunkline.routing import filters
from trunkline.routing.ask import Rule
from trunkline.routing.policy import EVERYTHING_ALLOWED
from trunkline.routing.types import MaxPrice, RoutingQuery

_TEXT = frozenset({"text"})
_NO_LIMIT = MaxPrice()


def _has_policy(query: RoutingQuery) -> bool:
    return query.caller.policy is not EVERYTHING_ALLOWED


RULES: tuple[Rule, ...] = (
    Rule(name="existence", keep=filters.existing),
    Rule(name="not_enabled", keep=filters.callable),
    Rule(name="sandbox", keep=filters.not_sandbox),
    Rule(name="access", keep=filters.permitted, applies=_has_policy),
    Rule(
        name="geo",
        keep=filters.not_geo_blocked,
        applies=lambda query: query.caller.country is not None,
        excluded_by="geo",
    ),
    Rule(
        name="region",
        keep=filters.in_region,
        applies=lambda query: query.caller.region is not None,
        excluded_by="data_region",
    ),
    Rule(
        name="training",
        keep=filters.without_training,
        applies=lambda query: query.preferences.data_collection == "deny" or _has_policy(query),
        excluded_by="data_policy:training",
    ),
    Rule(
        name="zdr",
        keep=filters.zero_retention,
        applies=lambda query: query.preferences.zdr or bool(query.caller.policy.zdr_groups),
        excluded_by="data_policy:zdr",
    ),
    Rule(
        name="providers",
        keep=filters.allowed_providers,
        applies=lambda query: (
            bool(query.preferences.only or query.preferences.ignore or query.preferences.order) or _has_policy(query)
        ),
        excluded_by="allowed_providers",
    ),
    Rule(name="tier", keep=filters.admitted_tiers),
    Rule(
        name="modality",
        keep=filters.modalities,
        applies=lambda query: query.input_modalities != _TEXT or bool(query.output_modalities),
    ),
    Rule(
        name="quantizations",
        keep=filters.quantized,
        applies=lambda query: bool(query.preferences.quantizations),
        excluded_by="quantization",
    ),
    Rule(
        name="max_price",
        keep=filters.affordable,
        applies=lambda query: query.preferences.max_price != _NO_LIMIT,
        excluded_by="max_price",
    ),
    Rule(name="context_length", keep=filters.long_enough, excluded_by="context_length"),
    Rule(
        name="require_parameters",
        keep=filters.supporting,
        applies=lambda query: query.preferences.require_parameters,
        excluded_by="require_parameters",
    ),
    Rule(
        name="enforce_distillable_text",
        keep=filters.distillable,
        applies=lambda query: query.preferences.enforce_distillable_text,
    ),
    Rule(
        name="soft_parameters",
        keep=filters.preferring,
        applies=lambda query: not query.used_parameters.isdisjoint(filters.SOFT_PARAMETERS),
    ),
)
