"""Which endpoints may serve (routing-and-catalog.md 4.2–4.5)."""

import pytest

from tests.unit.routing.worlds import catalog, endpoint, model, planned, rocket, sheet, tags
from trunkline.catalog.prices import PriceOverride, PriceSheet
from trunkline.catalog.types import DataPolicy
from trunkline.core.errors import TrunklineError
from trunkline.core.money import parse_price
from trunkline.routing.types import MaxPrice, ProviderPreferences

TRAINS = DataPolicy(training=True, retains_prompts=True)
RETAINS = DataPolicy(training=False, retains_prompts=True, retention_days=30)
PUBLISHES = DataPolicy(training=False, retains_prompts=True, can_publish=True)


def kept(*endpoints: object, preferences: ProviderPreferences | None = None, **query: object) -> list[str]:
    return sorted(tags(planned(rocket(*endpoints), preferences=preferences, **query)))


def test_data_collection_deny_drops_training_publishing_and_unknown_but_not_retention() -> None:
    assert kept(
        endpoint("trains", policy=TRAINS),
        endpoint("publishes", policy=PUBLISHES),
        endpoint("unknown", policy=DataPolicy()),
        endpoint("retains", policy=RETAINS),
        endpoint("zero"),
        preferences=ProviderPreferences(data_collection="deny"),
    ) == ["retains", "zero"]


def test_zdr_true_keeps_only_zero_retention_and_false_adds_nothing() -> None:
    both = (endpoint("retains", policy=RETAINS), endpoint("zero"))
    assert kept(*both, preferences=ProviderPreferences(zdr=True)) == ["zero"]
    assert kept(*both, preferences=ProviderPreferences(zdr=False)) == ["retains", "zero"]


@pytest.mark.parametrize(
    ("asked", "offered", "is_kept"),
    [
        ("fp8", "mxfp8", True),
        ("mxfp8", "fp8", False),
        ("fp4", "nvfp4", True),
        ("fp4", "mxfp4", True),
        ("unknown", None, True),
        ("fp8", None, False),
        ("bf16", "bf16", True),
    ],
)
def test_quantizations_admit_their_narrower_spellings_only(asked: str, offered: str | None, is_kept: bool) -> None:
    world = rocket(endpoint("it", quantization=offered), endpoint("int4", quantization="int4"))
    preferences = ProviderPreferences(quantizations=(asked, "int4"))
    assert ("it" in tags(planned(world, preferences=preferences))) is is_kept


def test_max_price_keeps_an_endpoint_at_exactly_the_limit() -> None:
    limit = MaxPrice(prompt=parse_price("0.000001"))
    assert kept(
        endpoint("exact", price="0.000001"),
        endpoint("dearer", price="0.000001000000000001"),
        preferences=ProviderPreferences(max_price=limit),
    ) == ["exact"]


def test_max_price_compares_the_price_that_this_prompt_would_pay() -> None:
    long_context = PriceSheet(
        base=sheet("0.000001").base,
        overrides=(PriceOverride(prices={"prompt": parse_price("0.000002")}, min_prompt_tokens=1000),),
    )
    world = (endpoint("steep", price=long_context), endpoint("flat", price="0.000001"))
    preferences = ProviderPreferences(max_price=MaxPrice(prompt=parse_price("0.000001")))
    assert kept(*world, preferences=preferences, prompt_tokens_estimate=1000) == ["flat", "steep"]
    assert kept(*world, preferences=preferences, prompt_tokens_estimate=1001) == ["flat"]


def test_a_price_that_an_endpoint_does_not_have_passes_every_limit() -> None:
    assert kept(endpoint("plain"), preferences=ProviderPreferences(max_price=MaxPrice(image=0, request=0))) == ["plain"]


def test_require_parameters_drops_what_lacks_one_and_knows_the_synonyms() -> None:
    world = (
        endpoint("old", parameters={"max_tokens", "reasoning"}),
        endpoint("new", parameters={"max_completion_tokens", "reasoning_effort", "seed"}),
    )
    strict = ProviderPreferences(require_parameters=True)
    assert kept(*world, preferences=strict, used_parameters=frozenset({"max_tokens"})) == ["new", "old"]
    assert kept(*world, preferences=strict, used_parameters=frozenset({"reasoning_effort"})) == ["new", "old"]
    assert kept(*world, preferences=strict, used_parameters=frozenset({"seed"})) == ["new"]
    assert kept(*world, used_parameters=frozenset({"seed"})) == ["new", "old"]


def test_response_format_is_tried_only_where_it_is_supported_by_some() -> None:
    json = frozenset({"response_format"})
    world = (endpoint("a"), endpoint("b", parameters=json), endpoint("c"))
    assert kept(*world, used_parameters=json) == ["b"]


