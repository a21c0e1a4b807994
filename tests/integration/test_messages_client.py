"""What a Messages client meets: headers, fallbacks, errors in their envelope, signs of life, whole sessions."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any

import pytest

from tests.fakes import anthropic_messages as claude
from tests.fakes.openai_chat import function_call
from tests.fakes.provider import FakeProvider
from tests.fakes.replies import body, break_after, sse, stall_before_head, stream
from tests.instance import KEY, MANAGEMENT_KEY, Instance, endpoint
from tests.ways.messages import assemble, events
from trunkline.settings import Routing, Server

HI: Any = [{"role": "user", "content": "Hi"}]


class World:
    def __init__(self, instance: Instance, claude: FakeProvider, chat: FakeProvider) -> None:
        self.instance, self.claude, self.chat = instance, claude, chat

    async def ask(self, model: str, headers: dict[str, str] | None = None, **members: Any) -> Any:
        asked = {"model": model, "max_tokens": 100, "messages": HI, **members}
        return await self.instance.client.post("/messages", params={"beta": "true"}, json=asked, headers=headers)


@pytest.fixture
async def world(tmp_path: Path) -> AsyncIterator[World]:
    async with AsyncExitStack() as stack:
        first, second = [await stack.enter_async_context(FakeProvider()) for _ in range(2)]
        entries = [
            endpoint(
                "acme/claude", first, "anthropic", protocol="anthropic-messages", upstream_model="claude-sonnet-4-5"
            ),
            endpoint(
                "acme/old", first, "anthropic", protocol="anthropic-messages", upstream_model="claude-3-5-haiku-latest"
            ),
            endpoint("acme/new", first, "anthropic", protocol="anthropic-messages", upstream_model="claude-opus-4-8"),
            endpoint("acme/chat", second),
        ]
        routing = Routing(stream_commit_seconds=0.05, heartbeat_seconds=0.05)
        instance = Instance(tmp_path, endpoints=entries, routing=routing, server=Server(request_limit_mb=1))
        await stack.enter_async_context(instance)
        yield World(instance, first, second)
        assert await instance.audit() == []


async def test_what_nobody_has_heard_of_travels_natively_and_the_gateways_own_does_not(world: World) -> None:
    world.claude.then(claude.answer(claude.TEXT, {"type": "later_block", "x": [1]}))
    unknown = {"type": "later_block", "payload": {"deep": [1, 2]}, "cache_control": {"type": "ephemeral", "ttl": "1h"}}
    response = await world.ask(
        "acme/claude",
        headers={"anthropic-beta": "later-2027-01-01", "x-anthropic-beta": "interleaved-thinking-2025-05-14"},
        messages=[{"role": "user", "content": [{"type": "text", "text": "Hi", "later": 1}, unknown]}],
        later_member={"a": 1},
        provider={"order": ["anthropic"]},
        user="u",
        session_id="s",
        trace={"trace_id": "t"},
        metadata={"user_id": "somebody"},
    )
    assert response.status_code == 200, response.text
    assert response.json()["content"][1] == {"type": "later_block", "x": [1]}
    sent: Any = world.claude.requests[0].json
    user_id = sent.pop("metadata")["user_id"]
    assert len(user_id) == 40
    assert sent == {
        "model": "claude-sonnet-4-5",
        "max_tokens": 100,
        "messages": [{"role": "user", "content": [{"type": "text", "text": "Hi", "later": 1}, unknown]}],
        "later_member": {"a": 1},
    }
    headers = world.claude.requests[0].headers
    assert headers["anthropic-beta"] == "interleaved-thinking-2025-05-14,later-2027-01-01"
    record = await world.instance.generation(response.json()["id"])
    assert (record["external_user"], record["session_id"]) == ("u", "s")


async def test_what_a_generation_of_claude_refuses_is_asked_in_its_own_way(world: World) -> None:
    members: dict[str, Any] = {
        "thinking": {"type": "enabled", "budget_tokens": 1024},
        "temperature": 0.5,
        "max_tokens": 3000,
        "output_config": {"effort": "xhigh"},
    }
    for model in ("acme/new", "acme/old"):
        world.claude.then(claude.answer(claude.TEXT))
        assert (await world.ask(model, **members)).status_code == 200
    new, old = [request.json for request in world.claude.requests]
    assert new["thinking"]["type"] == "adaptive"
    assert "temperature" not in new
    assert new["output_config"] == {"effort": "xhigh"}
    assert "thinking" not in old
    assert "output_config" not in old
    assert old["temperature"] == 0.5


async def test_fallbacks_are_tried_in_order(world: World) -> None:
    world.claude.then(status=529)
    response = await world.ask("acme/claude", fallbacks=[{"model": "acme/chat"}])
    assert (response.status_code, response.json()["model"]) == (200, "acme/chat")


@pytest.mark.parametrize(
    "members",
    [
        {"fallbacks": [{"model": "acme/chat"}], "models": ["acme/chat"]},
        {"fallbacks": [{"model": "acme/chat", "max_tokens": 1}]},
        {"fallbacks": [{"model": f"acme/{number}"} for number in range(4)]},
        {"messages": []},
        {"messages": [{"role": "user", "content": [{"type": "tool_result", "tool_use_id": "x", "content": "y"}]}]},
        {"messages": [{"role": "tool", "content": "x"}]},
        {"tools": [{"name": "a", "input_schema": {}}, {"name": "a", "input_schema": {}}]},
        {"tool_choice": {"type": "tool", "name": "a"}},
        {"max_tokens": 0},
        {"thinking": {"type": "sometimes"}},
        {"system": 5},
        {"messages": [{"role": "user", "content": [{"type": "text"}]}]},
    ],
)
async def test_a_bad_request_is_told_with_its_field(world: World, members: dict[str, Any]) -> None:
    response = await world.ask("acme/claude", **members)
    told = response.json()
    assert (response.status_code, told["error"]["type"]) == (400, "invalid_request_error"), response.text
    assert told["metadata"]["field"]
    assert told["request_id"] is None
    assert world.claude.requests == []


async def test_every_error_below_messages_is_in_its_envelope(world: World) -> None:
    client, origin = world.instance.client, world.instance.origin
    big = {"model": "acme/chat", "messages": [{"role": "user", "content": "x" * 2_000_000}]}
    answers = [
        (401, "authentication_error", await world.instance.connect(None).post("/messages", json={})),
        (403, "permission_error", await world.instance.connect(MANAGEMENT_KEY).post("/messages", json={})),
        (404, "not_found_error", await client.get("/messages/batches")),
        (404, "not_found_error", await client.post(f"{origin}/v1/messages/nothing", json={})),
        (405, "invalid_request_error", await client.get("/messages")),
        (413, "invalid_request_error", await client.post("/messages", json=big)),
        (400, "invalid_request_error", await client.post("/messages", content=b"{")),
    ]
    for status, kind, response in answers:
        assert response.status_code == status, response.text
        told = response.json()
        assert (told["type"], told["error"]["type"], told["request_id"]) == ("error", kind, None)
        assert response.headers["content-type"] == "application/json"
    assert (await client.get("/messagesque")).json()["error"]["code"] == 404


async def test_a_provider_that_is_busy_is_told_so_with_its_hint(world: World) -> None:
    world.chat.then(status=429, retry_after=7)
    response = await world.ask("acme/chat")
    told = response.json()
    assert (response.status_code, told["error"]["type"]) == (429, "rate_limit_error")
    assert response.headers["retry-after"] == "7"
    assert told["error"]["availability"]["code"] == "capacity_exhausted"
    assert told["request_id"] == response.headers["x-generation-id"]


@pytest.mark.parametrize("credential", [{"x-api-key": KEY}, {"authorization": f"Bearer {KEY}"}])
async def test_either_credential_opens_both_roots(world: World, credential: dict[str, str]) -> None:
    nobody = world.instance.connect(None)
    for root in ("/api/v1", "/v1"):
        asked = {"model": "acme/chat", "messages": HI}
        response = await nobody.post(f"{world.instance.origin}{root}/messages", json=asked, headers=credential)
        assert response.status_code == 200


async def test_silence_is_filled_with_pings_and_a_late_error_ends_the_stream(world: World) -> None:
    until = asyncio.Event()
    world.chat.then(stall_before_head(until, body({"error": {"message": "no"}}, status=503)))
    asking = asyncio.ensure_future(world.ask("acme/chat", stream=True))
    await asyncio.sleep(0.3)
    until.set()
    response = await asking
    told = events(response.text)
    assert {event["type"] for event in told[:-1]} == {"ping"}
    assert told[-1]["error"]["type"] == "overloaded_error"


async def test_a_stream_that_breaks_ends_with_an_error_and_costs_nothing(world: World) -> None:
    world.chat.then(break_after(2))
    response = await world.ask("acme/chat", stream=True, headers={"x-openrouter-metadata": "enabled"})
    told = events(response.text)
    assert told[-1]["error"]["type"] == "api_error"
    assert told[-1]["openrouter_metadata"]["requested"] == "acme/chat"
    assert assemble(told)["content"][0]["text"]
    assert (await world.instance.generation(response.headers["x-generation-id"]))["total_cost"] == 0


async def test_router_metadata_comes_with_the_last_event_and_in_the_body(world: World) -> None:
    opted = {"x-openrouter-metadata": "enabled"}
    told = events((await world.ask("acme/chat", stream=True, headers=opted)).text)
    whole = (await world.ask("acme/chat", headers=opted)).json()
    assert told[-1]["openrouter_metadata"]["requested"] == whole["openrouter_metadata"]["requested"] == "acme/chat"


async def test_tools_of_a_server_run_at_claude_only(world: World) -> None:
    tools = [{"type": "web_search_20250305", "name": "web_search", "max_uses": 3}]
    world.claude.then(claude.answer(claude.TEXT))
    assert (await world.ask("acme/claude", tools=tools)).status_code == 200
    assert world.claude.requests[0].json["tools"] == tools
    refused = await world.ask("acme/chat", tools=tools)
    assert refused.status_code == 400
    assert "web_search_20250305" in refused.json()["error"]["message"]


CODE_HEADERS = {
    "anthropic-beta": "claude-code-20250219,interleaved-thinking-2025-05-14,fine-grained-tool-streaming-2025-05-14",
    "anthropic-version": "2023-06-01",
    "anthropic-dangerous-direct-browser-access": "true",
    "user-agent": "claude-cli/2.1.0 (external, cli)",
    "x-app": "cli",
    "x-stainless-lang": "js",
}
MARK = {"cache_control": {"type": "ephemeral"}}
CODE: dict[str, Any] = {
    "system": [
        {"type": "text", "text": "You are Claude Code.", **MARK},
        {"type": "text", "text": "Work in /work.", **MARK},
    ],
    "tools": [
        {"name": name, "description": name, "input_schema": {"type": "object", "properties": {}}, **mark}
        for name, mark in (("Read", {}), ("Edit", MARK))
    ],
    "thinking": {"type": "enabled", "budget_tokens": 2000},
    "max_tokens": 8000,
    "metadata": {"user_id": "user_1_account__session_1"},
    "stream": True,
    "temperature": 1,
}


@pytest.mark.parametrize("model", ["acme/claude", "acme/chat"])
async def test_a_coding_agent_works_three_turns(world: World, model: str) -> None:
    """System blocks with markers, tools, thinking, results: everything comes back and goes out again."""
    for number in range(2):
        call = claude.CALL | {"id": f"toolu_{number}", "name": "Read"}
        world.claude.then(claude.stream(claude.THINKING, call, stop="tool_use"))
        called = {"index": 0, **function_call("Read", '{"city":"Oslo"}', id=f"toolu_{number}")}
        world.chat.then(stream([{"reasoning_content": "Oslo is cold."}, {"tool_calls": [called]}], finish="tool_calls"))
    world.claude.then(claude.stream(claude.TEXT))
    world.chat.then(stream(["It is 7 °C."]))
    messages: list[Any] = [{"role": "user", "content": [{"type": "text", "text": "How cold?", **MARK}]}]
    for turn in range(3):
        response = await world.ask(model, headers=CODE_HEADERS, **{**CODE, "messages": messages})
        assert response.status_code == 200, response.text
        message = assemble(events(response.text))
        messages.append({"role": "assistant", "content": message["content"]})
        if turn < 2:
            thinking, call = message["content"]
            assert (thinking["thinking"], call["input"]) == ("Oslo is cold.", {"city": "Oslo"})
            result = {"type": "tool_result", "tool_use_id": call["id"], "content": "7 °C", **MARK}
            messages.append({"role": "user", "content": [result]})
    assert message["stop_reason"] == "end_turn"
    assert message["content"][0]["text"] == "It is 7 °C."
    provider = world.claude if model == "acme/claude" else world.chat
    sent: Any = provider.requests[-1].json
    if model == "acme/claude":
        assert sent["messages"][1]["content"][0] == claude.THINKING
        assert sent["system"] == CODE["system"]
        assert sent["tools"] == CODE["tools"]
    else:
        assert [one["role"] for one in sent["messages"]][-2:] == ["assistant", "tool"]
        assert "trunkline.1." not in json.dumps(sent)


@pytest.mark.parametrize("path", ["/messages", "/chat/completions", "/responses"])
async def test_output_of_a_stream_that_its_client_left_is_charged(world: World, path: str) -> None:
    """Claude tells the length of the prompt at the start, and that of the output at an end that never comes."""
    told = claude.events([{"type": "text", "text": "word" * 4_000}], used=claude.usage(100, 4_000))
    world.claude.then(sse([claude.event(event) for event in told[:5]], ending="hang"))
    record = await leave(world, path, until=b"wordword")
    assert (record["native_tokens_prompt"], record["native_tokens_completion"]) == (100, 4_000)
    assert record["total_cost"] == pytest.approx(0.000_100 + 0.008)


@pytest.mark.parametrize("path", ["/messages", "/chat/completions", "/responses"])
async def test_stream_that_its_client_left_before_any_token_costs_nothing(world: World, path: str) -> None:
    told = claude.events([claude.TEXT], used=claude.usage(100, 5))
    world.claude.then(sse([claude.event(event) for event in told[:3]], ending="hang"))
    record = await leave(world, path, until=b"\n")
    assert (record["native_tokens_completion"], record["total_cost"]) == (0, 0)


async def leave(world: World, path: str, *, until: bytes) -> dict[str, Any]:
    """Leave a stream when this has come; what is recorded of it."""
    asked = {"model": "acme/claude", "max_tokens": 8_000, "stream": True}
    asked["input" if path == "/responses" else "messages"] = HI
    async with world.instance.client.stream("POST", path, json=asked) as response:
        came = b""
        async for data in response.aiter_raw():
            came += data
            if until in came:
                break
    async with asyncio.timeout(5):
        await world.claude.client_closed(len(world.claude.requests) - 1)
        while True:  # the record is there once the answer is settled
            found = await world.instance.client.get("/generation", params={"id": response.headers["x-generation-id"]})
            if found.status_code == 200 and found.json()["data"]["cancelled"]:
                return found.json()["data"]
            await asyncio.sleep(0.01)
