"""Whole request bodies for endpoints of this format (inference.md 30)."""

import json
from typing import Any

import pytest
from msgspec import Raw, structs

from tests.unit.protocols.converse.requests import (
    CACHED,
    CLAUDE,
    FORMAT,
    MARK,
    NOVA,
    PDF,
    POINT,
    POINT_1H,
    SCHEMA,
    WEATHER,
    sent,
    target,
)
from tests.unit.protocols.messages.requests import HI, PNG, call, hub, plain, text
from trunkline.core.errors import InvalidRequest
from trunkline.protocols.converse.request import encode_request

IMAGE = {"image": {"format": "png", "source": {"bytes": "iVBORw0KGgo="}}}


def test_golden_conversation() -> None:
    """System, image, PDF, signed reasoning, parallel calls, their results in another order, cache markers."""
    messages = [
        {"role": "system", "content": [text("Be brief.", **CACHED)]},
        {"role": "developer", "content": "Use tools."},
        {
            "role": "user",
            "content": [
                text("Look:"),
                {"type": "image_url", "image_url": {"url": PNG, "detail": "high"}},
                {"type": "file", "file": {"filename": "a_b.pdf", "file_data": PDF}},
            ],
        },
        {
            "role": "assistant",
            "content": "Two calls.",
            "reasoning_details": [
                {"type": "reasoning.text", "text": "Hm é", "signature": "EqQBCkgI+/==", "index": 0},
                {"type": "reasoning.encrypted", "data": "EmwKAhgB+/==", "format": "anthropic-claude-v1", "index": 1},
                {"type": "reasoning.encrypted", "data": "gAAA", "format": "openai-responses-v1", "index": 2},
            ],
            "tool_calls": [call("call:1", '{"city": "Oslo"}'), call("c2", "[1]"), call("c3", "{broken")],
        },
        {
            "role": "tool",
            "tool_call_id": "c2",
            "content": [text("8"), {"type": "image_url", "image_url": {"url": PNG}}],
        },
        {"role": "tool", "tool_call_id": "call:1", "content": '{"celsius": 7}'},
        {"role": "tool", "tool_call_id": "c3", "content": [text("9", **MARK)]},
        {"role": "user", "content": "And now?"},
    ]
    body = sent(
        messages=messages,
        tools=[{**WEATHER, **MARK}],
        tool_choice="auto",
        parallel_tool_calls=False,
        max_tokens=3000,
        reasoning={"max_tokens": 2000},
        stop=["END", "  "],
        service_tier="flex",
        stream=True,
    )
    first = body["messages"][1]["content"][3]["toolUse"]["toolUseId"]
    assert first.startswith("toolu_")
    assert len(first) == 30

    def use(call_id: str, arguments: Any) -> dict[str, Any]:
        return {"toolUse": {"toolUseId": call_id, "name": "weather", "input": arguments}}

    def result(call_id: str, *content: Any) -> dict[str, Any]:
        return {"toolResult": {"toolUseId": call_id, "content": list(content), "status": "success"}}

    assert body == {
        "system": [{"text": "Be brief."}, POINT_1H, {"text": "Use tools."}],
        "messages": [
            {
                "role": "user",
                "content": [
                    {"text": "Look:"},
                    IMAGE,
                    {"document": {"format": "pdf", "name": "a b pdf", "source": {"bytes": "JVBERi0xLjQK"}}},
                ],
            },
            {
                "role": "assistant",
                "content": [
                    {"reasoningContent": {"reasoningText": {"text": "Hm é", "signature": "EqQBCkgI+/=="}}},
                    {"reasoningContent": {"redactedContent": "EmwKAhgB+/=="}},
                    {"text": "Two calls."},
                    use(first, {"city": "Oslo"}),
                    use("c2", {"value": [1]}),
                    use("c3", {"raw_arguments": "{broken"}),
                ],
            },
            {
                "role": "user",
                "content": [
                    result(first, {"json": {"celsius": 7}}),
                    result("c2", {"text": "8"}, IMAGE),
                    result("c3", {"text": "9"}),
                    POINT,
                    {"text": "And now?"},
                ],
            },
        ],
        "inferenceConfig": {"maxTokens": 3000, "stopSequences": ["END"]},
        "toolConfig": {
            "tools": [
                {
                    "toolSpec": {
                        "name": "weather",
                        "description": "How it is",
                        "inputSchema": {"json": {"type": "object", "properties": {}}},
                    }
                },
                POINT,
            ]
        },
        "additionalModelRequestFields": {
            "thinking": {"type": "enabled", "budget_tokens": 2000},
            "tool_choice": {"type": "auto", "disable_parallel_tool_use": True},
        },
        "serviceTier": {"type": "flex"},
    }


