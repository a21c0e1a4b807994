"""`openrouter/auto` (routing-and-catalog.md 12.1)."""

from collections.abc import Sequence

import pytest

from tests.unit.routing.worlds import catalog, endpoint, model, planned
from trunkline.catalog.types import Snapshot
from trunkline.core.errors import NoEndpoints
from trunkline.core.money import parse_price
from trunkline.routing.policy import RoutingCaller, RoutingPolicy
from trunkline.routing.routers.context import RankedModel
from trunkline.routing.routers.settings import AutoSettings, Prompt, RouterSettings, RouterTables
from trunkline.routing.sticky import Conversation, recall, renewed
from trunkline.routing.types import MaxPrice, Plan, ProviderPreferences

AUTO = "openrouter/auto"
CODE = Prompt(text="Implement a function in python that parses dates.")
NAMES = [f"acme/m{number}" for number in range(10)]
TEN = catalog(
    *(
        model(name, endpoint("p", model=name, price=f"0.0000{number + 1:02d}", parameters=("tools",)))
        for number, name in enumerate(NAMES)
    )
)
BY_SPEND = list(reversed(NAMES))
"""The dearest are used most."""


class Ranked:
    """TaskRankings in which every task has this order."""

    def __init__(self, names: Sequence[str] = BY_SPEND, costs: Sequence[int] | None = None) -> None:
        self._models = [RankedModel(name, costs[i] if costs else None) for i, name in enumerate(names)]

    def ranking(self, task: str) -> Sequence[RankedModel]:
        return self._models


def auto(settings: AutoSettings | None = None, *, world: Snapshot = TEN, reference: str = AUTO, **more: object) -> Plan:
    more.setdefault("rankings", Ranked())
    more.setdefault("prompt", CODE)
    return planned(world, reference, routers=RouterSettings(auto=settings or AutoSettings()), **more)


def chosen(decided: Plan) -> list[str]:
    return list(dict.fromkeys(candidate.model.id for candidate in decided.attempts))


def test_a_cost_tier_is_a_band_of_percentiles_by_cost() -> None:
    assert chosen(auto(AutoSettings(cost_tier="high"))) == ["acme/m5", "acme/m4"]
    assert chosen(auto(AutoSettings(cost_tier="low"))) == ["acme/m1", "acme/m0"]
    assert chosen(auto(AutoSettings(cost_tier="max"))) == ["acme/m9", "acme/m8"]


def test_without_a_tier_the_tradeoff_is_a_ceiling_of_eighteen_percent_by_default() -> None:
    assert chosen(auto()) == ["acme/m1", "acme/m0"]
    assert chosen(auto(AutoSettings(cost_quality_tradeoff=0))) == ["acme/m9", "acme/m8", "acme/m7"]
    assert chosen(auto(AutoSettings(cost_quality_tradeoff=10))) == ["acme/m1", "acme/m0"]


def test_the_tier_wins_over_the_tradeoff() -> None:
    assert chosen(auto(AutoSettings(cost_tier="max", cost_quality_tradeoff=10))) == ["acme/m9", "acme/m8"]


def test_an_empty_band_takes_the_nearest_one_cheaper_side_first() -> None:
    three = AutoSettings(cost_tier="high", allowed_models=("acme/m0", "acme/m5", "acme/m9"))
    assert chosen(auto(three)) == ["acme/m5"]  # at 0, 33 and 66 percent: medium and xhigh are as near
    two = AutoSettings(cost_tier="xhigh", allowed_models=("acme/m0", "acme/m9"))
    assert chosen(auto(two)) == ["acme/m9"]  # at 0 and 50 percent


def test_measured_costs_decide_where_they_are_known() -> None:
    costs = list(range(10))  # the dearest by price is the cheapest in use
    assert chosen(auto(AutoSettings(cost_tier="low"), rankings=Ranked(costs=costs))) == ["acme/m9", "acme/m8"]


def test_patterns_allow_and_exclude_and_the_exclusion_wins() -> None:
    both = AutoSettings(allowed_models=("acme/m1*", "ACME/M2"), excluded_models=("*/m1",), cost_quality_tradeoff=0)
    assert chosen(auto(both)) == ["acme/m2"]


def test_nothing_left_by_the_restrictions_is_404_and_says_so() -> None:
    with pytest.raises(NoEndpoints, match="No models match your request and model restrictions"):
        auto(AutoSettings(allowed_models=("nobody/*",)))


