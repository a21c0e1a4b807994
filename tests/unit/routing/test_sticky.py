"""Conversations that stay where their prompt is cached (routing-and-catalog.md 13)."""

import pytest

from tests.fakes.clock import FakeClock
from tests.unit.routing.worlds import catalog, endpoint, fault, model, planned, rocket, sheet, tags
from trunkline.catalog.prices import PriceSheet
from trunkline.catalog.types import Endpoint
from trunkline.core.money import parse_price
from trunkline.routing.health import MemoryHealth
from trunkline.routing.sticky import Conversation, Remembered, conversation, fact_key, recall, renewed
from trunkline.routing.types import ProviderPreferences
from trunkline.settings import Routing

SESSION = Conversation("s1", explicit=True)
DERIVED = Conversation("h1", explicit=False)
MINUTE_MS = 60_000


def cached(price: str) -> PriceSheet:
    return PriceSheet(base={**sheet("0.000002").base, "input_cache_read": parse_price(price)})


CHEAP = endpoint("cheap", price="0.0000001")
DEAR = endpoint("dear", price=cached("0.0000002"))
WORLD = rocket(CHEAP, DEAR, endpoint("other", price="0.000002"))


def after(served: Endpoint, talk: Conversation, *, cached_tokens: int = 0, router: str | None = None) -> str | None:
    """The text that is kept after `served` answered at time 0."""
    kept = renewed(recall(None, talk, 0), endpoint=served, router=router, cached_tokens=cached_tokens, now_ms=0)
    return None if kept is None else kept[0]


def firsts(remembered: Remembered, **more: object) -> set[str]:
    return {tags(planned(WORLD, remembered=remembered, seed=seed, **more))[0] for seed in range(60)}


def test_two_requests_of_one_session_reach_the_same_endpoint_though_weights_would_vary() -> None:
    assert firsts(recall(after(DEAR, SESSION), SESSION, MINUTE_MS)) == {"dear"}
    assert "cheap" in firsts(recall(None, SESSION, MINUTE_MS))


def test_without_a_session_nothing_is_kept_until_cached_tokens_were_reported() -> None:
    assert after(DEAR, DERIVED) is None
    assert firsts(recall(after(DEAR, DERIVED, cached_tokens=1), DERIVED, MINUTE_MS)) == {"dear"}


def test_a_derived_conversation_stays_only_where_cached_tokens_are_cheaper() -> None:
    text = after(WORLD.models["acme/rocket"].endpoints[2], DERIVED, cached_tokens=9)
    assert "cheap" in firsts(recall(text, DERIVED, MINUTE_MS))
    named = after(WORLD.models["acme/rocket"].endpoints[2], SESSION, cached_tokens=9)
    assert firsts(recall(named, SESSION, MINUTE_MS)) == {"other"}


def test_order_ignores_it() -> None:
    remembered = recall(after(DEAR, SESSION), SESSION, MINUTE_MS)
    assert firsts(remembered, preferences=ProviderPreferences(order=("other",))) == {"other"}


def test_after_ten_idle_minutes_it_is_gone_and_a_success_begins_them_anew() -> None:
    text = after(DEAR, SESSION)
    assert recall(text, SESSION, 10 * MINUTE_MS - 1).tag_of("acme/rocket") == "dear"
    assert recall(text, SESSION, 10 * MINUTE_MS).tag_of("acme/rocket") is None
    again = renewed(
        recall(text, SESSION, 9 * MINUTE_MS), endpoint=DEAR, router=None, cached_tokens=0, now_ms=9 * MINUTE_MS
    )
    assert again is not None
    assert again[1] == 19 * MINUTE_MS
    assert recall(again[0], SESSION, 18 * MINUTE_MS).tag_of("acme/rocket") == "dear"


def test_an_endpoint_in_outage_loses_its_conversations_for_the_moment() -> None:
    health = MemoryHealth(FakeClock(), Routing())
    health.record("acme/rocket|dear", outcome=fault(503))
    assert "dear" not in firsts(recall(after(DEAR, SESSION), SESSION, 0), health=health)


def test_a_filtered_endpoint_is_not_brought_back() -> None:
    remembered = recall(after(DEAR, SESSION), SESSION, 0)
    assert firsts(remembered, preferences=ProviderPreferences(ignore=("dear",))) <= {"cheap", "other"}


def test_it_moves_to_the_front_of_its_own_model_only() -> None:
    world = catalog(
        model("acme/a", endpoint("p", model="acme/a")),
        model("acme/b", endpoint("q", model="acme/b"), endpoint("r", model="acme/b", price="0.000009")),
    )
    served = world.models["acme/b"].endpoints[1]
    decided = planned(world, "acme/a", "acme/b", remembered=recall(after(served, SESSION), SESSION, 0))
    assert tags(decided) == ["p", "r", "q"]


def test_each_model_of_a_conversation_is_remembered_and_no_more_than_eight() -> None:
    remembered = recall(None, SESSION, 0)
    for number in range(10):
        kept = renewed(
            remembered, endpoint=endpoint("p", model=f"acme/{number}"), router=None, cached_tokens=0, now_ms=number
        )
        assert kept is not None
        remembered = recall(kept[0], SESSION, 10)
    assert [remembered.tag_of(f"acme/{number}") for number in range(10)] == [None, None, *["p"] * 8]


def test_a_pareto_choice_is_remembered_for_five_minutes_and_an_auto_choice_for_ten() -> None:
    pareto = after(DEAR, SESSION, router="openrouter/pareto-code")
    auto = after(DEAR, SESSION, router="openrouter/auto")
    assert recall(pareto, SESSION, 4 * MINUTE_MS).model_of("openrouter/pareto-code") == "acme/rocket"
    assert recall(pareto, SESSION, 5 * MINUTE_MS).model_of("openrouter/pareto-code") is None
    assert recall(auto, SESSION, 9 * MINUTE_MS).model_of("openrouter/auto") == "acme/rocket"


def test_the_session_beats_the_cache_key_and_this_beats_how_the_conversation_begins() -> None:
    begins = {"first_system": b"s", "first_message": b"u"}
    assert conversation(session_id="x", prompt_cache_key="y", **begins) == Conversation("sx", explicit=True)
    assert conversation(session_id=None, prompt_cache_key="y", **begins) == Conversation("cy", explicit=False)
    derived = conversation(session_id=None, prompt_cache_key=None, **begins)
    assert not derived.explicit
    assert derived == conversation(session_id="", prompt_cache_key=None, **begins)
    assert derived != conversation(session_id=None, prompt_cache_key=None, first_system=b"su", first_message=b"")


def test_a_fact_key_tells_accounts_apart_and_nothing_of_the_conversation() -> None:
    key = fact_key("account_1", Conversation("ssecret", explicit=True))
    assert key != fact_key("account_2", Conversation("ssecret", explicit=True))
    assert "secret" not in key


@pytest.mark.parametrize("text", ["", "{", "[]", '{"e": 1}', '{"e": {"m": ["t"]}}'])
def test_a_text_that_cannot_be_read_says_nothing(text: str) -> None:
    assert recall(text, SESSION, 0).tag_of("m") is None
