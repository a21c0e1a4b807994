"""`openrouter/pareto-code` (routing-and-catalog.md 12.5)."""

import pytest

from tests.unit.routing.worlds import Measured, catalog, endpoint, fault, model, planned
from trunkline.core.errors import NoEndpoints
from trunkline.routing.attempts import remaining
from trunkline.routing.routers.settings import ParetoSettings, RouterSettings, RouterTables
from trunkline.routing.sticky import Conversation, recall, renewed
from trunkline.routing.types import Plan

PARETO = "openrouter/pareto-code"
SCORED = (
    ("acme/best", "w", "0.000009", 90),
    ("acme/strong", "x", "0.000004", 80),
    ("acme/good", "y", "0.000005", 70),
    ("acme/fair", "z", "0.000001", 60),
    ("acme/weak", "v", "0.000002", 50),
    *((f"acme/old-{n}", "u", "0.0000001", n) for n in range(5)),
)
WORLD = catalog(
    *(model(name, endpoint(tag, model=name, price=price), coding_index=score) for name, tag, price, score in SCORED)
)


def pareto(settings: ParetoSettings | None = None, reference: str = PARETO, **more: object) -> Plan:
    return planned(WORLD, reference, routers=RouterSettings(pareto=settings or ParetoSettings()), **more)


def chosen(decided: Plan) -> list[str]:
    return [candidate.model.id for candidate in decided.attempts]


@pytest.mark.parametrize(
    ("score", "models"),
    [
        (None, ["acme/strong", "acme/best"]),  # at 80 and 90 percent, cheaper first
        (0.8, ["acme/strong", "acme/best"]),
        (0.5, ["acme/good"]),
        (0.1, ["acme/fair", "acme/weak"]),
    ],
)
def test_a_score_picks_its_grade_and_price_orders_it(score: float | None, models: list[str]) -> None:
    assert chosen(pareto(ParetoSettings(min_coding_score=score))) == models


def test_an_empty_grade_gives_way_to_the_one_above() -> None:
    decided = pareto(ParetoSettings(min_coding_score=0.5), is_callable=lambda e: e.model_id != "acme/good")
    assert chosen(decided) == ["acme/strong", "acme/best"]


def test_a_price_takes_the_best_of_the_frontier_below_it_then_cheaper_ones_then_the_rest() -> None:
    assert chosen(pareto(ParetoSettings(max_price=5))) == ["acme/strong", "acme/fair", "acme/old-4"]
    assert chosen(pareto(ParetoSettings(max_price=9)))[0] == "acme/best"


def test_a_price_below_all_is_404() -> None:
    with pytest.raises(NoEndpoints, match="No models match"):
        pareto(ParetoSettings(max_price=0.001))


def test_nitro_orders_the_grade_by_throughput() -> None:
    measured = Measured(w=(99, None), x=(9, None))
    assert chosen(pareto(reference=f"{PARETO}:nitro", statistics=measured)) == ["acme/best", "acme/strong"]


def test_the_operators_table_replaces_the_percentiles() -> None:
    assert chosen(pareto(tables=RouterTables(pareto={"high": ("acme/weak", "acme/gone")}))) == ["acme/weak"]


def test_the_model_of_this_conversation_goes_first_while_it_is_in_the_shortlist() -> None:
    talk = Conversation("s1", explicit=True)
    served = WORLD.models["acme/best"].endpoints[0]
    kept = renewed(recall(None, talk, 0), endpoint=served, router=PARETO, cached_tokens=0, now_ms=0)
    assert kept is not None
    assert chosen(pareto(remembered=recall(kept[0], talk, 0))) == ["acme/best", "acme/strong"]
    low = pareto(ParetoSettings(min_coding_score=0.1), remembered=recall(kept[0], talk, 0))
    assert "acme/best" not in chosen(low)


def test_fallbacks_follow_only_failures_that_pass() -> None:
    first, *rest = pareto().attempts
    assert [c.model.id for c in remaining(rest, first, fault(429))] == ["acme/best"]
    assert [c.model.id for c in remaining(rest, first, fault(503))] == ["acme/best"]
    assert remaining(rest, first, fault(400)) == ()
