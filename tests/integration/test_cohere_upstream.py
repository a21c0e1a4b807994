"""A chat client in front of an upstream that speaks Cohere's chat."""

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any

import pytest

from tests.fakes.cohere_v2 import (
    CALL,
    CITATION,
    TEXT,
    THINKING,
    answer,
    cut_stream,
    events,
    message,
    refusal,
    stream,
    usage,
)
from tests.fakes.provider import FakeProvider
from tests.instance import Instance, endpoint

MODEL = "acme/command"
TOOLS = [{"type": "function", "function": {"name": "get_temp", "parameters": {"type": "object"}}}]
SCHEMA = {"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]}


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
        entry = endpoint(MODEL, provider, "cohere", protocol="cohere-v2", upstream_model="command-a-03-2025")
        instance = await stack.enter_async_context(Instance(tmp_path, endpoints=[entry]))
        yield World(instance, provider)
        assert await instance.audit() == []


async def test_a_whole_answer_arrives_with_the_price_of_the_billed_units(world: World) -> None:
    world.provider.then(answer(message(TEXT, citations=[CITATION], used=usage(10, 5))))
    got = await world.instance.chat(
        MODEL, "How cold is Oslo?", max_tokens=50, top_p=0.9, top_k=40, stop="END", safety_mode="STRICT"
    )
    choice = got["choices"][0]
    assert choice["message"]["content"] == TEXT["text"]
    assert (choice["finish_reason"], choice["native_finish_reason"]) == ("stop", "COMPLETE")
    cited = choice["message"]["annotations"][0]["url_citation"]
    assert (cited["url"], cited["title"]) == ("https://yr.test/oslo", "Yr")
    assert TEXT["text"][cited["start_index"] : cited["end_index"]] == CITATION["text"]
    assert (got["usage"]["prompt_tokens"], got["usage"]["completion_tokens"]) == (10, 5)
    assert got["usage"]["prompt_tokens_details"]["cached_tokens"] == 0
    assert got["usage"]["cost"] == pytest.approx(10e-6 + 10e-6)
    request = world.provider.requests[0]
    assert request.path == "/v1/chat"
    assert request.headers["authorization"] == "Bearer upstream-secret"
    assert world.sent == {
        "model": "command-a-03-2025",
        "messages": [{"role": "user", "content": "How cold is Oslo?"}],
        "max_tokens": 50,
        "p": 0.9,
        "k": 40,
        "stop_sequences": ["END"],
        "safety_mode": "STRICT",
    }


async def test_a_stream_of_thinking_text_and_citations_reads_like_the_whole_answer(world: World) -> None:
    told = {"content_index": 1, **{name: CITATION[name] for name in ("start", "end", "text", "sources", "type")}}
    used = usage(10, 9, reasoning_tokens=4)
    world.provider.then(stream(events(THINKING, TEXT, citations=[told], used=used)))
    world.provider.then(answer(message(THINKING, TEXT, citations=[told], used=used)))
    reasoning = {"max_tokens": 2000}
    streamed = await world.instance.stream(MODEL, reasoning=reasoning)
    whole = await world.instance.chat(MODEL, reasoning=reasoning)
    said = whole["choices"][0]["message"]
    deltas = [chunk["choices"][0]["delta"] for chunk in streamed.chunks]
    assert streamed.is_done
    assert streamed.text == said["content"] == TEXT["text"]
    assert "".join(delta.get("reasoning") or "" for delta in deltas) == said["reasoning"] == THINKING["thinking"]
    assert [one for delta in deltas for one in delta.get("annotations", ())] == said["annotations"]
    assert streamed.usage["completion_tokens_details"]["reasoning_tokens"] == 4
    assert streamed.usage["cost"] == whole["usage"]["cost"]
    assert world.provider.requests[0].json["thinking"] == {"type": "enabled", "token_budget": 2000}


async def test_a_plan_and_its_calls_go_back_as_they_came(world: World) -> None:
    plan = "I will look at Oslo."
    second: Any = {**CALL, "id": "get_temp_02"}
    world.provider.then(stream(events(plan=plan, calls=[CALL, second], finish="TOOL_CALL")))
    world.provider.then(answer(message(plan=plan, calls=[CALL, second], finish="TOOL_CALL")))
    world.provider.then(answer(message(TEXT)))
    streamed = await world.instance.stream(MODEL, tools=TOOLS, tool_choice="required")
    assert set(streamed.finish_reasons) == {"tool_calls"}
    deltas = [chunk["choices"][0]["delta"] for chunk in streamed.chunks]
    fragments = [call for delta in deltas for call in delta.get("tool_calls", ())]
    for index, identifier in enumerate(("get_temp_01", "get_temp_02")):
        mine = [one for one in fragments if one["index"] == index]
        assert mine[0]["id"] == identifier
        assert "".join(one["function"]["arguments"] for one in mine) == '{"city":"Oslo"}'
    assert world.sent["tool_choice"] == "REQUIRED"
    first = await world.instance.chat(MODEL, tools=TOOLS)
    turn = first["choices"][0]["message"]
    assert turn["reasoning"] == plan
    results = [
        {"role": "tool", "tool_call_id": "get_temp_01", "content": "7"},
        {"role": "tool", "tool_call_id": "get_temp_02", "content": [{"type": "text", "text": "8"}]},
    ]
    await world.instance.chat(MODEL, messages=[{"role": "user", "content": "Oslo?"}, turn, *results], tools=TOOLS)
    assert world.sent["messages"][1:] == [
        {"role": "assistant", "tool_plan": plan, "tool_calls": [CALL, second]},
        {"role": "tool", "tool_call_id": "get_temp_01", "content": "7"},
        {
            "role": "tool",
            "tool_call_id": "get_temp_02",
            "content": [{"type": "document", "document": {"data": {"content": "8"}}}],
        },
    ]


async def test_a_schema_goes_out_in_json_mode(world: World) -> None:
    world.provider.then(answer(message({"type": "text", "text": '{"city":"Oslo"}'})))
    asked = {"type": "json_schema", "json_schema": {"name": "place", "schema": SCHEMA}}
    await world.instance.chat(MODEL, response_format=asked)
    assert world.sent["response_format"] == {"type": "json_object", "json_schema": SCHEMA}


@pytest.mark.parametrize(
    ("status", "kind", "text", "error_type", "told"),
    [
        (400, "TOO_MANY_TOKENS", "too many tokens: size limit exceeded", "context_length_exceeded", 400),
        (400, None, "invalid request: messages must not be empty", "invalid_request", 400),
        (401, None, "invalid api token", "provider_unavailable", 502),
        (429, None, "You are using a Trial key, which is limited", "rate_limit_exceeded", 429),
        (503, None, "service unavailable", "provider_overloaded", 503),
    ],
)
@pytest.mark.parametrize("stream_", [False, True])
async def test_a_refusal_is_classified(
    world: World, status: int, kind: str | None, text: str, error_type: str, told: int, stream_: bool
) -> None:
    world.provider.then(refusal(status, text, kind))
    response = await world.instance.post(MODEL, stream=stream_)
    assert response.status_code == told
    assert response.json()["error"]["metadata"]["error_type"] == error_type


@pytest.mark.parametrize(("finish", "told"), [("ERROR", 502), ("TIMEOUT", 504)])
async def test_an_answer_that_failed_before_content_is_an_error(world: World, finish: str, told: int) -> None:
    world.provider.then(stream(events(finish=finish, error="no", used={}))).then(answer(message(finish=finish)))
    assert (await world.instance.post(MODEL, stream=True)).status_code == told
    assert (await world.instance.post(MODEL)).status_code == told


async def test_an_answer_that_failed_after_content_ends_the_stream_with_an_error_and_costs_nothing(
    world: World,
) -> None:
    failed = events(TEXT, finish="ERROR", error="invalid tool generation", error_type="INVALID_TOOL_GENERATION")
    world.provider.then(stream(failed))
    streamed = await world.instance.stream(MODEL)
    assert streamed.text == TEXT["text"]
    assert streamed.error is not None
    assert streamed.error["code"] == 502
    assert streamed.is_done
    record = await world.instance.generation(streamed.id)
    assert record["total_cost"] == 0


@pytest.mark.parametrize("ending", ["close", "reset"])
async def test_a_stream_that_breaks_off_is_no_whole_answer(world: World, ending: Any) -> None:
    world.provider.then(cut_stream(events(TEXT)[:3], ending=ending))
    streamed = await world.instance.stream(MODEL)
    assert streamed.text == "It "
    assert streamed.error is not None
    assert streamed.error["code"] == 502


async def test_a_connection_serves_the_next_request_after_a_stream(world: World) -> None:
    for _ in range(3):
        world.provider.then(stream(events(TEXT)))
        await world.instance.stream(MODEL)
    assert world.provider.connections == 1
