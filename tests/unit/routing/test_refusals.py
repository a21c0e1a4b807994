"""A valid request that nobody may serve: each availability code, by one test (routing-and-catalog.md 7).

`region_restricted` needs geography, which comes with accounts; `capacity_exhausted`, `temporarily_unavailable` and
`model_unavailable_upstream` follow attempts: test_attempts.py.
"""

import pytest
from msgspec import UNSET
from msgspec.structs import replace

from tests.unit.routing.worlds import catalog, endpoint, model, planned, rocket, tags
from trunkline.catalog.types import DataPolicy, Snapshot
from trunkline.core.errors import (
    Availability,
    ContextLengthExceeded,
    InvalidRequest,
    ModelNotFound,
    NoEndpoints,
    TrunklineError,
)
from trunkline.core.money import parse_price
from trunkline.routing.types import MaxPrice, ProviderPreferences


def refused(snapshot: Snapshot, *models: str, **query: object) -> tuple[TrunklineError, Availability]:
    with pytest.raises(TrunklineError) as caught:
        planned(snapshot, *models, **query)
    error = caught.value
    assert error.availability is not None
    assert error.availability.requested_models == (models or (next(iter(snapshot.models)),))
    assert not error.availability.retryable
    return error, error.availability


def refused_by(preferences: ProviderPreferences, **query: object) -> tuple[TrunklineError, Availability]:
    policy = DataPolicy(training=True, retains_prompts=True)
    world = rocket(endpoint("alpha", policy=policy, quantization="int4"), endpoint("beta", policy=policy))
    return refused(world, preferences=preferences, **query)


ONE = rocket(endpoint("alpha"))


def test_model_not_found_anywhere_in_the_list_is_400() -> None:
    error, availability = refused(ONE, "acme/rocket", "acme/rokket")
    assert isinstance(error, ModelNotFound)
    assert (error.http_status, error.kind, availability.code) == (400, "invalid_request", "model_not_found")
    assert availability.fallback_models == ("acme/rocket",)
    assert "acme/rokket is not a valid model ID" in error.message


def test_wrong_endpoint_names_the_right_route() -> None:
    world = catalog(model("acme/vectors", endpoint("alpha", model="acme/vectors"), operation="embeddings"))
    error, availability = refused(world)
    assert (error.http_status, availability.code) == (400, "wrong_endpoint")
    assert availability.constraint is not UNSET
    assert (availability.constraint.field, availability.constraint.detail) == ("model", "/api/v1/embeddings")


def test_no_endpoints_names_what_would_enable_one() -> None:
    error, availability = refused(
        ONE, is_callable=lambda endpoint: False, why_not=lambda endpoint: f"set {endpoint.provider.upper()}_API_KEY"
    )
    assert (error.http_status, error.kind, availability.code) == (404, "not_found", "no_endpoints")
    assert "No endpoints found for acme/rocket" in error.message
    assert "Alpha" in error.message
    assert "To enable one: set ALPHA_API_KEY." in error.message
    assert availability.excluded_by == ()


def test_a_model_without_any_endpoint_is_no_endpoints() -> None:
    error, availability = refused(catalog(model("acme/empty")))
    assert (availability.code, error.message) == ("no_endpoints", "No endpoints found for acme/empty.")


@pytest.mark.parametrize(
    ("preferences", "requested"),
    [
        (ProviderPreferences(only=("gamma",)), ["gamma"]),
        (ProviderPreferences(order=("gamma",), allow_fallbacks=False), ["gamma"]),
        (ProviderPreferences(ignore=("alpha", "beta")), []),
    ],
)
def test_provider_lists_that_leave_nobody_are_no_endpoints(
    preferences: ProviderPreferences, requested: list[str]
) -> None:
    error, availability = refused_by(preferences)
    assert (error.http_status, availability.code) == (404, "no_endpoints")
    assert availability.excluded_by == ("allowed_providers",)
    assert "No allowed providers are available for the selected model" in error.message
    assert error.metadata == {"available_providers": ["alpha", "beta"], "requested_providers": requested}


def test_a_tier_that_was_not_asked_for_is_no_endpoints() -> None:
    error, availability = refused(rocket(endpoint("alpha/flex", tier="flex")))
    assert availability.code == "no_endpoints"
    assert "alpha/flex" in error.message


@pytest.mark.parametrize("kind", ["image", "audio", "video", "file"])
def test_an_input_that_nobody_takes_is_no_endpoints(kind: str) -> None:
    error, availability = refused(ONE, input_modalities=frozenset({"text", kind}))
    assert availability.code == "no_endpoints"
    assert f"No endpoints found that support {kind} input" in error.message


def test_model_deprecated_suggests_the_newest_of_the_family() -> None:
    names = ("acme/rocket-1", "acme/rocket-2", "acme/rocket-3", "acme/sled-9")
    world = catalog(
        *(
            model(name, endpoint("a", model=name, deprecation_date="2026-01-01" if age == 0 else None), created_s=age)
            for age, name in enumerate(names)
        )
    )
    error, availability = refused(world, "acme/rocket-1")
    assert (error.http_status, availability.code) == (404, "model_deprecated")
    assert availability.fallback_models == ("acme/rocket-3", "acme/rocket-2")
    assert "2026-01-01" in error.message