@pytest.mark.parametrize(
    ("choice", "told"),
    [
        ("auto", {"auto": {}}),
        ("required", {"any": {}}),
        ({"type": "function", "function": {"name": "weather"}}, {"tool": {"name": "weather"}}),
    ],
)
def test_tool_choices_have_their_own_words(choice: Any, told: dict[str, Any]) -> None:
    assert sent(tools=[WEATHER], tool_choice=choice)["toolConfig"]["toolChoice"] == told


def test_tools_that_may_not_be_called_stay_only_beside_a_history_of_calls() -> None:
    assert "toolConfig" not in sent(tools=[WEATHER], tool_choice="none")
    history = [*HI, {"role": "assistant", "tool_calls": [call("c1", "{}")]}]
    config = sent(messages=history, tools=[WEATHER], tool_choice="none")["toolConfig"]
    assert "toolChoice" not in config
    assert config["tools"][0]["toolSpec"]["name"] == "weather"
    stubs = sent(messages=history)["toolConfig"]["tools"]
    assert stubs == [{"toolSpec": {"name": "weather", "inputSchema": {"json": {"type": "object"}}}}]


def test_a_switch_for_parallel_calls_goes_only_to_the_family_that_has_it() -> None:
    body = sent(tools=[WEATHER], tool_choice="required", parallel_tool_calls=False)
    assert "toolChoice" not in body["toolConfig"]
    assert body["additionalModelRequestFields"] == {"tool_choice": {"type": "any", "disable_parallel_tool_use": True}}
    other = sent(NOVA, tools=[WEATHER], tool_choice="required", parallel_tool_calls=False)
    assert other["toolConfig"]["toolChoice"] == {"any": {}}
    assert "additionalModelRequestFields" not in other


def test_a_schema_is_told_as_text_or_becomes_a_forced_tool() -> None:
    body = sent(response_format=FORMAT, tools=[WEATHER])
    told = body["outputConfig"]["textFormat"]
    assert told["type"] == "json_schema"
    assert told["structure"]["jsonSchema"]["name"] == "reply"
    assert json.loads(told["structure"]["jsonSchema"]["schema"]) == SCHEMA
    assert body["toolConfig"]["tools"][0]["toolSpec"]["strict"] is True
    forced = sent(NOVA, response_format=FORMAT)
    assert "outputConfig" not in forced
    assert forced["toolConfig"]["tools"][0]["toolSpec"]["inputSchema"] == {"json": SCHEMA}
    assert forced["toolConfig"]["toolChoice"] == {"tool": {"name": "reply"}}
    beside = sent(NOVA, response_format=FORMAT, tools=[WEATHER])
    assert beside["toolConfig"]["toolChoice"] == {"any": {}}


def test_a_marker_on_the_whole_request_is_a_trailing_cache_point() -> None:
    assert sent(**CACHED)["messages"] == [{"role": "user", "content": [{"text": "Hi"}, POINT_1H]}]
    assert sent(NOVA, **CACHED)["messages"] == [{"role": "user", "content": [{"text": "Hi"}, POINT]}]
    assert sent("qwen.qwen3-32b-v1:0", **CACHED)["messages"] == [{"role": "user", "content": [{"text": "Hi"}]}]


def test_of_more_than_four_cache_markers_those_in_front_and_the_newest_stay() -> None:
    messages: list[Any] = [{"role": "system", "content": [text("S", **MARK)]}]
    messages.append({"role": "user", "content": [text(str(number), **MARK) for number in range(4)]})
    body = sent(messages=messages, tools=[{**WEATHER, **MARK}])
    assert body["toolConfig"]["tools"][1] == POINT
    assert body["system"] == [{"text": "S"}, POINT]
    assert body["messages"][0]["content"] == [
        *({"text": "0"}, {"text": "1"}),
        *({"text": "2"}, POINT, {"text": "3"}, POINT),
    ]
    other = sent(NOVA, messages=messages, tools=[{**WEATHER, **MARK}])
    assert len(other["toolConfig"]["tools"]) == 1
    assert other["messages"][0]["content"].count(POINT) == 3


def test_sampling_is_bounded_and_each_family_takes_top_k_in_its_place() -> None:
    body = sent(temperature=1.7, top_p=0.5, top_k=9, max_tokens=70, seed=1, presence_penalty=1)
    assert body["inferenceConfig"] == {"maxTokens": 70, "temperature": 1.0}
    assert body["additionalModelRequestFields"] == {"top_k": 9}
    nova = sent(NOVA, temperature=0.2, top_p=0.5, top_k=9)
    assert nova["inferenceConfig"] == {"temperature": 0.2, "topP": 0.5}
    assert nova["additionalModelRequestFields"] == {"inferenceConfig": {"topK": 9}}
    newest = sent("global.anthropic.claude-opus-4-8", temperature=0.2, top_p=0.5, top_k=9)
    assert "inferenceConfig" not in newest