def test_the_request_and_the_account_restrict_what_it_chooses() -> None:
    cheap = ProviderPreferences(max_price=MaxPrice(prompt=parse_price("0.000002")))
    assert chosen(auto(AutoSettings(cost_quality_tradeoff=0), preferences=cheap)) == ["acme/m1", "acme/m0"]
    caller = RoutingCaller(policy=RoutingPolicy(allowed_models=frozenset({"acme/m3"})))
    assert chosen(auto(AutoSettings(cost_tier="max"), caller=caller)) == ["acme/m3"]


def test_settings_under_the_other_router_have_no_effect() -> None:
    for_beta = RouterSettings(auto_beta=AutoSettings(cost_tier="max"))
    decided = planned(TEN, AUTO, routers=for_beta, rankings=Ranked(), prompt=CODE)
    assert chosen(decided) == ["acme/m1", "acme/m0"]
    beta = planned(TEN, "openrouter/auto-beta", routers=for_beta, rankings=Ranked(), prompt=CODE)
    assert chosen(beta) == ["acme/m9", "acme/m8"]


def test_it_answers_under_this_gateways_own_name() -> None:
    decided = auto(reference="trunkline/auto")
    assert chosen(decided) == ["acme/m1", "acme/m0"]
    assert decided.routers == {"acme/m1": AUTO, "acme/m0": AUTO}


def test_strategy_and_task_are_told() -> None:
    decided = auto()
    assert (decided.strategy, decided.task_type) == ("auto", "code:general_impl")


def test_without_anything_to_classify_the_default_models_serve_and_no_task_is_told() -> None:
    tables = RouterTables(auto_default=("acme/m7", "acme/gone", "acme/m2"))
    decided = auto(prompt=Prompt(), tables=tables)
    assert (chosen(decided), decided.task_type) == (["acme/m7", "acme/m2"], None)


def test_switched_off_it_takes_the_default_models() -> None:
    assert chosen(auto(AutoSettings(enabled=False), tables=RouterTables(auto_default=("acme/m7",)))) == ["acme/m7"]


def test_without_traffic_the_operators_table_ranks_and_without_one_the_newest_of_each_line() -> None:
    tables = RouterTables(auto_rankings={"code:general_impl": ("acme/m6", "acme/m3")})
    assert chosen(auto(rankings=Ranked(()), tables=tables)) == ["acme/m3"]
    lines = catalog(
        model("acme/boat-1", endpoint("p", model="acme/boat-1"), created_s=1),
        model("acme/boat-2", endpoint("p", model="acme/boat-2"), created_s=3),
        model("acme/car-1", endpoint("p", model="acme/car-1", price="0.000009"), created_s=2),
    )
    decided = auto(AutoSettings(cost_quality_tradeoff=0), world=lines, rankings=Ranked(()))
    assert chosen(decided) == ["acme/boat-2", "acme/car-1"]


def test_tools_are_only_sent_to_models_that_take_them() -> None:
    mixed = catalog(
        model("acme/a", endpoint("p", model="acme/a", parameters=("tools",))),
        model("acme/b", endpoint("p", model="acme/b")),
    )
    decided = auto(world=mixed, rankings=Ranked(("acme/b", "acme/a")), used_parameters=frozenset({"tools"}))
    assert chosen(decided) == ["acme/a"]


def test_the_model_that_this_conversation_had_goes_first_while_it_is_among_the_chosen() -> None:
    talk = Conversation("s1", explicit=True)
    served = TEN.models["acme/m0"].endpoints[0]
    kept = renewed(recall(None, talk, 0), endpoint=served, router=AUTO, cached_tokens=0, now_ms=0)
    assert kept is not None
    remembered = recall(kept[0], talk, 0)
    assert chosen(auto(remembered=remembered)) == ["acme/m0", "acme/m1"]
    assert chosen(auto(AutoSettings(cost_tier="max"), remembered=remembered)) == ["acme/m9", "acme/m8"]


def test_a_pinned_model_is_the_one_of_the_last_answer_if_it_may_serve() -> None:
    prompt = Prompt(text="more", answered_by="acme/m6")
    assert chosen(auto(AutoSettings(pin_model=True), prompt=prompt)) == ["acme/m6"]
    forbidden = AutoSettings(pin_model=True, excluded_models=("acme/m6",))
    assert "acme/m6" not in chosen(auto(forbidden, prompt=prompt))


def test_a_router_may_be_a_fallback_of_a_model_and_its_list_takes_its_place() -> None:
    decided = planned(TEN, "acme/m5", AUTO, rankings=Ranked(), prompt=CODE)
    assert (chosen(decided), decided.strategy) == (["acme/m5", "acme/m1", "acme/m0"], "direct")