@pytest.mark.parametrize(
    ("preferences", "label"),
    [
        (ProviderPreferences(data_collection="deny"), "data_policy:training"),
        (ProviderPreferences(zdr=True), "data_policy:zdr"),
    ],
)
def test_privacy_restricted_names_the_policy_and_where_to_change_it(
    preferences: ProviderPreferences, label: str
) -> None:
    error, availability = refused_by(preferences)
    assert (error.http_status, availability.code) == (404, "privacy_restricted")
    assert availability.excluded_by == (label,)
    assert "provider." in error.message


@pytest.mark.parametrize(
    ("preferences", "used", "label", "field", "says"),
    [
        (ProviderPreferences(quantizations=("fp8",)), (), "quantization", "quantizations", "int4"),
        (
            ProviderPreferences(max_price=MaxPrice(prompt=parse_price("0.0000005"))),
            (),
            "max_price",
            "max_price",
            "$0.5 per million prompt tokens",
        ),
        (ProviderPreferences(require_parameters=True), ("seed",), "require_parameters", "require_parameters", "seed"),
        (ProviderPreferences(enforce_distillable_text=True), (), None, "enforce_distillable_text", "distillation"),
    ],
)
def test_constraint_filtered_names_the_field_and_the_detail(
    preferences: ProviderPreferences, used: tuple[str, ...], label: str | None, field: str, says: str
) -> None:
    error, availability = refused_by(preferences, used_parameters=frozenset(used))
    assert (error.http_status, availability.code) == (404, "constraint_filtered")
    assert availability.excluded_by == ((label,) if label else ())
    assert availability.constraint is not UNSET
    assert availability.constraint.field == field
    assert says in availability.constraint.detail
    assert says in error.message


def test_an_output_that_is_too_long_everywhere_is_constraint_filtered() -> None:
    error, availability = refused(rocket(endpoint("a", max_output_tokens=100)), max_output_tokens=101)
    assert (error.http_status, availability.code) == (404, "constraint_filtered")
    assert availability.constraint is not UNSET
    assert availability.constraint.field == "context_length"
    assert availability.excluded_by == ("context_length",)


def test_a_prompt_that_fits_nowhere_is_400_context_length_exceeded_with_the_largest_window() -> None:
    world = rocket(endpoint("a", context_length=1000), endpoint("b", context_length=2000))
    with pytest.raises(ContextLengthExceeded) as caught:
        planned(world, prompt_tokens_estimate=1990, tool_tokens_estimate=90, max_output_tokens=20, compression=False)
    error = caught.value
    assert (error.http_status, error.kind) == (400, "context_length_exceeded")
    assert "maximum context length is 2000 tokens" in error.message
    assert "2010 tokens" in error.message
    assert "1900 of text input, 90 of tool input, 20 in the output" in error.message
    assert "context-compression" in error.message
    assert error.metadata == {"provider_name": None}


def test_free_variant_ended_suggests_the_paid_model() -> None:
    error, availability = refused(ONE, "acme/rocket:free")
    assert (error.http_status, availability.code) == (404, "free_variant_ended")
    assert availability.fallback_models == ("acme/rocket",)


def test_a_free_row_whose_endpoints_have_ended_is_free_variant_ended() -> None:
    free = endpoint("a/free", model="acme/rocket:free", variant="free", deprecation_date="2026-01-01")
    world = catalog(model("acme/rocket", endpoint("a")), model("acme/rocket:free", free))
    _, availability = refused(world, "acme/rocket:free")
    assert (availability.code, availability.fallback_models) == ("free_variant_ended", ("acme/rocket",))


def test_tools_that_nobody_takes_are_refused_in_the_recorded_words() -> None:
    error, availability = refused(ONE, used_parameters=frozenset({"tools", "tool_choice"}))
    assert isinstance(error, NoEndpoints)
    assert error.message.startswith(
        "No endpoints found that support tool use. To learn more about provider routing, visit: "
    )
    assert availability.code == "constraint_filtered"


def test_a_listed_model_without_endpoints_is_skipped_when_another_has_some() -> None:
    world = catalog(model("acme/empty"), model("acme/rocket", endpoint("alpha")))
    assert tags(planned(world, "acme/empty", "acme/rocket")) == ["alpha"]
    assert tags(planned(world, "acme/rocket:free", "acme/rocket")) == ["alpha"]


def test_when_all_models_are_empty_the_first_ones_reason_is_told() -> None:
    world = catalog(model("acme/rocket", endpoint("alpha")), model("acme/empty"))
    _, availability = refused(world, "acme/rocket", "acme/empty", preferences=ProviderPreferences(only=("beta",)))
    assert availability.excluded_by == ("allowed_providers",)


def test_the_filter_that_removed_the_last_survivor_decides() -> None:
    world = rocket(endpoint("trains", policy=DataPolicy(training=True)), endpoint("precise", quantization="bf16"))
    _, availability = refused(world, preferences=ProviderPreferences(data_collection="deny", quantizations=("int4",)))
    assert availability.code == "constraint_filtered"
    assert availability.excluded_by == ("data_policy:training", "quantization")


def test_no_model_at_all_is_refused() -> None:
    with pytest.raises(InvalidRequest, match="'model' is missing"):
        planned(ONE, models=())


def test_a_limit_of_the_prompt_alone_is_the_length_that_is_named() -> None:
    narrow = replace(endpoint("a", context_length=None), max_prompt_tokens=500)
    with pytest.raises(ContextLengthExceeded, match="maximum context length is 500 tokens"):
        planned(rocket(narrow), prompt_tokens_estimate=501)