def test_response_format_that_nobody_supports_leaves_all_eligible() -> None:
    assert kept(endpoint("a"), endpoint("b"), endpoint("c"), used_parameters=frozenset({"response_format"})) == [
        "a",
        "b",
        "c",
    ]


def test_soft_steps_run_in_order_and_skip_what_would_leave_nobody() -> None:
    world = (
        endpoint("tools", parameters={"tools"}),
        endpoint("json", parameters={"response_format"}),
        endpoint("verbose", parameters={"verbosity", "tools"}),
    )
    assert kept(*world, used_parameters=frozenset({"tools", "response_format", "verbosity"})) == ["verbose"]


def test_tools_without_support_are_dropped_when_strict_tool_routing_is_off() -> None:
    tools = frozenset({"tools"})
    assert kept(endpoint("a"), used_parameters=tools, strict_tool_routing=False) == ["a"]


def test_tools_may_fall_back_to_a_model_without_support_when_another_has_it() -> None:
    world = catalog(
        model("acme/able", endpoint("a", model="acme/able", parameters={"tools"})),
        model("acme/plain", endpoint("b", model="acme/plain")),
    )
    assert tags(planned(world, "acme/able", "acme/plain", used_parameters=frozenset({"tools"}))) == ["a", "b"]


def test_length_rules_drop_small_windows_and_short_writers() -> None:
    world = (
        endpoint("short", context_length=1000),
        endpoint("terse", max_output_tokens=100),
        endpoint("unknown", context_length=None),
        endpoint("long"),
    )
    assert kept(*world, prompt_tokens_estimate=900, max_output_tokens=101) == ["long", "unknown"]
    assert kept(*world, prompt_tokens_estimate=900, max_output_tokens=100) == ["long", "short", "terse", "unknown"]


def test_an_input_that_an_endpoint_cannot_take_drops_it() -> None:
    world = (endpoint("blind"), endpoint("seeing", inputs=("text", "image")))
    assert kept(*world, input_modalities=frozenset({"text", "image"})) == ["seeing"]


def test_an_endpoint_past_its_end_is_gone_and_one_before_it_is_not() -> None:
    world = (endpoint("gone", deprecation_date="2026-09-01"), endpoint("soon", deprecation_date="2027-01-01"))
    assert kept(*world) == ["soon"]


def test_tier_endpoints_need_to_be_asked_for() -> None:
    world = (endpoint("p"), endpoint("p/priority", tier="priority"), endpoint("p/flex", tier="flex"))
    assert kept(*world) == ["p"]
    assert kept(*world, service_tier="priority") == ["p", "p/priority"]
    assert kept(*world, service_tier="fast") == ["p", "p/priority"]
    assert kept(*world, service_tier="flex") == ["p/flex"]
    assert kept(*world, preferences=ProviderPreferences(only=("p/priority",))) == ["p/priority"]
    assert kept(*world, preferences=ProviderPreferences(order=("p/flex",))) == ["p", "p/flex"]


def test_flex_without_flex_endpoints_routes_normally() -> None:
    assert kept(endpoint("p"), service_tier="flex") == ["p"]


@pytest.mark.parametrize(
    ("reference", "preferences", "expected"),
    [
        ("acme/rocket:nitro", ProviderPreferences(), ["p", "p/priority"]),
        ("acme/rocket:floor", ProviderPreferences(), ["p", "p/flex"]),
        ("acme/rocket:nitro", ProviderPreferences(order=("p",)), ["p"]),
        ("acme/rocket:nitro", ProviderPreferences(sort="price"), ["p"]),
    ],
)
def test_nitro_and_floor_admit_their_tier_unless_order_or_sort_is_given(
    reference: str, preferences: ProviderPreferences, expected: list[str]
) -> None:
    world = rocket(endpoint("p"), endpoint("p/priority", tier="priority"), endpoint("p/flex", tier="flex"))
    assert sorted(tags(planned(world, reference, preferences=preferences))) == expected


def test_the_sandbox_answers_beside_a_real_provider_only_when_named() -> None:
    world = (endpoint("openai"), endpoint("sandbox"))
    assert kept(*world) == ["openai"]
    assert kept(*world, preferences=ProviderPreferences(only=("sandbox",))) == ["sandbox"]
    assert tags(planned(rocket(*world), preferences=ProviderPreferences(order=("sandbox",)))) == ["sandbox", "openai"]
    assert kept(endpoint("sandbox")) == ["sandbox"]


def test_one_filter_cannot_be_escaped_by_naming_the_provider() -> None:
    world = rocket(endpoint("trains", policy=TRAINS), endpoint("good"))
    with pytest.raises(TrunklineError):
        planned(world, preferences=ProviderPreferences(data_collection="deny", only=("trains",)))
