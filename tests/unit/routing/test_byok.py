"""The caller's own provider keys in the order of attempts (routing-and-catalog.md 5.6)."""

from tests.unit.routing.worlds import catalog, endpoint, model, planned, rocket
from trunkline.catalog.types import DataPolicy
from trunkline.routing.policy import ByokKey, RoutingCaller
from trunkline.routing.types import Plan, ProviderPreferences

TWO = rocket(endpoint("bedrock"), endpoint("vertex"))
BEDROCK_FIRST = ProviderPreferences(order=("bedrock", "vertex"))


def tries(decided: Plan) -> list[str]:
    """`tag` on the operator's key, `tag+key` on the caller's."""
    return [c.endpoint.tag + (f"+{c.byok_key_id}" if c.byok_key_id else "") for c in decided.attempts]


def owner(*keys: ByokKey, **facts: object) -> RoutingCaller:
    return RoutingCaller(own_keys=keys, **facts)


def test_a_prioritized_key_goes_first_even_when_its_provider_is_last_in_order() -> None:
    caller = owner(ByokKey(id="k", provider="vertex"))
    assert tries(planned(TWO, caller=caller, preferences=BEDROCK_FIRST)) == ["vertex+k", "bedrock", "vertex"]


def test_a_key_marked_fallback_goes_after_shared_capacity() -> None:
    caller = owner(ByokKey(id="k", provider="bedrock", is_fallback=True))
    assert tries(planned(TWO, caller=caller, preferences=BEDROCK_FIRST)) == ["bedrock", "vertex", "bedrock+k"]


def test_keys_of_one_provider_go_in_their_own_order() -> None:
    caller = owner(ByokKey(id="second", provider="vertex", sort_order=2), ByokKey(id="first", provider="vertex"))
    assert tries(planned(TWO, caller=caller, preferences=BEDROCK_FIRST))[:2] == ["vertex+first", "vertex+second"]


def test_always_use_removes_the_shared_candidates_of_that_provider() -> None:
    caller = owner(
        ByokKey(id="k", provider="vertex", always_use=True), ByokKey(id="spare", provider="vertex", is_fallback=True)
    )
    assert tries(planned(TWO, caller=caller, preferences=BEDROCK_FIRST)) == ["vertex+k", "bedrock", "vertex+spare"]


def test_an_absent_provider_is_tried_with_an_own_key_only_when_fallbacks_are_allowed() -> None:
    caller = owner(ByokKey(id="k", provider="vertex"))
    loose = ProviderPreferences(order=("bedrock",))
    strict = ProviderPreferences(order=("bedrock",), allow_fallbacks=False)
    assert tries(planned(TWO, caller=caller, preferences=loose)) == ["vertex+k", "bedrock", "vertex"]
    assert tries(planned(TWO, caller=caller, preferences=strict)) == ["bedrock"]


def test_a_key_does_not_bring_back_an_endpoint_that_a_filter_removed() -> None:
    keeps = DataPolicy(training=False, retains_prompts=True)
    world = rocket(endpoint("keeps", policy=keeps), endpoint("zero"))
    caller = owner(ByokKey(id="k", provider="keeps"))
    assert tries(planned(world, caller=caller, preferences=ProviderPreferences(zdr=True))) == ["zero"]


def test_a_key_is_used_only_where_all_its_filters_match() -> None:
    key = ByokKey(
        id="k",
        provider="vertex",
        allowed_models=frozenset({"acme/rocket"}),
        allowed_api_key_hashes=frozenset({"hash"}),
        allowed_user_ids=frozenset({"user_1"}),
    )
    assert tries(planned(TWO, caller=owner(key, key_hash="hash", user_id="user_1"), preferences=BEDROCK_FIRST))[0] == (
        "vertex+k"
    )
    for facts in ({"key_hash": "hash"}, {"user_id": "user_1"}, {"key_hash": "other", "user_id": "user_1"}):
        decided = planned(TWO, caller=owner(key, **facts), preferences=BEDROCK_FIRST)
        assert tries(decided) == ["bedrock", "vertex"]


def test_partition_model_places_keys_inside_each_model_and_none_across_all() -> None:
    world = catalog(
        model("acme/a", endpoint("p", model="acme/a")),
        model("acme/b", endpoint("q", model="acme/b", price="0.0000001")),
    )
    caller = owner(ByokKey(id="k", provider="q"))
    within = ProviderPreferences(sort="price", partition="model")
    across = ProviderPreferences(sort="price", partition="none")
    assert tries(planned(world, "acme/a", "acme/b", caller=caller, preferences=within)) == ["p", "q+k", "q"]
    assert tries(planned(world, "acme/a", "acme/b", caller=caller, preferences=across)) == ["q+k", "q", "p"]
