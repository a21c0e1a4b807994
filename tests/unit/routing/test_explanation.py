"""A routing decision, told (operating.md OP-32)."""

from tests.unit.routing.test_filters import TRAINS
from tests.unit.routing.worlds import catalog, endpoint, model, planned, rocket, tags, told
from trunkline.routing.policy import ByokKey, RoutingCaller
from trunkline.routing.types import ProviderPreferences

DENY = ProviderPreferences(data_collection="deny")
WORLD = rocket(
    endpoint("trains", policy=TRAINS, context_length=10_000),
    endpoint("short", context_length=10_000),
    endpoint("good"),
    endpoint("dear", price="0.000009"),
)


def test_every_endpoint_is_listed_with_the_first_filter_that_dropped_it() -> None:
    found = told(WORLD, preferences=DENY, prompt_tokens_estimate=50_000)
    assert [(e.tag, e.kept, e.dropped_by, e.excluded_by) for e in found.models[0].endpoints] == [
        ("trains", False, "training", "data_policy:training"),
        ("short", False, "context_length", "context_length"),
        ("good", True, None, None),
        ("dear", True, None, None),
    ]


def test_the_order_of_attempts_is_what_the_planner_decides() -> None:
    found = told(WORLD, preferences=DENY)
    assert [attempt.endpoint for attempt in found.attempts] == tags(planned(WORLD, preferences=DENY))
    for attempt in found.attempts:
        shown = next(e for e in found.models[0].endpoints if e.tag == attempt.endpoint)
        assert attempt.number in shown.attempts


def test_what_is_kept_and_not_attempted_has_no_place() -> None:
    found = told(WORLD, preferences=ProviderPreferences(sort="price", allow_fallbacks=False))
    assert len(found.attempts) == 1
    assert sum(e.kept for e in found.models[0].endpoints) == 4
    assert sum(bool(e.attempts) for e in found.models[0].endpoints) == 1


def test_an_endpoint_tried_with_two_keys_has_two_places() -> None:
    caller = RoutingCaller(own_keys=(ByokKey(id="mine", provider="good"),))
    found = told(WORLD, caller=caller, preferences=ProviderPreferences(only=("good",)))
    assert [attempt.byok_key_id for attempt in found.attempts] == ["mine", None]
    assert next(e for e in found.models[0].endpoints if e.tag == "good").attempts == [1, 2]


def test_a_refusal_is_told_with_every_drop_that_led_to_it() -> None:
    found = told(rocket(endpoint("trains", policy=TRAINS)), preferences=DENY)
    assert found.refusal is not None
    assert (found.refusal.status, found.refusal.availability_code) == (404, "privacy_restricted")
    assert (found.attempts, found.models[0].endpoints[0].dropped_by) == ([], "training")


def test_every_listed_model_is_told_in_order_and_prices_are_decimal() -> None:
    world = catalog(
        model("acme/a", endpoint("p", model="acme/a", price="0.0000003")),
        model("acme/b", endpoint("q", model="acme/b")),
    )
    found = told(world, "acme/b", "acme/a:floor")
    assert [(m.id, m.reference) for m in found.models] == [("acme/b", "acme/b"), ("acme/a", "acme/a:floor")]
    assert found.models[1].endpoints[0].prices["prompt"] == "0.0000003"


def test_endpoints_of_others_are_not_told() -> None:
    found = told(rocket(endpoint("mine"), endpoint("theirs", private_to=("user_1",))))
    assert [e.tag for e in found.models[0].endpoints] == ["mine"]
