"""Whole request bodies for endpoints of this format (inference.md 30)."""

from typing import Any

import pytest
from msgspec import Raw, structs

from tests.unit.protocols.messages.requests import HI, PNG, call, hub, plain, sent, target, text
from trunkline.protocols.answers import UpstreamTarget
from trunkline.protocols.messages.hosts import VERTEX
from trunkline.protocols.messages.protocol import MessagesProtocol
from trunkline.protocols.messages.upstream import encode_upstream
from trunkline.protocols.requests import GenerationRequest, Image, Video

PDF = "data:application/pdf;base64,JVBERi0xLjQK"
MARK = {"cache_control": {"type": "ephemeral"}}
CACHED = {"cache_control": {"type": "ephemeral", "ttl": "1h"}}
WEATHER = {"type": "function", "function": {"name": "weather", "description": "How it is", "strict": True}}


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
                {"type": "image_url", "image_url": {"url": "https://acme.test/a.png"}},
                {"type": "file", "file": {"filename": "a.pdf", "file_data": PDF}},
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
        {"role": "tool", "tool_call_id": "call:1", "content": "7"},
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
        stream=True,
    )
    image = {"type": "image", "source": {"type": "base64", "media_type": "image/png", "data": "iVBORw0KGgo="}}
    first = body["messages"][1]["content"][3]["id"]
    assert first.startswith("toolu_")
    assert len(first) == 30
    assert body == {
        "model": "claude-sonnet-4-5",
        "max_tokens": 3000,
        "stream": True,
        "thinking": {"type": "enabled", "budget_tokens": 2000},
        "system": [text("Be brief.", **CACHED), text("Use tools.")],
        "messages": [
            {
                "role": "user",
                "content": [
                    text("Look:"),
                    image,
                    {"type": "image", "source": {"type": "url", "url": "https://acme.test/a.png"}},
                    {
                        "type": "document",
                        "source": {"type": "base64", "media_type": "application/pdf", "data": "JVBERi0xLjQK"},
                        "title": "a.pdf",
                    },
                ],
            },
            {
                "role": "assistant",
                "content": [
                    {"type": "thinking", "thinking": "Hm é", "signature": "EqQBCkgI+/=="},
                    {"type": "redacted_thinking", "data": "EmwKAhgB+/=="},
                    text("Two calls."),
                    {"type": "tool_use", "id": first, "name": "weather", "input": {"city": "Oslo"}},
                    {"type": "tool_use", "id": "c2", "name": "weather", "input": {"value": [1]}},
                    {"type": "tool_use", "id": "c3", "name": "weather", "input": {"raw_arguments": "{broken"}},
                ],
            },
            {
                "role": "user",
                "content": [
                    {"type": "tool_result", "tool_use_id": first, "content": "7"},
                    {"type": "tool_result", "tool_use_id": "c2", "content": [text("8"), image]},
                    {"type": "tool_result", "tool_use_id": "c3", "content": [text("9")], **MARK},
                    text("And now?"),
                ],
            },
        ],
        "tools": [
            {
                "name": "weather",
                "description": "How it is",
                "input_schema": {"type": "object", "properties": {}},
                "eager_input_streaming": True,
                **MARK,
            }
        ],
        "tool_choice": {"type": "auto", "disable_parallel_tool_use": True},
        "stop_sequences": ["END"],
    }


def test_a_history_of_calls_without_tools_gets_stubs_that_are_not_to_be_called() -> None:
    messages = [*HI, {"role": "assistant", "tool_calls": [call("c1", "{}"), call("c2", "{}", "look")]}]
    body = sent(messages=messages)
    assert [tool["name"] for tool in body["tools"]] == ["weather", "look"]
    assert body["tool_choice"] == {"type": "none"}


@pytest.mark.parametrize(
    ("choice", "told"),
    [
        ("auto", {"type": "auto"}),
        ("none", {"type": "none"}),
        ("required", {"type": "any"}),
        ({"type": "function", "function": {"name": "weather"}}, {"type": "tool", "name": "weather"}),
    ],
)
def test_tool_choices_have_their_own_words(choice: Any, told: dict[str, Any]) -> None:
    assert sent(tools=[WEATHER], tool_choice=choice)["tool_choice"] == told


def test_an_explicit_word_on_eager_streaming_stands() -> None:
    tool = {**WEATHER, "eager_input_streaming": False}
    assert sent(tools=[tool], stream=True)["tools"][0]["eager_input_streaming"] is False
    assert "eager_input_streaming" not in sent(tools=[WEATHER])["tools"][0]
    assert "eager_input_streaming" not in sent("deepseek-chat", tools=[WEATHER], stream=True)["tools"][0]


SCHEMA = {"type": "object", "properties": {"a": {"type": "integer"}}}
FORMAT = {"type": "json_schema", "json_schema": {"name": "reply", "schema": SCHEMA}}


def headers(request: GenerationRequest, endpoint: UpstreamTarget) -> dict[str, str]:
    return dict(MessagesProtocol().headers(request, endpoint))


def test_a_native_schema_brings_its_beta_flag_and_keeps_strict_tools() -> None:
    body = sent(response_format=FORMAT, tools=[WEATHER])
    assert body["output_config"] == {"format": {"type": "json_schema", "schema": SCHEMA}}
    assert body["tools"][0]["strict"] is True
    assert "strict" not in sent(tools=[WEATHER])["tools"][0]
    assert headers(hub(response_format=FORMAT), target())["anthropic-beta"] == "structured-outputs-2025-11-13"
    assert "anthropic-beta" not in headers(hub(), target())


