"""Who goes on with an answer that has begun, and how each wants to be told so."""

from typing import Any

import pytest
from msgspec import json

from trunkline.gateway.upstreams import GOES_ON, UPSTREAMS
from trunkline.protocols.answers import UpstreamTarget
from trunkline.protocols.prefill import going_on
from trunkline.protocols.requests import GenerationRequest, Message, Reasoning, Sampling, Text, ToolCall

HI = Message(role="user", parts=(Text("Hi"),), plain=True)


def target(provider: str, protocol: str = "openai-chat", model: str = "m") -> UpstreamTarget:
    return UpstreamTarget(
        provider=provider, protocol=protocol, upstream_model=model, supported_parameters=frozenset(), goes_on=True
    )


def body(to: UpstreamTarget) -> dict[str, Any]:
    request = going_on(GenerationRequest(messages=(HI,), stream=True), "Well, \n", reasons=False)
    return json.decode(UPSTREAMS[to.protocol].encode(request, to))


@pytest.mark.parametrize(
    ("provider", "marks", "members"),
    [
        ("mistral", {"prefix": True}, {}),
        ("deepseek", {"prefix": True}, {}),
        ("moonshotai", {"partial": True}, {}),
        ("alibaba", {"partial": True}, {}),
        ("openrouter", {}, {}),
        ("llama-cpp", {}, {}),
        ("vllm", {}, {"continue_final_message": True, "add_generation_prompt": False}),
        ("sglang", {}, {"continue_final_message": True, "add_generation_prompt": False}),
    ],
)
def test_chat_upstreams_are_told_in_their_own_words(provider: str, marks: Any, members: Any) -> None:
    to = target(provider)
    assert GOES_ON["openai-chat"](to)
    said = body(to)
    assert said["messages"][-1] == {"role": "assistant", "content": "Well,"} | marks
    assert {name: said[name] for name in said if name in ("continue_final_message", "add_generation_prompt")} == members


@pytest.mark.parametrize(
    ("protocol", "model", "turns", "last"),
    [
        (
            "anthropic-messages",
            "claude-3-5-haiku-20241022",
            "messages",
            {"role": "assistant", "content": [{"type": "text", "text": "Well,"}]},
        ),
        ("google-gemini", "gemini-2.5-flash", "contents", {"role": "model", "parts": [{"text": "Well,"}]}),
        (
            "bedrock-converse",
            "anthropic.claude-3-5-sonnet-20241022-v2:0",
            "messages",
            {"role": "assistant", "content": [{"text": "Well,"}]},
        ),
    ],
)
def test_other_formats_end_with_the_models_turn(protocol: str, model: str, turns: str, last: Any) -> None:
    assert body(target("any", protocol, model))[turns][-1] == last


def test_deepseek_is_asked_at_its_beta_address_then_and_only_then() -> None:
    chat = UPSTREAMS["openai-chat"]
    assert chat.path(target("deepseek"), stream=True) == "beta/chat/completions"
    plain = UpstreamTarget(provider="deepseek", upstream_model="m", supported_parameters=frozenset())
    assert chat.path(plain, stream=True) == "chat/completions"


@pytest.mark.parametrize("provider", ["openai", "azure", "xai", "groq", "unheard-of"])
def test_nobody_else_is_asked_to(provider: str) -> None:
    assert not GOES_ON["openai-chat"](target(provider))


@pytest.mark.parametrize(
    ("protocol", "model", "goes_on"),
    [
        ("anthropic-messages", "claude-3-5-haiku-20241022", True),
        ("anthropic-messages", "claude-sonnet-4-5", True),
        ("anthropic-messages", "claude-opus-4-6", False),
        ("vertex-anthropic", "claude-sonnet-4-5@20250929", True),
        ("anthropic-messages", "kimi-k2", False),
        ("bedrock-converse", "anthropic.claude-3-5-sonnet-20241022-v2:0", True),
        ("bedrock-converse", "us.anthropic.claude-opus-4-6-v1", False),
        ("bedrock-converse", "amazon.nova-pro-v1:0", True),
        ("bedrock-converse", "meta.llama3-1-70b-instruct-v1:0", False),
        ("google-gemini", "gemini-2.5-flash", True),
    ],
)
def test_families_that_refuse_a_prefill_are_not_asked(protocol: str, model: str, goes_on: bool) -> None:
    assert GOES_ON[protocol](target("any", protocol, model)) is goes_on


def test_formats_without_a_word_for_it_are_not_asked() -> None:
    assert {"openai-responses", "cohere-v2"}.isdisjoint(GOES_ON)


def test_the_callers_own_beginning_stays_in_front_and_calls_stay_apart() -> None:
    begun = Message(role="assistant", parts=(Text("One, "),))
    on = going_on(GenerationRequest(messages=(HI, begun)), "two, ", reasons=False)
    assert on.messages == (HI, Message(role="assistant", parts=(Text("One, two,"),), plain=True))
    called = Message(role="assistant", tool_calls=(ToolCall("c", "f", "{}"),))
    assert going_on(GenerationRequest(messages=(HI, called)), "x", reasons=False).messages[:2] == (HI, called)


def test_what_was_said_counts_towards_the_cap_and_the_thinking_is_done() -> None:
    asked = GenerationRequest(messages=(HI,), sampling=Sampling(max_tokens=10), reasoning=Reasoning(effort="high"))
    on = going_on(asked, "x" * 24, reasons=True)
    assert (on.sampling.max_tokens, on.reasoning) == (4, Reasoning(enabled=False))
    assert going_on(asked, "x" * 400, reasons=False).sampling.max_tokens == 1
