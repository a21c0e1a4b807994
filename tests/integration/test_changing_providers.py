"""One conversation with tools and reasoning, every turn at another provider, each as strict as the real one.

The client is a plain chat client: it sends back each assistant message as it got it.
"""

import json
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from tests.instance import Instance, Streamed
from tests.strict.anthropic_messages import StrictMessages
from tests.strict.bedrock_converse import StrictConverse
from tests.strict.upstream import Json
from tests.strict.world import MOVES, World, open_world

TOOLS = [{"type": "function", "function": {"name": "add", "parameters": {"type": "object", "properties": {}}}}]


@pytest.fixture
async def world(tmp_path: Path) -> AsyncIterator[World]:
    async with open_world(tmp_path) as made:
        yield made


async def ask(instance: Instance, model: str, messages: list[Json], *, stream: bool) -> Json:
    """The assistant's message as a client has it."""
    asked = {"model": model, "messages": messages, "tools": TOOLS, "reasoning": {"effort": "medium"}}
    response = await instance.client.post("/chat/completions", json=asked | {"max_tokens": 8000, "stream": stream})
    assert response.status_code == 200, response.text
    if not stream:
        return response.json()["choices"][0]["message"]
    streamed = Streamed(response)
    assert streamed.error is None
    return folded(streamed)


def folded(streamed: Streamed) -> Json:
    """As official clients put a stream together (inference.md 7.4)."""
    message: Json = {"role": "assistant", "content": ""}
    details: dict[tuple[int, str], Json] = {}
    calls: dict[int, Json] = {}
    for delta in (choice["delta"] for chunk in streamed.chunks for choice in chunk["choices"]):
        message["content"] += delta.get("content") or ""
        if delta.get("reasoning"):
            message["reasoning"] = message.get("reasoning", "") + delta["reasoning"]
        for detail in delta.get("reasoning_details") or ():
            _grow(details.setdefault((detail["index"], detail["type"]), {}), detail, ("text", "summary", "data"))
        for call in delta.get("tool_calls") or ():
            known = calls.setdefault(call["index"], {"function": {"name": call["function"].get("name")}})
            _grow(known, {name: value for name, value in call.items() if name not in ("function", "index")}, ())
            _grow(known["function"], {"arguments": call["function"].get("arguments")}, ("arguments",))
    if details:
        message["reasoning_details"] = list(details.values())
    if calls:
        message["tool_calls"] = list(calls.values())
    return message


def _grow(known: Json, more: Json, growing: tuple[str, ...]) -> None:
    for name, value in more.items():
        if value is not None:
            known[name] = known.get(name, "") + value if name in growing else value


def results_of(message: Json) -> list[Json]:
    return [
        {"role": "tool", "tool_call_id": call["id"], "content": json.dumps(sum(_arguments(call).values()))}
        for call in message.get("tool_calls") or []
    ]


def _arguments(call: Json) -> dict[str, Any]:
    return json.loads(call["function"]["arguments"])


@pytest.mark.parametrize("stream", [False, True], ids=["whole", "streamed"])
@pytest.mark.parametrize("first", range(9))
async def test_a_conversation_that_changes_provider_at_each_turn_is_never_refused(
    world: World, first: int, stream: bool
) -> None:
    messages: list[Json] = [{"role": "system", "content": "Be short."}, {"role": "user", "content": "What is 2 + 3?"}]
    for turn, move in enumerate(MOVES):
        upstream = world.upstreams[(first + turn) % len(world.upstreams)]
        upstream.answer_next(move, stream=stream)
        said = await ask(world.instance, f"acme/{upstream.model}", messages, stream=stream)
        assert (said["content"] or None) == move.text
        calls = said.get("tool_calls") or []
        assert [_arguments(call) for call in calls] == [move.arguments(ordinal) for ordinal in range(move.calls)]
        messages += [said, *(results_of(said) or [{"role": "user", "content": f"And question {turn}?"}])]
    for upstream in world.upstreams:
        assert upstream.provider.complaints == []
        assert len(upstream.provider.requests) >= 2
        if isinstance(upstream, StrictMessages | StrictConverse):
            # Off in loops that others opened without it, on in its own.
            assert upstream.thinking_requests > 0
