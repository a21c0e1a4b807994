"""In which order endpoints are tried (routing-and-catalog.md 5)."""

import random
from collections import Counter

import pytest

from tests.fakes.clock import FakeClock
from tests.unit.routing.worlds import catalog, endpoint, fault, model, planned, rocket, tags
from trunkline.catalog.types import Endpoint, Snapshot
from trunkline.routing.health import MemoryHealth
from trunkline.routing.types import ProviderPreferences
from trunkline.settings import Routing


def past(**outcomes: tuple[int, int]) -> MemoryHealth:
    """A health book in which each endpoint `acme/rocket|<tag>` had so many successes and so many 500s, a minute ago."""
    clock = FakeClock()
    health = MemoryHealth(clock, Routing())
    for tag, (good, bad) in outcomes.items():
        for _ in range(good):
            health.record(f"acme/rocket|{tag}", outcome="success")
        for _ in range(bad):
            health.record(f"acme/rocket|{tag}", outcome=fault(500))
    clock.advance(60)
    return health


def measured(**speeds: tuple[float, float]) -> MemoryHealth:
    """A health book in which each endpoint's stream had this first-token latency and this throughput."""
    health = MemoryHealth(FakeClock(), Routing())
    for tag, (latency_s, tokens_per_s) in speeds.items():
        for name in ("acme/rocket", "acme/a", "acme/b"):
            health.record(
                f"{name}|{tag}",
                outcome="success",
                latency_s=latency_s,
                output_tokens=1000,
                duration_s=1000 / tokens_per_s,
            )
    return health


THREE = rocket(
    endpoint("one", price="0.000001"), endpoint("two", price="0.000002"), endpoint("three", price="0.000003")
)


def test_ten_thousand_picks_at_prices_one_and_three_go_nine_to_one() -> None:
    world = rocket(endpoint("cheap", price="0.000001"), endpoint("dear", price="0.000003"))
    first = Counter(tags(planned(world, seed=seed))[0] for seed in range(10_000))
    assert 8_850 <= first["cheap"] <= 9_150
    assert first["cheap"] + first["dear"] == 10_000


def test_an_endpoint_in_outage_is_always_last_and_the_others_share_nine_to_one() -> None:
    health = MemoryHealth(FakeClock(), Routing())
    health.record("acme/rocket|two", outcome=fault(503))
    lists = Counter(tuple(tags(planned(THREE, seed=seed, health=health))) for seed in range(2_000))
    assert set(lists) == {("one", "three", "two"), ("three", "one", "two")}
    assert 1_730 <= lists["one", "three", "two"] <= 1_870


def test_groups_follow_one_another_by_rank_then_price() -> None:
    health = past(one=(50, 50), two=(90, 10))
    assert tags(planned(THREE, health=health)) == ["three", "two", "one"]


def test_the_rest_of_the_group_follows_by_ascending_price() -> None:
    for seed in range(200):
        order = tags(planned(THREE, seed=seed))
        assert order[1:] == [tag for tag in ("one", "two", "three") if tag != order[0]]


def test_free_endpoints_share_evenly_and_ignore_the_paid() -> None:
    world = rocket(endpoint("gift", price="0"), endpoint("boon", price="0"), endpoint("paid", price="0.0000001"))
    first = Counter(tags(planned(world, seed=seed))[0] for seed in range(2_000))
    assert first["paid"] == 0
    assert 900 <= first["gift"] <= 1_100


def test_ties_go_to_the_higher_uptime_then_to_the_tag() -> None:
    health = past(b=(99, 1), c=(100, 0), a=(98, 2), d=(100, 0))
    world = rocket(*(endpoint(tag) for tag in "dcba"), endpoint("z", price="0.0000000001"))
    order = tags(planned(world, health=health, seed=1))
    assert order == ["z", "c", "d", "b", "a"]


def test_order_comes_first_and_the_rest_by_the_default_strategy() -> None:
    for seed in range(20):
        assert tags(planned(THREE, seed=seed, preferences=ProviderPreferences(order=("three", "two")))) == [
            "three",
            "two",
            "one",
        ]


def test_health_does_not_move_listed_endpoints() -> None:
    preferences = ProviderPreferences(order=("three", "one"))
    assert tags(planned(THREE, health=past(three=(0, 200)), preferences=preferences)) == ["three", "one", "two"]


def test_order_without_fallbacks_is_only_the_list() -> None:
    preferences = ProviderPreferences(order=("three", "nobody"), allow_fallbacks=False)
    assert tags(planned(THREE, preferences=preferences)) == ["three"]


def test_order_then_sort_arranges_the_unlisted_by_the_sort() -> None:
    preferences = ProviderPreferences(order=("two",), sort="throughput")
    health = measured(one=(1, 10), three=(1, 99))
    assert tags(planned(THREE, preferences=preferences, health=health)) == ["two", "three", "one"]


def test_sort_by_price_gives_the_same_list_a_hundred_times() -> None:
    preferences = ProviderPreferences(sort="price")
    lists = {tuple(tags(planned(THREE, seed=seed, preferences=preferences))) for seed in range(100)}
    assert lists == {("one", "two", "three")}


TWO_MODELS = catalog(
    model("acme/a", endpoint("slow", model="acme/a"), endpoint("slower", model="acme/a", price="0.000002")),
    model("acme/b", endpoint("fast", model="acme/b")),
)


def test_sort_without_fallbacks_gives_one_attempt_for_each_model() -> None:
    preferences = ProviderPreferences(sort="price", allow_fallbacks=False)
    assert tags(planned(TWO_MODELS, "acme/a", "acme/b", preferences=preferences)) == ["slow", "fast"]


