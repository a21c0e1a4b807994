"""How much each generation is told to think (inference.md 7.2)."""

from typing import Any

import pytest
from msgspec import structs

from tests.unit.protocols.messages.requests import HI, hub, plain, sent, target
from trunkline.core.errors import InvalidRequest
from trunkline.protocols.messages.upstream import encode_upstream

TOOLS = [{"type": "function", "function": {"name": "look"}}]
CALL = {"id": "c1", "type": "function", "function": {"name": "look", "arguments": "{}"}}
LOOP = [*HI, {"role": "assistant", "tool_calls": [CALL]}, {"role": "tool", "tool_call_id": "c1", "content": "7"}]
SIGNED = [{"type": "reasoning.text", "text": "Hm.", "signature": "EqQB+/=="}]


def budget(**members: Any) -> int | None:
    return (sent(**members).get("thinking") or {}).get("budget_tokens")


def test_an_effort_is_a_share_of_the_cap() -> None:
    assert sent(max_tokens=10_000, reasoning={"effort": "high"})["thinking"] == {
        "type": "enabled",
        "budget_tokens": 8000,
    }
    assert budget(max_tokens=10_000, reasoning={"effort": "medium"}) == 5000
    assert budget(max_tokens=10_000, reasoning={"enabled": True}) == 5000


def test_a_budget_is_at_least_1024_and_at_most_128000_tokens() -> None:
    assert budget(max_tokens=1200, reasoning={"effort": "minimal"}) == 1024
    assert budget(max_tokens=2000, reasoning={"max_tokens": 50}) == 1024
    assert budget(max_tokens=400_000, reasoning={"effort": "max"}) == 128_000


def test_without_a_cap_the_endpoints_longest_answer_is_shared() -> None:
    body = sent(reasoning={"effort": "low"})
    assert (body["max_tokens"], body["thinking"]["budget_tokens"]) == (64_000, 12_800)


def test_a_cap_too_small_for_any_budget_means_no_thinking() -> None:
    assert "thinking" not in sent(max_tokens=1000, reasoning={"effort": "high"})


def test_interleaved_thinking_may_exceed_the_cap() -> None:
    asked = hub(max_tokens=1000, reasoning={"effort": "high"})
    asked = structs.replace(asked, anthropic_betas=("interleaved-thinking-2025-05-14",))
    assert plain(encode_upstream(asked, target()))["thinking"] == {"type": "enabled", "budget_tokens": 1024}


def test_the_fourth_generations_sixth_version_thinks_adaptively_unless_given_a_budget() -> None:
    adaptive = sent("claude-opus-4-6", max_tokens=9000, reasoning={"effort": "high"})
    assert adaptive["thinking"] == {"type": "adaptive", "display": "summarized"}
    assert adaptive["output_config"] == {"effort": "high"}
    given = sent("claude-opus-4-6", max_tokens=9000, reasoning={"max_tokens": 3000})
    assert given["thinking"] == {"type": "enabled", "budget_tokens": 3000, "display": "summarized"}


@pytest.mark.parametrize("model", ["claude-opus-4-7", "claude-sonnet-5", "claude-fable-5-1"])
def test_newer_models_ignore_budgets(model: str) -> None:
    body = sent(model, max_tokens=9000, reasoning={"max_tokens": 3000})
    assert body["thinking"] == {"type": "adaptive", "display": "summarized"}
    assert "output_config" not in body


def test_excluded_thinking_is_not_even_shown_to_us() -> None:
    body = sent("claude-opus-4-8", reasoning={"effort": "low", "exclude": True})
    assert body["thinking"] == {"type": "adaptive", "display": "omitted"}


@pytest.mark.parametrize(
    ("model", "asked", "told"),
    [
        ("claude-opus-4-8", "minimal", "low"),
        ("claude-opus-4-8", "xhigh", "xhigh"),
        ("claude-opus-4-6", "xhigh", "high"),
        ("claude-opus-4-6", "max", "max"),
    ],
)
def test_an_effort_that_a_model_does_not_know_is_high(model: str, asked: str, told: str) -> None:
    assert sent(model, reasoning={"effort": asked})["output_config"] == {"effort": told}


def test_verbosity_goes_before_effort() -> None:
    body = sent("claude-opus-4-8", reasoning={"effort": "low"}, verbosity="max")
    assert body["output_config"] == {"effort": "max"}
    assert sent("claude-opus-4-5", verbosity="xhigh")["output_config"] == {"effort": "high"}
    assert "output_config" not in sent("claude-sonnet-4-5", verbosity="low")


def test_off_is_said_and_refused_where_it_cannot_be() -> None:
    assert sent("claude-opus-5", reasoning={"enabled": False})["thinking"] == {"type": "disabled"}
    with pytest.raises(InvalidRequest, match="always reasons"):
        encode_upstream(hub(reasoning={"effort": "none"}), target("claude-fable-5", reasoning_mandatory=True))


def test_nothing_is_said_where_nothing_was_asked_or_the_model_cannot_think() -> None:
    assert "thinking" not in sent("claude-opus-5")
    assert "thinking" not in sent("claude-3-5-haiku-latest", reasoning={"effort": "high"})
    unable = target(supported_parameters=frozenset({"max_tokens"}))
    assert "thinking" not in plain(encode_upstream(hub(reasoning={"effort": "high"}), unable))


def test_asking_only_to_see_thinking_switches_none_on() -> None:
    assert "thinking" not in sent("claude-opus-4-8", reasoning={})
    assert sent("claude-opus-5", reasoning={})["thinking"] == {"type": "adaptive", "display": "summarized"}


def test_a_forced_tool_goes_before_a_budget_but_not_before_adaptive_thinking() -> None:
    members: dict[str, Any] = {"tools": TOOLS, "tool_choice": "required", "reasoning": {"effort": "high"}}
    assert "thinking" not in sent("claude-sonnet-4-5", **members)
    assert sent("claude-opus-4-6", **members)["thinking"]["type"] == "adaptive"


def test_an_open_tool_loop_without_its_thinking_is_gone_on_with_without_thinking() -> None:
    members: dict[str, Any] = {"tools": TOOLS, "reasoning": {"max_tokens": 2000}, "max_tokens": 4000}
    assert "thinking" not in sent(messages=LOOP, **members)
    kept = [LOOP[0], {**LOOP[1], "reasoning_details": SIGNED}, LOOP[2]]
    assert budget(messages=kept, **members) == 2000
    later = [*kept, {"role": "assistant", "tool_calls": [{**CALL, "id": "c2"}]}]
    later.append({"role": "tool", "tool_call_id": "c2", "content": "8"})
    assert budget(messages=later, **members) == 2000
    assert budget(messages=[*LOOP, {"role": "assistant", "content": "7."}, *HI], **members) == 2000


def test_a_thinking_model_takes_hardly_any_sampling_and_a_new_one_none() -> None:
    sampling: dict[str, Any] = {"temperature": 0.3, "top_p": 0.97, "top_k": 5}
    thinking = sent(reasoning={"effort": "low"}, **sampling)
    assert {name for name in sampling if name in thinking} == {"top_p"}
    assert "top_p" not in sent(reasoning={"effort": "low"}, top_p=0.5)
    assert not sampling.keys() & sent("claude-opus-4-7", **sampling).keys()


def test_temperature_is_at_most_one_and_goes_before_top_p() -> None:
    body = sent(temperature=1.7, top_p=0.5, top_k=3)
    assert (body["temperature"], body.get("top_p"), body["top_k"]) == (1.0, None, 3)
    assert sent("claude-3-5-haiku-latest", temperature=0.2, top_p=0.5)["top_p"] == 0.5