def test_a_schema_is_a_forced_tool_where_the_model_has_no_word_for_it() -> None:
    body = sent("claude-sonnet-4-0", response_format=FORMAT)
    assert body["tools"][0]["input_schema"] == SCHEMA
    assert body["tool_choice"] == {"type": "tool", "name": "reply", "disable_parallel_tool_use": True}
    beside = sent("claude-sonnet-4-0", response_format=FORMAT, tools=[WEATHER])
    assert [tool["name"] for tool in beside["tools"]] == ["weather", "reply"]
    assert beside["tool_choice"] == {"type": "any"}
    assert "tools" not in sent("claude-sonnet-4-0", response_format={"type": "json_object"})


def test_other_beta_flags_pass_only_where_the_endpoint_lists_them() -> None:
    asked = structs.replace(hub(), anthropic_betas=("context-1m-2025-08-07", "interleaved-thinking-2025-05-14"))
    assert headers(asked, target())["anthropic-beta"] == "interleaved-thinking-2025-05-14"
    listed = target(passthrough=frozenset({"context-1m-2025-08-07"}))
    assert headers(asked, listed)["anthropic-beta"] == "context-1m-2025-08-07,interleaved-thinking-2025-05-14"


def marked(body: dict[str, Any]) -> list[str]:
    blocks = [*body.get("tools", []), *body.get("system", []), *(b for m in body["messages"] for b in m["content"])]
    return [str(block.get("text") or block.get("name")) for block in blocks if "cache_control" in block]


def test_of_more_than_four_cache_markers_those_in_front_and_the_newest_stay() -> None:
    messages: list[Any] = [{"role": "system", "content": [text("S", **MARK)]}]
    messages += [{"role": "user", "content": [text(str(number), **MARK)]} for number in range(4)]
    tools = [{**WEATHER, **MARK}]
    assert marked(sent(messages=messages, tools=tools)) == ["weather", "S", "2", "3"]
    automatic = sent(messages=messages, tools=tools, **CACHED)
    assert automatic["cache_control"] == CACHED["cache_control"]
    assert marked(automatic) == ["weather", "S", "3"]
    many = [{"role": "system", "content": [text(str(number), **MARK) for number in range(6)]}, *HI]
    assert marked(sent(messages=many)) == ["2", "3", "4", "5"]


def test_a_marker_on_a_blank_text_is_dropped() -> None:
    assert marked(sent(messages=[{"role": "user", "content": [text("", **MARK), text("Hi")]}])) == []


def test_only_providers_that_ask_are_told_a_hash_of_the_end_user() -> None:
    body = plain(encode_upstream(hub(), target(provider="anthropic", user_hash="h1")))
    assert body["metadata"] == {"user_id": "h1"}
    assert "metadata" not in plain(encode_upstream(hub(), target(user_hash="h1")))


def test_members_without_a_meaning_pass_only_where_the_endpoint_takes_them() -> None:
    asked = structs.replace(hub(), extra={"container": Raw(b'{"id":"c"}'), "other": Raw(b"1")})
    body = plain(encode_upstream(asked, target(passthrough=frozenset({"container"}))))
    assert body["container"] == {"id": "c"}
    assert "other" not in body


def test_a_cap_that_was_lowered_goes_before_the_callers() -> None:
    assert plain(encode_upstream(hub(max_tokens=900), target(max_tokens_override=50)))["max_tokens"] == 50
    assert plain(encode_upstream(hub(), target(max_output_tokens=None)))["max_tokens"] == 4096


def test_tiers_have_their_own_words() -> None:
    assert sent(service_tier="default")["service_tier"] == "standard_only"
    assert sent(service_tier="priority")["service_tier"] == "auto"
    assert "service_tier" not in sent(service_tier="flex")


def test_an_endpoint_that_is_its_models_fast_sibling_asks_for_speed() -> None:
    fast = target(quirks=frozenset({"fast_mode"}))
    assert plain(encode_upstream(hub(), fast))["speed"] == "fast"
    assert headers(hub(), fast)["anthropic-beta"] == "fast-mode-2026-02-01"
    assert "speed" not in sent()


def test_vertex_is_told_version_in_the_body_and_model_in_the_path() -> None:
    body = plain(encode_upstream(hub(stream=True, service_tier="priority"), target(), VERTEX))
    assert body["anthropic_version"] == "vertex-2023-10-16"
    assert not body.keys() & {"model", "service_tier"}
    vertex = MessagesProtocol(VERTEX)
    model = target("claude-sonnet-4-5@20250929")
    place = "publishers/anthropic/models/claude-sonnet-4-5@20250929"
    assert vertex.path(model, stream=True) == f"{place}:streamRawPredict"
    assert vertex.path(model, stream=False) == f"{place}:rawPredict"
    assert vertex.headers(hub(response_format=FORMAT), model) == ()
    asked = structs.replace(hub(), anthropic_betas=("interleaved-thinking-2025-05-14",))
    assert vertex.headers(asked, model) == (("anthropic-beta", "interleaved-thinking-2025-05-14"),)


def test_vertex_is_sent_the_content_of_every_address() -> None:
    https, vertex = Image("https://acme.example/a.png"), MessagesProtocol(VERTEX)
    assert vertex.needs_content(https, target())
    assert not MessagesProtocol().needs_content(https, target())
    assert not vertex.needs_content(Video("https://acme.example/a.mp4"), target())
