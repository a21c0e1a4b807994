"""What account, guardrails, country, region and identity do to a plan (routing-and-catalog.md 4, 5.7, 7, 14)."""

import pytest
from msgspec import UNSET

from tests.unit.routing.worlds import catalog, endpoint, model, planned, rocket, tags
from trunkline.catalog.types import DataPolicy
from trunkline.core.errors import ModelNotFound, NoEndpoints, PermissionDenied, TrunklineError
from trunkline.routing.policy import RoutingCaller, RoutingPolicy
from trunkline.routing.types import ProviderPreferences

ABC = rocket(endpoint("a"), endpoint("b"), endpoint("c"))
TRAINS = DataPolicy(training=True, retains_prompts=True)
PUBLISHES = DataPolicy(training=False, retains_prompts=True, can_publish=True)
RETAINS = DataPolicy(training=False, retains_prompts=True)


def under(**policy: object) -> RoutingCaller:
    return RoutingCaller(policy=RoutingPolicy(**policy))


def test_an_account_list_and_only_intersect() -> None:
    caller = under(provider_ceilings=(("a", "b"),))
    assert tags(planned(ABC, caller=caller, preferences=ProviderPreferences(only=("b", "c")))) == ["b"]


def test_an_empty_intersection_is_404_and_names_both_sides() -> None:
    caller = under(provider_ceilings=(("a", "b"),))
    with pytest.raises(NoEndpoints, match="No allowed providers are available") as caught:
        planned(ABC, caller=caller, preferences=ProviderPreferences(only=("c",)))
    assert caught.value.availability is not None
    assert (caught.value.availability.code, caught.value.availability.excluded_by) == (
        "no_endpoints",
        ("allowed_providers",),
    )
    assert caught.value.metadata["requested_providers"] == ["c"]


def test_deny_lists_unite() -> None:
    caller = under(denied_providers=("a",))
    assert tags(planned(ABC, caller=caller, preferences=ProviderPreferences(ignore=("b",)))) == ["c"]


def test_zdr_of_the_account_holds_though_the_request_says_false_and_only_for_its_group() -> None:
    world = catalog(
        model(
            "anthropic/x", endpoint("keeps", model="anthropic/x", policy=RETAINS), endpoint("z", model="anthropic/x")
        ),
        model("acme/y", endpoint("keeps", model="acme/y", policy=RETAINS), endpoint("z", model="acme/y")),
    )
    caller = under(zdr_groups=frozenset({"anthropic"}))
    said_no = ProviderPreferences(zdr=False)
    assert tags(planned(world, "anthropic/x", caller=caller, preferences=said_no)) == ["z"]
    assert sorted(tags(planned(world, "acme/y", caller=caller, preferences=said_no))) == ["keeps", "z"]


def test_a_privacy_refusal_of_the_account_says_where_to_change_it() -> None:
    world = rocket(endpoint("keeps", policy=RETAINS))
    with pytest.raises(NoEndpoints, match="privacy settings of the account") as caught:
        planned(world, caller=under(zdr_groups=frozenset({"other"})))
    assert caught.value.availability is not None
    assert caught.value.availability.code == "privacy_restricted"


@pytest.mark.parametrize(
    ("switch", "kept"),
    [
        ("allow_paid_training", ["clean", "free-publishes", "free-trains"]),
        ("allow_free_training", ["clean", "free-publishes", "paid-trains"]),
        ("allow_free_publication", ["clean", "free-trains", "paid-trains"]),
    ],
)
def test_training_switches_are_for_one_price_class_each(switch: str, kept: list[str]) -> None:
    world = rocket(
        endpoint("clean"),
        endpoint("paid-trains", policy=TRAINS),
        endpoint("free-trains", policy=TRAINS, variant="free"),
        endpoint("free-publishes", policy=PUBLISHES, variant="free"),
    )
    assert sorted(tags(planned(world, caller=under(**{switch: False})))) == kept


def test_an_account_that_denies_collection_denies_it_for_every_request() -> None:
    world = rocket(endpoint("clean"), endpoint("trains", policy=TRAINS))
    assert tags(planned(world, caller=under(deny_data_collection=True))) == ["clean"]


def test_a_model_that_a_guardrail_forbids_is_403_without_availability() -> None:
    for policy in (under(allowed_models=frozenset({"acme/other"})), under(denied_models=frozenset({"acme/rocket"}))):
        with pytest.raises(PermissionDenied) as caught:
            planned(ABC, caller=policy)
        assert caught.value.availability is None


def test_a_slug_in_a_model_list_stands_for_its_variants() -> None:
    world = catalog(model("acme/rocket:free", endpoint("a", model="acme/rocket:free", variant="free")))
    assert tags(planned(world, caller=under(allowed_models=frozenset({"acme/rocket"})))) == ["a"]


def test_a_forbidden_model_is_skipped_while_another_listed_one_is_allowed() -> None:
    world = catalog(model("acme/a", endpoint("p", model="acme/a")), model("acme/b", endpoint("q", model="acme/b")))
    assert tags(planned(world, "acme/a", "acme/b", caller=under(denied_models=frozenset({"acme/a"})))) == ["q"]


