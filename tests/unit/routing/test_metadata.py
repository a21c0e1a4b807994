"""`openrouter_metadata` (routing-and-catalog.md 25)."""

from msgspec import structs

from tests.unit.routing.worlds import candidate, catalog, endpoint, model, planned
from trunkline.core import json
from trunkline.core.json import JsonValue
from trunkline.routing.metadata import classified, compressed, router_metadata
from trunkline.routing.plan import refused_plan
from trunkline.routing.policy import ByokKey, RoutingCaller
from trunkline.routing.types import Candidate, Plan, ProviderPreferences, RoutingQuery

WORLD = catalog(
    model("acme/a", endpoint("alpha", model="acme/a"), endpoint("openai", model="acme/a", price="0.000002")),
    model("acme/b", endpoint("beta", model="acme/b")),
    aliases={"acme/old": "acme/a"},
)
PRICE = ProviderPreferences(sort="price")


def told(
    plan: Plan, tried: list[tuple[Candidate, int]], selected: Candidate | None, **more: object
) -> dict[str, JsonValue]:
    found = json.value(router_metadata(plan, tried=tried, selected=selected, providers=WORLD.providers, **more))
    assert isinstance(found, dict)
    return found


def test_a_first_success_names_the_selected_endpoint_and_leaves_attempts_out() -> None:
    plan = planned(WORLD, "acme/a", preferences=PRICE)
    assert told(plan, [(plan.attempts[0], 200)], plan.attempts[0]) == {
        "requested": "acme/a",
        "strategy": "direct",
        "region": None,
        "summary": "available=2, selected=Alpha",
        "attempt": 1,
        "is_byok": False,
        "endpoints": {
            "total": 2,
            "available": [
                {"provider": "Alpha", "model": "acme/a", "selected": True},
                {"provider": "OpenAI", "model": "acme/a", "selected": False},
            ],
        },
    }


def test_a_success_on_the_second_attempt_shows_both() -> None:
    plan = planned(WORLD, "acme/a", preferences=PRICE)
    first, second = plan.attempts
    found = told(plan, [(first, 429), (second, 200)], second)
    assert found["attempt"] == 2
    assert found["attempts"] == [
        {"provider": "Alpha", "model": "acme/a", "status": 429},
        {"provider": "OpenAI", "model": "acme/a", "status": 200},
    ]


def test_an_answer_of_another_model_is_a_fallback() -> None:
    plan = planned(WORLD, "acme/a", "acme/b", preferences=PRICE)
    assert told(plan, [], plan.attempts[-1])["strategy"] == "fallback"
    assert told(plan, [], plan.attempts[0])["strategy"] == "direct"


def test_a_primary_that_the_filters_emptied_makes_the_second_a_fallback() -> None:
    plan = planned(WORLD, "acme/a", "acme/b", preferences=ProviderPreferences(only=("beta",)))
    assert told(plan, [], plan.attempts[0])["strategy"] == "fallback"


def test_an_alias_is_named_as_the_strategy() -> None:
    plan = planned(WORLD, "acme/old", preferences=PRICE)
    assert told(plan, [], plan.attempts[0])["strategy"] == "alias"


def test_an_error_selects_nobody_and_lists_its_attempts() -> None:
    plan = planned(WORLD, "acme/b")
    found = told(plan, [(plan.attempts[0], 503)], None)
    assert found["summary"] == "available=1, selected=none"
    assert found["attempts"] == [{"provider": "Beta", "model": "acme/b", "status": 503}]


def test_a_refused_request_has_attempt_zero_and_the_total() -> None:
    found = told(refused_plan(RoutingQuery(models=("acme/a", "acme/unknown")), WORLD), [], None)
    assert (found["attempt"], found["endpoints"]) == (0, {"total": 2, "available": []})
    assert "attempts" not in found


def test_a_provider_that_left_the_catalog_is_named_by_its_slug() -> None:
    stranger = candidate(endpoint("stranger"))
    plan = planned(WORLD, "acme/b")
    assert told(plan, [], stranger)["summary"] == "available=1, selected=stranger"


def test_the_second_choice_of_a_router_is_no_fallback_and_a_second_model_of_the_caller_is() -> None:
    routed = structs.replace(planned(WORLD, "acme/a", "acme/b"), requested=("openrouter/auto",), strategy="auto")
    assert told(routed, [(routed.attempts[-1], 200)], routed.attempts[-1])["strategy"] == "auto"
    listed = planned(WORLD, "acme/a", "acme/b")
    assert told(listed, [(listed.attempts[-1], 200)], listed.attempts[-1])["strategy"] == "fallback"


def test_stages_are_named_as_the_plugins_are_called() -> None:
    plan = planned(WORLD, "acme/a")
    stages = [classified("openrouter/auto-beta", "math"), compressed(42, 7)]
    assert told(plan, [], plan.attempts[0], pipeline=stages)["pipeline"] == [
        {"type": "plugin", "name": "auto-beta-router", "data": {"task_type": "math"}},
        {
            "type": "context_compression",
            "name": "context-compression",
            "data": {"engine": "middle-out", "input_type": "messages", "original_count": 42, "compressed_count": 7},
        },
    ]


def test_an_answer_on_the_callers_own_key_says_so() -> None:
    plan = planned(WORLD, "acme/a", caller=RoutingCaller(own_keys=(ByokKey(id="k", provider="alpha"),)))
    assert told(plan, [(plan.attempts[0], 200)], plan.attempts[0])["is_byok"] is True
