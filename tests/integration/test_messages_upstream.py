"""A chat client in front of an upstream that speaks Anthropic's format."""

import json
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any

import pytest

from tests.fakes.anthropic_messages import (
    CALL,
    TEXT,
    THINKING,
    answer,
    cut_stream,
    error_in_stream,
    refusal,
    stream,
    usage,
)
from tests.fakes.provider import FakeProvider
from tests.instance import Instance, endpoint

MODEL = "acme/claude"
TOOLS = [{"type": "function", "function": {"name": "get_temp", "parameters": {"type": "object"}}}]
STRICT_TOOL = {"name": "get_temp", "parameters": {"type": "object"}, "strict": True}
SCHEMA = {"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]}
FORMAT = {"type": "json_schema", "json_schema": {"name": "place", "schema": SCHEMA}}


class World:
    def __init__(self, instance: Instance, provider: FakeProvider) -> None:
        self.instance, self.provider = instance, provider

    @property
    def sent(self) -> dict[str, Any]:
        return self.provider.requests[-1].json


@pytest.fixture
async def world(tmp_path: Path) -> AsyncIterator[World]:
    async with AsyncExitStack() as stack:
        provider = await stack.enter_async_context(FakeProvider())
        entry = endpoint(MODEL, provider, protocol="anthropic-messages", upstream_model="claude-sonnet-4-5")
        old = endpoint("acme/old", provider, protocol="anthropic-messages", upstream_model="claude-3-5-haiku-latest")
        instance = await stack.enter_async_context(Instance(tmp_path, endpoints=[entry, old]))
        yield World(instance, provider)
        assert await instance.audit() == []


async def test_a_whole_answer_arrives_with_its_usage_and_price(world: World) -> None:
    world.provider.then(answer(TEXT, used=usage(8, 5, cached=2)))
    got = await world.instance.chat(MODEL, "How cold is Oslo?", max_tokens=50)
    choice = got["choices"][0]
    assert choice["message"]["content"] == TEXT["text"]
    assert (choice["finish_reason"], choice["native_finish_reason"]) == ("stop", "end_turn")
    assert got["usage"]["prompt_tokens"] == 10
    assert got["usage"]["prompt_tokens_details"]["cached_tokens"] == 2
    assert got["usage"]["cost"] == pytest.approx(8e-6 + 2e-7 + 10e-6)
    assert got["service_tier"] == "default"
    request = world.provider.requests[0]
    assert request.path == "/v1/messages"
    assert request.headers["x-api-key"] == "upstream-secret"
    assert request.headers["anthropic-version"] == "2023-06-01"
    assert "authorization" not in request.headers
    assert world.sent["max_tokens"] == 50
    assert world.sent["messages"] == [
        {"role": "user", "content": [{"type": "text", "text": "How cold is Oslo?"}]},
    ]


async def test_a_stream_of_thinking_text_and_calls_reads_like_the_whole_answer(world: World) -> None:
    content = (THINKING, {"type": "text", "text": "Let me look."}, CALL)
    world.provider.then(stream(*content, stop="tool_use")).then(answer(*content, stop="tool_use"))
    reasoning = {"max_tokens": 2000}
    streamed = await world.instance.stream(MODEL, tools=TOOLS, reasoning=reasoning, max_tokens=4000)
    whole = await world.instance.chat(MODEL, tools=TOOLS, reasoning=reasoning, max_tokens=4000)
    message = whole["choices"][0]["message"]
    assert message["reasoning"] == THINKING["thinking"]
    assert message["reasoning_details"] == [
        {
            "type": "reasoning.text",
            "text": THINKING["thinking"],
            "signature": THINKING["signature"],
            "format": "anthropic-claude-v1",
            "index": 0,
        }
    ]
    assert message["tool_calls"][0]["function"] == {"name": "get_temp", "arguments": '{"city":"Oslo"}'}
    deltas = [chunk["choices"][0]["delta"] for chunk in streamed.chunks]
    assert streamed.is_done
    assert streamed.text == message["content"] == "Let me look."
    assert "".join(delta.get("reasoning") or "" for delta in deltas) == message["reasoning"]
    calls = [call for delta in deltas for call in delta.get("tool_calls", ())]
    assert calls[0]["id"] == "toolu_01"
    assert "".join(call["function"]["arguments"] for call in calls) == '{"city":"Oslo"}'
    assert set(streamed.finish_reasons) == {"tool_calls"}
    assert streamed.usage["completion_tokens"] == 5
    sent = world.provider.requests[0].json
    assert sent["thinking"] == {"type": "enabled", "budget_tokens": 2000}
    assert sent["tools"] == [{"name": "get_temp", "input_schema": {"type": "object"}, "eager_input_streaming": True}]


async def test_signed_thinking_goes_back_byte_for_byte_in_the_next_turn(world: World) -> None:
    world.provider.then(answer(THINKING, CALL, stop="tool_use")).then(answer(TEXT))
    first = await world.instance.chat(MODEL, tools=TOOLS, reasoning={"max_tokens": 2000}, max_tokens=4000)
    history = [
        {"role": "user", "content": "How cold is Oslo?"},
        first["choices"][0]["message"],
        {"role": "tool", "tool_call_id": "toolu_01", "content": "7"},
    ]
    members = {"messages": history, "tools": TOOLS, "reasoning": {"max_tokens": 2000}, "max_tokens": 4000}
    await world.instance.chat(MODEL, **members)
    turns: Any = world.sent["messages"]
    assert turns[1]["content"] == [THINKING, CALL]
    assert turns[2]["content"] == [{"type": "tool_result", "tool_use_id": "toolu_01", "content": "7"}]
    assert world.sent["thinking"] == {"type": "enabled", "budget_tokens": 2000}


async def test_a_schema_is_native_where_the_model_knows_it_and_a_forced_call_elsewhere(world: World) -> None:
    world.provider.then(answer({"type": "text", "text": '{"city":"Oslo"}'}))
    await world.instance.chat(MODEL, response_format=FORMAT)
    assert world.sent["output_config"] == {"format": {"type": "json_schema", "schema": SCHEMA}}
    assert world.provider.requests[0].headers["anthropic-beta"] == "structured-outputs-2025-11-13"
    call = {"type": "tool_use", "id": "toolu_02", "name": "place", "input": {"city": "Oslo"}}
    world.provider.then(answer(call, stop="tool_use")).then(stream(call, stop="tool_use"))
    whole = await world.instance.chat("acme/old", response_format=FORMAT)
    assert world.sent["tool_choice"] == {"type": "tool", "name": "place", "disable_parallel_tool_use": True}
    choice = whole["choices"][0]
    assert json.loads(choice["message"]["content"]) == {"city": "Oslo"}
    assert (choice["finish_reason"], choice["native_finish_reason"]) == ("stop", "tool_use")
    assert "tool_calls" not in choice["message"]
    streamed = await world.instance.stream("acme/old", response_format=FORMAT)
    assert json.loads(streamed.text) == {"city": "Oslo"}
    assert set(streamed.finish_reasons) == {"stop"}


async def test_beta_flags_of_the_caller_are_passed_on_where_they_are_known(world: World) -> None:
    world.provider.then(answer(TEXT))
    headers = {"x-anthropic-beta": "interleaved-thinking-2025-05-14, make-me-admin-2026, structured-outputs-2025-11-13"}
    body = {"model": MODEL, "messages": [{"role": "user", "content": "Hi"}], "max_tokens": 1500}
    body |= {"reasoning": {"max_tokens": 1200}, "tools": [{**TOOLS[0], "function": {**STRICT_TOOL}}]}
    response = await world.instance.client.post("/chat/completions", json=body, headers=headers)
    assert response.status_code == 200, response.text
    flags = world.provider.requests[0].headers["anthropic-beta"]
    assert flags == "interleaved-thinking-2025-05-14,structured-outputs-2025-11-13"
    assert world.sent["tools"] == [{"name": "get_temp", "input_schema": {"type": "object"}, "strict": True}]


@pytest.mark.parametrize("stream_", [False, True])
async def test_an_overloaded_upstream_is_told_as_such(world: World, stream_: bool) -> None:
    world.provider.then(refusal(529, "overloaded_error", "Overloaded"))
    response = await world.instance.post(MODEL, stream=stream_)
    assert response.status_code == 529
    assert response.json()["error"]["metadata"]["error_type"] == "provider_overloaded"


async def test_a_prompt_that_is_too_long_is_the_callers_error(world: World) -> None:
    text = "prompt is too long: 3333404 tokens > 200000 maximum"
    world.provider.then(refusal(400, "invalid_request_error", text))
    response = await world.instance.post(MODEL)
    assert response.status_code == 400
    assert response.json()["error"]["metadata"]["error_type"] == "context_length_exceeded"


async def test_an_error_event_before_content_has_its_own_status(world: World) -> None:
    world.provider.then(error_in_stream(kind="overloaded_error", text="Overloaded"))
    response = await world.instance.post(MODEL, stream=True)
    assert response.status_code == 529


async def test_an_error_event_after_content_ends_the_stream_with_an_error(world: World) -> None:
    world.provider.then(error_in_stream(TEXT, kind="api_error", text="Internal server error"))
    streamed = await world.instance.stream(MODEL)
    assert streamed.text == TEXT["text"]
    assert streamed.error is not None
    assert streamed.error["code"] == 500
    assert streamed.is_done
    record = await world.instance.generation(streamed.id)
    assert record["total_cost"] == 0


@pytest.mark.parametrize("ending", ["close", "reset"])
async def test_a_stream_that_breaks_off_is_no_whole_answer(world: World, ending: Any) -> None:
    world.provider.then(cut_stream(TEXT, events_sent=4, ending=ending))
    streamed = await world.instance.stream(MODEL)
    assert streamed.text == "It "
    assert streamed.error is not None
    assert streamed.error["code"] == 502