@pytest.mark.parametrize(
    ("model", "asked", "told"),
    [
        (CLAUDE, {"max_tokens": 2000}, {"thinking": {"type": "enabled", "budget_tokens": 2000}}),
        (
            "global.anthropic.claude-sonnet-4-6",
            {"effort": "high"},
            {"thinking": {"type": "adaptive", "display": "summarized"}, "output_config": {"effort": "high"}},
        ),
        (NOVA, {"effort": "minimal"}, {"reasoningConfig": {"type": "enabled", "maxReasoningEffort": "low"}}),
        (NOVA, {"enabled": False}, {"reasoningConfig": {"type": "disabled"}}),
        ("openai.gpt-oss-120b-1:0", {"effort": "low"}, {"reasoning_effort": "low"}),
        ("qwen.qwen3-32b-v1:0", {"effort": "high"}, {"reasoning_config": "high"}),
        ("qwen.qwen3-32b-v1:0", {"enabled": False}, None),
        ("minimax.minimax-m2", {"effort": "high"}, None),
    ],
)
def test_every_family_is_asked_to_reason_in_its_own_words(model: str, asked: Any, told: Any) -> None:
    assert sent(model, reasoning=asked).get("additionalModelRequestFields") == told


def test_the_highest_effort_of_nova_goes_without_sampling_and_never_instead_of_the_cap() -> None:
    high = sent(NOVA, reasoning={"effort": "high"}, temperature=0.5)
    assert high["additionalModelRequestFields"]["reasoningConfig"]["maxReasoningEffort"] == "high"
    assert "inferenceConfig" not in high
    capped = sent(NOVA, reasoning={"effort": "high"}, temperature=0.5, max_tokens=90)
    assert capped["additionalModelRequestFields"]["reasoningConfig"]["maxReasoningEffort"] == "medium"
    assert capped["inferenceConfig"] == {"maxTokens": 90, "temperature": 0.5}


def test_an_effort_is_not_told_where_the_catalog_does_not_list_it() -> None:
    request = hub(reasoning={"effort": "low"})
    listed = target("zai.glm-4.7", supported_parameters=frozenset({"reasoning", "include_reasoning"}))
    assert "additionalModelRequestFields" not in plain(encode_request(request, listed))


def test_reasoning_that_cannot_be_off_is_an_error() -> None:
    with pytest.raises(InvalidRequest):
        encode_request(hub(reasoning={"enabled": False}), target("us.deepseek.r1-v1:0", reasoning_mandatory=True))


def test_an_open_loop_of_calls_without_its_thinking_goes_on_without() -> None:
    result = {"role": "tool", "tool_call_id": "c1", "content": "7"}
    bare = [*HI, {"role": "assistant", "tool_calls": [call("c1", "{}")]}, result]
    members: dict[str, Any] = {"tools": [WEATHER], "reasoning": {"max_tokens": 1024}, "max_tokens": 3000}
    assert "additionalModelRequestFields" not in sent(messages=bare, **members)
    detail = {"type": "reasoning.text", "text": "Hm", "signature": "s=="}
    kept = [*HI, {"role": "assistant", "tool_calls": [call("c1", "{}")], "reasoning_details": [detail]}, result]
    assert "thinking" in sent(messages=kept, **members)["additionalModelRequestFields"]


def test_beta_flags_of_the_caller_are_a_field_of_the_model() -> None:
    asked = structs.replace(hub(), anthropic_betas=("interleaved-thinking-2025-05-14", "unknown-2026"))
    body = plain(encode_request(asked, target(CLAUDE)))
    assert body["additionalModelRequestFields"] == {"anthropic_beta": ["interleaved-thinking-2025-05-14"]}
    assert "additionalModelRequestFields" not in plain(encode_request(asked, target(NOVA)))


def test_members_without_a_meaning_pass_only_where_the_endpoint_takes_them() -> None:
    asked = structs.replace(hub(), extra={"guardrailConfig": Raw(b'{"a":1}'), "other": Raw(b"1")})
    body = plain(encode_request(asked, target(CLAUDE, passthrough=frozenset({"guardrailConfig"}))))
    assert body["guardrailConfig"] == {"a": 1}
    assert "other" not in body


def test_a_cap_that_was_lowered_goes_before_the_callers() -> None:
    body = plain(encode_request(hub(max_tokens=900), target(CLAUDE, max_tokens_override=50)))
    assert body["inferenceConfig"] == {"maxTokens": 50}