def test_a_blocked_country_is_403_region_restricted() -> None:
    world = rocket(endpoint("a", geo_blocked=("KP", "CU")))
    assert tags(planned(world, caller=RoutingCaller(country="FR"))) == ["a"]
    with pytest.raises(PermissionDenied) as caught:
        planned(world, caller=RoutingCaller(country="CU"))
    availability = caught.value.availability
    assert availability is not None
    assert (availability.code, availability.retryable, availability.excluded_by) == (
        "region_restricted",
        False,
        ("geo",),
    )


def test_on_a_regional_host_only_endpoints_of_the_region_serve() -> None:
    world = rocket(endpoint("a", data_regions=("us",)), endpoint("b", data_regions=("eu", "us")))
    assert tags(planned(world, caller=RoutingCaller(region="eu"))) == ["b"]


def test_a_model_without_endpoints_in_the_region_is_404_constraint_filtered_by_data_region() -> None:
    with pytest.raises(NoEndpoints) as caught:
        planned(rocket(endpoint("a", data_regions=("us",))), caller=RoutingCaller(region="eu"))
    availability = caught.value.availability
    assert availability is not None
    assert (availability.code, availability.excluded_by) == ("constraint_filtered", ("data_region",))
    assert availability.constraint is not UNSET
    assert availability.constraint.field == "data_region"


SHARED = catalog(
    model("acme/secret", endpoint("a", model="acme/secret"), private_to=("user_1",)),
    model("acme/open", endpoint("p", model="acme/open", private_to=("user_1",)), endpoint("q", model="acme/open")),
    model("acme/inner", endpoint("p", model="acme/inner", private_to=("user_1",))),
)
MEMBER = RoutingCaller(identities=frozenset({"account_9", "user_1"}))


def test_a_private_model_works_for_those_it_is_shared_with_and_is_unknown_to_everyone_else() -> None:
    assert tags(planned(SHARED, "acme/secret", caller=MEMBER)) == ["a"]
    with pytest.raises(ModelNotFound) as caught:
        planned(SHARED, "acme/secret")
    assert caught.value.http_status == 400


def test_a_private_model_is_not_suggested_to_others() -> None:
    with pytest.raises(ModelNotFound) as caught:
        planned(SHARED, "acme/secre")
    assert caught.value.availability is not None
    assert "acme/secret" not in caught.value.availability.fallback_models


def test_a_private_endpoint_goes_before_the_public_ones_and_is_absent_for_others() -> None:
    for seed in range(20):
        assert tags(planned(SHARED, "acme/open", caller=MEMBER, seed=seed)) == ["p", "q"]
    assert tags(planned(SHARED, "acme/open")) == ["q"]


def test_a_model_of_which_all_endpoints_are_private_is_unknown_to_others() -> None:
    assert tags(planned(SHARED, "acme/inner", caller=MEMBER)) == ["p"]
    with pytest.raises(ModelNotFound):
        planned(SHARED, "acme/inner")


def test_private_endpoints_of_others_are_not_named_in_errors() -> None:
    world = rocket(endpoint("hidden", private_to=("user_1",)), endpoint("seen"))
    with pytest.raises(TrunklineError) as caught:
        planned(world, preferences=ProviderPreferences(only=("nobody",)))
    assert caught.value.availability is not None
    assert caught.value.availability.affected_providers == ("seen",)
    assert "hidden" not in caught.value.message


def test_what_the_operator_switched_off_is_not_served() -> None:
    assert tags(planned(rocket(endpoint("on"), endpoint("off", enabled=False)))) == ["on"]
    with pytest.raises(NoEndpoints, match="switched it off"):
        planned(rocket(endpoint("off", enabled=False)))


def test_a_request_without_model_takes_the_default_of_the_workspace() -> None:
    assert tags(planned(ABC, models=(), caller=under(default_model="acme/rocket", provider_ceilings=(("a",),)))) == [
        "a"
    ]


def test_the_sort_of_the_workspace_applies_when_the_request_has_neither_sort_nor_order() -> None:
    world = rocket(endpoint("dear", price="0.0000011"), endpoint("cheap", price="0.000001"))
    caller = under(default_sort="price")
    assert {tuple(tags(planned(world, caller=caller, seed=seed))) for seed in range(40)} == {("cheap", "dear")}
    assert tags(planned(world, caller=caller, preferences=ProviderPreferences(order=("dear",)))) == ["dear", "cheap"]


def test_an_ended_model_suggests_the_successor_that_its_author_named() -> None:
    world = catalog(
        model("acme/old", endpoint("a", model="acme/old", deprecation_date="2026-01-01"), successor="acme/new"),
        model("acme/new", endpoint("a", model="acme/new")),
    )
    with pytest.raises(NoEndpoints) as caught:
        planned(world, "acme/old")
    assert caught.value.availability is not None
    assert caught.value.availability.fallback_models == ("acme/new",)
