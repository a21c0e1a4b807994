"""A chat client in front of an upstream that speaks Bedrock's Converse."""

import json
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any

import pytest

from tests.fakes.bedrock_converse import (
    CALL,
    TEXT,
    THINKING,
    answer,
    cut_stream,
    exception_in_stream,
    refusal,
    stream,
    usage,
)
from tests.fakes.provider import FakeProvider
from tests.fakes.replies import trickle
from tests.instance import Instance, endpoint

MODEL = "acme/claude"
TOOLS = [{"type": "function", "function": {"name": "get_temp", "parameters": {"type": "object"}}}]
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
        upstream_model = "us.anthropic.claude-sonnet-4-5-20250929-v1:0"
        facts: dict[str, Any] = {"name": "amazon-bedrock", "protocol": "bedrock-converse", "base_url": provider.origin}
        entry = endpoint(MODEL, provider, **facts, upstream_model=upstream_model, input_modalities=["text", "image"])
        nova = endpoint("acme/nova", provider, **facts, upstream_model="us.amazon.nova-pro-v1:0")
        instance = await stack.enter_async_context(Instance(tmp_path, endpoints=[entry, nova]))
        yield World(instance, provider)
        assert await instance.audit() == []


async def test_a_whole_answer_arrives_with_its_usage_and_price(world: World) -> None:
    world.provider.then(answer(TEXT, used=usage(8, 5, cached=2)))
    got = await world.instance.chat(MODEL, "How cold is Oslo?", max_tokens=50)
    choice = got["choices"][0]
    assert choice["message"]["content"] == TEXT["text"]
    assert (choice["finish_reason"], choice["native_finish_reason"]) == ("stop", "end_turn")
    assert got["provider"] == "Amazon Bedrock"
    assert got["usage"]["prompt_tokens"] == 10
    assert got["usage"]["prompt_tokens_details"]["cached_tokens"] == 2
    assert got["usage"]["cost"] == pytest.approx(8e-6 + 2e-7 + 10e-6)
    request = world.provider.requests[0]
    assert request.path == "/model/us.anthropic.claude-sonnet-4-5-20250929-v1%3A0/converse"
    assert request.headers["authorization"] == "Bearer upstream-secret"
    assert request.headers["accept"] == "application/json"
    assert world.sent == {
        "messages": [{"role": "user", "content": [{"text": "How cold is Oslo?"}]}],
        "inferenceConfig": {"maxTokens": 50},
    }


