"""Small facts with an end."""

import pytest

from trunkline.storage.shared.facts import Facts


def test_a_fact_is_known_until_its_end() -> None:
    facts = Facts()
    facts.remember("session", "endpoint-a", 1_000)
    assert facts.recall("session", 999) == "endpoint-a"
    assert facts.recall("session", 1_000) is None


def test_a_fact_told_again_has_its_new_value_and_end() -> None:
    facts = Facts()
    facts.remember("session", "endpoint-a", 1_000)
    facts.remember("session", "endpoint-b", 2_000)
    assert facts.recall("session", 1_500) == "endpoint-b"


def test_beyond_the_bound_the_oldest_is_forgotten(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("trunkline.storage.shared.facts.FACTS_MAX", 3)
    facts = Facts()
    for name in ("a", "b", "c", "a", "d"):
        facts.remember(name, name, 1_000)
    assert [name for name in "abcd" if facts.recall(name, 0)] == ["a", "c", "d"]


def test_sweeping_drops_what_is_past_its_end() -> None:
    facts = Facts()
    facts.remember("old", "x", 10)
    facts.remember("young", "y", 20)
    facts.forget_expired(10)
    assert (facts.recall("old", 0), facts.recall("young", 0)) == (None, "y")
