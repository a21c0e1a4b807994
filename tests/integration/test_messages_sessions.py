"""Sessions of a coding agent over Messages, at one provider and at another one in each turn, all as strict as the real
ones: blocks go back as they came, and every provider gets its own signatures, to the letter."""

import json
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.strict.gemini import StrictGemini
from tests.strict.upstream import Json, Move
from tests.strict.world import MOVES, World, open_world
from tests.ways.messages import assemble, events

MARK = {"cache_control": {"type": "ephemeral"}}
ASKED: Json = {
    "system": [
        {"type": "text", "text": "You are a coding agent. " * 800, **MARK},
        {"type": "text", "text": "Be short."},
    ],
    "tools": [{"name": "add", "description": "Adds.", "input_schema": {"type": "object", "properties": {}}, **MARK}],
    "thinking": {"type": "enabled", "budget_tokens": 4000},
    "max_tokens": 8000,
    "metadata": {"user_id": "user_1_account__session_1"},
}
HEADERS = {
    "anthropic-beta": "claude-code-20250219,interleaved-thinking-2025-05-14",
    "anthropic-version": "2023-06-01",
    "user-agent": "claude-cli/2.1.0 (external, cli)",
}
THREE_TURNS = (Move(1, calls=2), Move(2, "And once more.", calls=1), Move(3, "That is all."))


@pytest.fixture
async def world(tmp_path: Path) -> AsyncIterator[World]:
    async with open_world(tmp_path) as made:
        yield made


async def take_turn(world: World, ordinal: int, move: Move, messages: list[Json], *, stream: bool) -> None:
    """One answer of an upstream, checked, and what the client says to it."""
    upstream = world.upstreams[ordinal % len(world.upstreams)]
    upstream.answer_next(move, stream=stream)
    asked = {**ASKED, "model": f"acme/{upstream.model}", "messages": messages, "stream": stream}
    response = await world.instance.client.post("/messages?beta=true", json=asked, headers=HEADERS)
    assert response.status_code == 200, (upstream.slug, upstream.provider.complaints, response.text)
    message = assemble(events(response.text)) if stream else response.json()
    content = message["content"]
    assert "".join(block["text"] for block in content if block["type"] == "text") == (move.text or "")
    calls = [block for block in content if block["type"] == "tool_use"]
    assert [call["input"] for call in calls] == [move.arguments(number) for number in range(move.calls)]
    assert message["stop_reason"] == ("tool_use" if calls else "end_turn")
    results = [
        {"type": "tool_result", "tool_use_id": call["id"], "content": json.dumps(sum(call["input"].values()))}
        for call in calls
    ]
    answer = results or [{"type": "text", "text": f"And question {move.number}?"}]
    answer[-1] |= MARK
    messages += [{"role": "assistant", "content": content}, {"role": "user", "content": answer}]


def opening() -> list[Json]:
    return [{"role": "user", "content": [{"type": "text", "text": "What is 2 + 3?", **MARK}]}]


@pytest.mark.parametrize("stream", [False, True], ids=["whole", "streamed"])
@pytest.mark.parametrize("ordinal", range(9))
async def test_an_agent_works_three_turns_at_any_provider(world: World, ordinal: int, stream: bool) -> None:
    messages = opening()
    for move in THREE_TURNS:
        await take_turn(world, ordinal, move, messages, stream=stream)
    assert world.upstreams[ordinal].provider.complaints == []


@pytest.mark.parametrize("stream", [False, True], ids=["whole", "streamed"])
@pytest.mark.parametrize("first", range(9))
async def test_an_agent_may_change_provider_at_each_turn(world: World, first: int, stream: bool) -> None:
    messages = opening()
    for turn, move in enumerate(MOVES):
        await take_turn(world, first + turn, move, messages, stream=stream)
    assert [upstream.provider.complaints for upstream in world.upstreams] == [[] for _ in world.upstreams]
    for upstream in world.upstreams:
        if isinstance(upstream, StrictGemini):
            cached = [content for created in upstream.caches.created for content in created.get("contents", [])]
            assert any("thoughtSignature" in part for content in cached for part in content["parts"])
            assert sum("cachedContent" in request.json for request in upstream.provider.requests) >= 2
