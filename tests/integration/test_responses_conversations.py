"""Conversations of Responses clients, which send every output item back as they got it."""

import json
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from pathlib import Path

import pytest

from tests.instance import Instance, endpoint
from tests.strict.anthropic_messages import StrictMessages
from tests.strict.gemini import StrictGemini
from tests.strict.openai_responses import StrictResponses
from tests.strict.upstream import Json, Move, StrictUpstream
from tests.strict.world import MOVES, World, open_world
from tests.ways.responses import read_events

TOOLS = [{"type": "function", "name": "add", "parameters": {"type": "object", "properties": {}}}]


@pytest.fixture
async def world(tmp_path: Path) -> AsyncIterator[World]:
    async with open_world(tmp_path) as made:
        yield made


async def ask(instance: Instance, model: str, items: list[Json], *, stream: bool) -> list[Json]:
    """The items of the answer."""
    asked = {"model": model, "input": items, "tools": TOOLS, "reasoning": {"effort": "medium"}, "store": False}
    response = await instance.client.post("/responses", json=asked | {"max_output_tokens": 8000, "stream": stream})
    assert response.status_code == 200, response.text
    whole = read_events(response.text).response if stream else response.json()
    assert whole["status"] == "completed"
    return whole["output"]


def results_of(output: list[Json]) -> list[Json]:
    calls = [item for item in output if item["type"] == "function_call"]
    return [{"type": "function_call_output", "call_id": call["call_id"], "output": _sum(call)} for call in calls]


def _sum(call: Json) -> str:
    return json.dumps(sum(json.loads(call["arguments"]).values()))


def check(output: list[Json], move: Move) -> None:
    said = [part["text"] for item in output if item["type"] == "message" for part in item["content"]]
    assert ("".join(said) or None) == move.text
    calls = [json.loads(item["arguments"]) for item in output if item["type"] == "function_call"]
    assert calls == [move.arguments(ordinal) for ordinal in range(move.calls)]


@pytest.mark.parametrize("stream", [False, True], ids=["whole", "streamed"])
@pytest.mark.parametrize("first", range(0, 9, 2))
async def test_a_conversation_that_changes_provider_at_each_turn_is_never_refused(
    world: World, first: int, stream: bool
) -> None:
    items: list[Json] = [{"role": "system", "content": "Be short."}, {"role": "user", "content": "What is 2 + 3?"}]
    for turn, move in enumerate(MOVES):
        upstream = world.upstreams[(first + turn) % len(world.upstreams)]
        upstream.answer_next(move, stream=stream)
        output = await ask(world.instance, f"acme/{upstream.model}", items, stream=stream)
        check(output, move)
        items += [*output, *(results_of(output) or [{"role": "user", "content": f"And question {turn}?"}])]


LOOP = (Move(1, calls=1), Move(2, "Once more.", calls=2), Move(3, calls=1), Move(4, "Done."))
STRICT = {
    "openai": lambda: StrictResponses("openai", "gpt-5.2"),
    "anthropic": lambda: StrictMessages([]),
    "gemini": lambda: StrictGemini({}),
}


def without_ids(items: list[Json]) -> list[Json]:
    """As Codex keeps them."""
    return [{name: value for name, value in item.items() if name not in ("id", "status")} for item in items]


@pytest.mark.parametrize("stream", [False, True], ids=["whole", "streamed"])
@pytest.mark.parametrize("name", STRICT)
async def test_a_loop_of_an_agent_that_keeps_no_ids_goes_through(tmp_path: Path, name: str, stream: bool) -> None:
    upstream: StrictUpstream = STRICT[name]()
    async with AsyncExitStack() as stack:
        await stack.enter_async_context(upstream.provider)
        entry = endpoint("acme/agent", upstream.provider, upstream.slug, protocol=upstream.protocol)
        entry["upstream_model"] = upstream.model
        instance = await stack.enter_async_context(Instance(tmp_path, endpoints=[entry]))
        items: list[Json] = [{"role": "developer", "content": "Be an agent."}, {"role": "user", "content": "Add."}]
        for move in LOOP:
            upstream.answer_next(move, stream=stream)
            output = await ask(instance, "acme/agent", items, stream=stream)
            check(output, move)
            items += [*without_ids(output), *results_of(output)]
        assert upstream.provider.complaints == []