def test_default_strategy_without_fallbacks_gives_one_attempt_for_each_model() -> None:
    decided = planned(TWO_MODELS, "acme/a", "acme/b", preferences=ProviderPreferences(allow_fallbacks=False))
    assert [candidate.model.id for candidate in decided.attempts] == ["acme/a", "acme/b"]


def test_partition_none_lets_a_faster_fallback_model_go_first_and_partition_model_does_not() -> None:
    health = measured(slow=(1, 10), slower=(1, 5), fast=(1, 90))
    across = ProviderPreferences(sort="throughput", partition="none")
    within = ProviderPreferences(sort="throughput", partition="model")
    assert tags(planned(TWO_MODELS, "acme/a", "acme/b", preferences=across, health=health)) == [
        "fast",
        "slow",
        "slower",
    ]
    assert tags(planned(TWO_MODELS, "acme/a", "acme/b", preferences=within, health=health)) == [
        "slow",
        "slower",
        "fast",
    ]


def test_models_are_tried_in_the_order_asked() -> None:
    for seed in range(20):
        assert [c.model.id for c in planned(TWO_MODELS, "acme/b", "acme/a", seed=seed).attempts] == [
            "acme/b",
            "acme/a",
            "acme/a",
        ]


def test_two_names_of_one_model_try_no_endpoint_twice() -> None:
    assert len(planned(TWO_MODELS, "acme/a", "acme/a:nitro", "acme/b").attempts) == 3


@pytest.mark.parametrize(
    ("sort", "expected"),
    [
        ("throughput", ["three", "one", "two"]),
        ("latency", ["one", "three", "two"]),
        ("exacto", ["three", "one", "two"]),
    ],
)
def test_sorts_use_measurements_and_put_endpoints_without_data_last(sort: str, expected: list[str]) -> None:
    health = measured(one=(0.2, 20), three=(0.9, 80))
    assert tags(planned(THREE, preferences=ProviderPreferences(sort=sort), health=health)) == expected


def test_sort_moves_only_what_is_down_to_the_end() -> None:
    health = past(one=(10, 190), two=(185, 15))
    assert tags(planned(THREE, preferences=ProviderPreferences(sort="price"), health=health)) == ["two", "three", "one"]


def test_an_outage_moves_an_endpoint_in_no_sort_but_exacto() -> None:
    health = measured(one=(0.2, 90), two=(0.3, 80), three=(0.4, 70))
    for _ in range(9):
        health.record("acme/rocket|one", outcome=fault(429))
    by_price, by_quality = (
        tags(planned(THREE, preferences=ProviderPreferences(sort=sort), health=health)) for sort in ("price", "exacto")
    )
    assert by_price == ["one", "two", "three"]
    assert by_quality == ["two", "three", "one"]


@pytest.mark.parametrize(("suffix", "first"), [("nitro", "three"), ("floor", "one"), ("floor:nitro", "three")])
def test_the_last_sorting_suffix_decides(suffix: str, first: str) -> None:
    health = measured(one=(1, 10), three=(1, 99))
    assert tags(planned(THREE, f"acme/rocket:{suffix}", health=health))[0] == first


def test_an_explicit_sort_overrides_the_suffix() -> None:
    health = measured(one=(1, 10), three=(1, 99))
    preferences = ProviderPreferences(sort="price")
    assert tags(planned(THREE, "acme/rocket:nitro", health=health, preferences=preferences))[0] == "one"


def test_priority_requests_try_priority_endpoints_first() -> None:
    world = rocket(endpoint("p"), endpoint("q/priority", tier="priority", price="0.000009"))
    assert tags(planned(world, service_tier="priority")) == ["q/priority", "p"]


def test_performance_preferences_put_those_who_meet_them_first_and_remove_nobody() -> None:
    health = measured(one=(3, 10), two=(0.5, 50), three=(0.6, 60))
    preferences = ProviderPreferences(sort="price", max_latency=(("p50", 1.0),), min_throughput=(("p90", 45.0),))
    assert tags(planned(THREE, health=health, preferences=preferences)) == ["two", "three", "one"]


def test_a_cutoff_that_nobody_meets_changes_nothing() -> None:
    health = measured(one=(3, 10), two=(2, 50), three=(4, 60))
    strict = ProviderPreferences(sort="price", max_latency=(("p99", 0.001),))
    assert tags(planned(THREE, health=health, preferences=strict)) == ["one", "two", "three"]


def test_a_preferred_endpoint_of_a_fallback_model_may_go_first() -> None:
    health = measured(slow=(9, 10), slower=(9, 5), fast=(0.1, 90))
    preferences = ProviderPreferences(max_latency=(("p50", 1.0),))
    assert tags(planned(TWO_MODELS, "acme/a", "acme/b", preferences=preferences, health=health))[0] == "fast"


def test_the_draw_depends_on_nothing_but_the_dice() -> None:
    assert tags(planned(THREE, seed=7)) == tags(planned(THREE, seed=7))


def test_a_plan_survives_any_prices_and_any_dice() -> None:
    dice = random.Random(4)
    for seed in range(300):
        world: Snapshot = rocket(*_random_endpoints(dice))
        found = tags(planned(world, seed=seed))
        assert sorted(found) == sorted(e.tag for e in world.models["acme/rocket"].endpoints)


def _random_endpoints(dice: random.Random) -> list[Endpoint]:
    prices = ("0", "0.000000000000000001", "0.0000001", "1000")
    return [endpoint(f"p{number}", price=dice.choice(prices)) for number in range(dice.randint(1, 12))]
