"""Plugins that set routers, patterns and the local classifier (routing-and-catalog.md 12.1, 22.5)."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec import Raw

from trunkline.core import json
from trunkline.core.errors import InvalidRequest
from trunkline.routing.routers.classify import classify
from trunkline.routing.routers.names import names_router, router_of
from trunkline.routing.routers.patterns import matches, matches_any
from trunkline.routing.routers.settings import RouterSettings, parse_plugins


def plugins(*entries: object) -> RouterSettings:
    return parse_plugins(json.raw(list(entries)))


def test_absent_plugins_set_nothing() -> None:
    assert parse_plugins(Raw(b"")) == parse_plugins(Raw(b"null")) == plugins({"id": "web"}) == RouterSettings()


def test_the_last_of_two_entries_counts_and_beta_has_no_pin() -> None:
    read = plugins(
        {"id": "auto-router", "cost_tier": "low"},
        {"id": "auto-router", "cost_tier": "max", "pin_model": True},
        {"id": "auto-beta-router", "pin_model": True, "cost_quality_tradeoff": 3},
        {"id": "pareto-router", "min_coding_score": 0.5, "max_price": 2},
    )
    assert (read.auto.cost_tier, read.auto.pin_model) == ("max", True)
    assert (read.auto_beta.pin_model, read.auto_beta.cost_quality_tradeoff) == (None, 3)
    assert (read.pareto.min_coding_score, read.pareto.max_price) == (0.5, 2)


@pytest.mark.parametrize(
    "entry",
    [
        {"id": "auto-router", "cost_tier": "huge"},
        {"id": "auto-router", "cost_quality_tradeoff": 11},
        {"id": "auto-router", "allowed_models": ["x"] * 1025},
        {"id": "auto-router", "excluded_models": ["x" * 1025]},
        {"id": "auto-beta-router", "allowed_models": ["x" * 1000] * 66},
        {"id": "pareto-router", "min_coding_score": 1.5},
        {"id": "pareto-router", "max_price": -1},
    ],
)
def test_what_is_out_of_range_is_400_and_names_the_plugin(entry: dict[str, object]) -> None:
    with pytest.raises(InvalidRequest, match=str(entry["id"])):
        plugins(entry)


@pytest.mark.parametrize(
    ("pattern", "model_id", "does"),
    [
        ("anthropic/*", "anthropic/claude-opus-5", True),
        ("openai/gpt-5*", "openai/gpt-5.4-mini", True),
        ("*/claude-*", "anthropic/claude-opus-5", True),
        ("OPENAI/GPT-5", "openai/gpt-5", True),
        ("openai/gpt-5", "openai/gpt-5.4", False),
        ("*", "a/b", True),
        ("a*b*c", "a/x/bb/c", True),
        ("a*b", "ab/c", False),
        ("ab*ba", "aba", False),
        ("openai.gpt", "openai/gpt", False),
    ],
)
def test_a_star_is_any_run_and_the_rest_literal(pattern: str, model_id: str, does: bool) -> None:
    assert matches(pattern, model_id) is does


def test_patterns_look_at_the_id_without_variant() -> None:
    assert matches_any(("acme/rocket",), "acme/rocket:free")


@given(st.text(alphabet="ab*", max_size=8), st.text(alphabet="ab", max_size=8))
def test_matching_agrees_with_the_definition(pattern: str, text: str) -> None:
    def reference(p: str, t: str) -> bool:
        if not p:
            return not t
        if p[0] == "*":
            return any(reference(p[1:], t[i:]) for i in range(len(t) + 1))
        return bool(t) and p[0] == t[0] and reference(p[1:], t[1:])

    assert matches(pattern, text) is reference(pattern, text)


@pytest.mark.parametrize(
    ("text", "tag"),
    [
        ("I get this error: Traceback (most recent call last) ... fix the bug", "code:debugging"),
        ("Write unit tests with pytest for `def add(a, b): return a + b`", "code:testing"),
        ("Translate this into German: good morning", "translation"),
        ("Summarize the key points of this article", "summarization"),
        ("Write a poem about autumn", "creative_writing"),
        ("What is the capital of France?", "qa_knowledge"),
        ("SELECT name FROM users; -- why is this sql query slow", "data:sql"),
        ("hello there", "chat"),
        ("", None),
        ("   ", None),
    ],
)
def test_prompts_are_told_apart_by_their_words(text: str, tag: str | None) -> None:
    assert classify(text) == tag


def test_a_router_is_known_under_both_names_and_only_these() -> None:
    assert router_of("trunkline/auto") == router_of("openrouter/auto") == "openrouter/auto"
    assert router_of("openrouter/automatic") is None
    assert names_router(("acme/a", " OpenRouter/free:nitro"))
    assert not names_router(("acme/openrouter",))