async def test_a_stream_of_thinking_text_and_calls_reads_like_the_whole_answer(world: World) -> None:
    content = (THINKING, {"text": "Let me look."}, CALL)
    world.provider.then(trickle(stream(*content, stop="tool_use"))).then(answer(*content, stop="tool_use"))
    members: dict[str, Any] = {"tools": TOOLS, "reasoning": {"max_tokens": 2000}, "max_tokens": 4000}
    streamed = await world.instance.stream(MODEL, **members)
    whole = await world.instance.chat(MODEL, **members)
    message = whole["choices"][0]["message"]
    assert message["reasoning"] == "Oslo is cold."
    assert message["reasoning_details"] == [
        {
            "type": "reasoning.text",
            "text": "Oslo is cold.",
            "signature": "EqQBCkgIARAB+/==",
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
    assert calls[0]["id"] == "tooluse_01"
    assert "".join(call["function"]["arguments"] for call in calls) == '{"city":"Oslo"}'
    assert set(streamed.finish_reasons) == {"tool_calls"}
    assert streamed.usage["completion_tokens"] == 5
    request = world.provider.requests[0]
    assert request.path.endswith("/converse-stream")
    assert request.headers["accept"] == "application/vnd.amazon.eventstream"
    assert request.json["additionalModelRequestFields"] == {"thinking": {"type": "enabled", "budget_tokens": 2000}}
    tool = {"toolSpec": {"name": "get_temp", "inputSchema": {"json": {"type": "object"}}}}
    assert request.json["toolConfig"] == {"tools": [tool]}


async def test_signed_thinking_goes_back_byte_for_byte_in_the_next_turn(world: World) -> None:
    redacted = {"reasoningContent": {"redactedContent": "RXVRRkNrZ0l+/=="}}
    world.provider.then(answer(THINKING, redacted, CALL, stop="tool_use")).then(answer(TEXT))
    members: dict[str, Any] = {"tools": TOOLS, "reasoning": {"max_tokens": 2000}, "max_tokens": 4000}
    first = await world.instance.chat(MODEL, **members)
    history = [
        {"role": "user", "content": "How cold is Oslo?"},
        first["choices"][0]["message"],
        {"role": "tool", "tool_call_id": "tooluse_01", "content": "7"},
    ]
    await world.instance.chat(MODEL, messages=history, **members)
    turns: Any = world.sent["messages"]
    assert turns[1]["content"] == [THINKING, redacted, CALL]
    result = {"toolUseId": "tooluse_01", "content": [{"text": "7"}], "status": "success"}
    assert turns[2]["content"] == [{"toolResult": result}]
    assert world.sent["additionalModelRequestFields"] == {"thinking": {"type": "enabled", "budget_tokens": 2000}}


async def test_a_schema_is_native_where_the_model_knows_it_and_a_forced_call_elsewhere(world: World) -> None:
    world.provider.then(answer({"text": '{"city":"Oslo"}'}))
    await world.instance.chat(MODEL, response_format=FORMAT)
    schema = world.sent["outputConfig"]["textFormat"]["structure"]["jsonSchema"]
    assert (schema["name"], json.loads(schema["schema"])) == ("place", SCHEMA)
    call = {"toolUse": {"toolUseId": "t2", "name": "place", "input": {"city": "Oslo"}}}
    world.provider.then(answer(call, stop="tool_use")).then(stream(call, stop="tool_use"))
    whole = await world.instance.chat("acme/nova", response_format=FORMAT)
    assert world.sent["toolConfig"]["toolChoice"] == {"tool": {"name": "place"}}
    choice = whole["choices"][0]
    assert json.loads(choice["message"]["content"]) == {"city": "Oslo"}
    assert (choice["finish_reason"], choice["native_finish_reason"]) == ("stop", "tool_use")
    assert "tool_calls" not in choice["message"]
    streamed = await world.instance.stream("acme/nova", response_format=FORMAT)
    assert json.loads(streamed.text) == {"city": "Oslo"}
    assert set(streamed.finish_reasons) == {"stop"}


@pytest.mark.parametrize("stream_", [False, True])
@pytest.mark.parametrize(
    ("refused", "status", "error_type"),
    [
        (refusal(429, "ThrottlingException", "Too many requests"), 429, "rate_limit_exceeded"),
        (refusal(429, "ModelNotReadyException", "The model is not ready"), 503, "provider_overloaded"),
        (refusal(408, "ModelTimeoutException", "Too slow"), 504, "timeout"),
        (refusal(424, "ModelErrorException", "The model failed"), 502, "provider_unavailable"),
        (refusal(400, "ValidationException", "Input is too long for requested model."), 400, "context_length_exceeded"),
        (refusal(403, "ExpiredTokenException", "The token has expired"), 502, "provider_unavailable"),
    ],
)
async def test_refusals_are_told_in_our_words(
    world: World, stream_: bool, refused: Any, status: int, error_type: str
) -> None:
    world.provider.then(refused)
    response = await world.instance.post(MODEL, stream=stream_)
    assert response.status_code == status, response.text
    assert response.json()["error"]["metadata"]["error_type"] == error_type


async def test_an_exception_before_content_has_its_own_status(world: World) -> None:
    world.provider.then(exception_in_stream(kind="throttlingException", text="Too many tokens, please wait"))
    response = await world.instance.post(MODEL, stream=True)
    assert response.status_code == 429


async def test_an_exception_after_content_ends_the_stream_with_an_error(world: World) -> None:
    world.provider.then(exception_in_stream(TEXT, kind="modelStreamErrorException", text="secret trouble inside"))
    streamed = await world.instance.stream(MODEL)
    assert streamed.text == TEXT["text"]
    assert streamed.error is not None
    assert streamed.error["code"] == 502
    assert streamed.is_done
    record = await world.instance.generation(streamed.id)
    assert record["total_cost"] == 0


@pytest.mark.parametrize("ending", ["close", "reset"])
async def test_a_stream_that_breaks_off_is_no_whole_answer(world: World, ending: Any) -> None:
    world.provider.then(cut_stream(TEXT, frames_sent=2, ending=ending))
    streamed = await world.instance.stream(MODEL)
    assert streamed.text == "It "
    assert streamed.error is not None
    assert streamed.error["code"] == 502


async def test_an_image_arrives_as_bytes_and_an_address_of_the_vendors_storage_is_refused(world: World) -> None:
    world.provider.then(answer(TEXT))
    image = {"type": "image_url", "image_url": {"url": "data:image/png;base64,iVBORw0KGgo="}}
    await world.instance.chat(MODEL, messages=[{"role": "user", "content": [{"type": "text", "text": "Look:"}, image]}])
    content: Any = world.sent["messages"][0]["content"]
    assert content[1] == {"image": {"format": "png", "source": {"bytes": "iVBORw0KGgo="}}}
    stored = {"type": "image_url", "image_url": {"url": "s3://bucket/of/somebody.png"}}
    response = await world.instance.post(MODEL, messages=[{"role": "user", "content": [stored]}])
    assert response.status_code == 400
    assert len(world.provider.requests) == 1
