"""Auto Exacto and `exacto` (routing-and-catalog.md 11)."""

from tests.unit.routing.worlds import Measured, endpoint, planned, rocket, tags
from trunkline.routing.types import ProviderPreferences

TOOLS = frozenset({"tools"})
NAMES = ("a", "b", "c", "d", "e")
FIVE = rocket(*(endpoint(tag, price=f"0.00000{n + 1}", parameters=("tools",)) for n, tag in enumerate(NAMES)))
BAD_CHEAPEST = Measured(a=(50, 0.5), b=(51, 0.97), c=(52, 0.98), d=(49, 0.99), e=(48, 0.96))


def test_an_endpoint_with_far_worse_tool_calls_is_last_with_tools_and_in_price_position_without() -> None:
    for seed in range(50):
        assert tags(planned(FIVE, statistics=BAD_CHEAPEST, used_parameters=TOOLS, seed=seed))[-1] == "a"
    assert tags(planned(FIVE, statistics=BAD_CHEAPEST, preferences=ProviderPreferences(sort="price")))[0] == "a"
    assert "a" in {tags(planned(FIVE, statistics=BAD_CHEAPEST, seed=seed))[0] for seed in range(20)}


def test_an_explicit_sort_by_price_restores_price_order_with_tools() -> None:
    decided = planned(
        FIVE, statistics=BAD_CHEAPEST, used_parameters=TOOLS, preferences=ProviderPreferences(sort="price")
    )
    assert tags(decided) == list(NAMES)


def test_floor_on_a_request_with_tools_gives_price_order() -> None:
    assert tags(planned(FIVE, "acme/rocket:floor", statistics=BAD_CHEAPEST, used_parameters=TOOLS)) == list(NAMES)


def test_with_three_providers_nobody_is_demoted() -> None:
    world = rocket(*FIVE.models["acme/rocket"].endpoints[:3])
    firsts = {tags(planned(world, statistics=BAD_CHEAPEST, used_parameters=TOOLS, seed=seed))[0] for seed in range(50)}
    assert "a" in firsts


def test_a_slow_endpoint_is_demoted_too() -> None:
    slow = Measured(a=(5, 0.99), b=(51, 0.97), c=(52, 0.98), d=(49, 0.99), e=(48, 0.96))
    assert tags(planned(FIVE, statistics=slow, used_parameters=TOOLS))[-1] == "a"


def test_when_most_measure_the_same_nobody_is_demoted() -> None:
    same = Measured(a=(10, 0.5), b=(10, 0.9), c=(10, 0.9), d=(10, 0.9), e=(10, 0.9))
    firsts = {tags(planned(FIVE, statistics=same, used_parameters=TOOLS, seed=seed))[0] for seed in range(50)}
    assert "a" in firsts


def test_an_endpoint_of_which_too_little_is_known_goes_between_the_good_and_the_bad() -> None:
    statistics = Measured(a=(50, 0.5), b=(51, 0.97), c=(52, 0.98), d=(50, 0.99), f=(51, 0.975))
    world = rocket(*FIVE.models["acme/rocket"].endpoints, endpoint("f", parameters=("tools",)))
    assert tags(planned(world, statistics=statistics, used_parameters=TOOLS))[-2:] == ["e", "a"]


def test_order_switches_auto_exacto_off() -> None:
    preferences = ProviderPreferences(order=("a",))
    assert tags(planned(FIVE, statistics=BAD_CHEAPEST, used_parameters=TOOLS, preferences=preferences))[0] == "a"


def test_explicit_exacto_sorts_by_throughput_inside_a_tier() -> None:
    for how in ({"preferences": ProviderPreferences(sort="exacto")}, {"models": ("acme/rocket:exacto",)}):
        assert tags(planned(FIVE, statistics=BAD_CHEAPEST, **how)) == ["c", "b", "d", "e", "a"]


def test_the_sort_of_the_request_beats_the_suffix_exacto() -> None:
    decided = planned(
        FIVE, "acme/rocket:exacto", statistics=BAD_CHEAPEST, preferences=ProviderPreferences(sort="price")
    )
    assert tags(decided) == list(NAMES)
