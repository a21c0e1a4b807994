"""OpenRouter's own Python SDK and its Responses API, unmodified. It validates every answer and every event."""

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from openrouter import OpenRouter, errors

from tests.e2e.clients.responses_front import CALL, MODEL, SPEAKERS, WORDS, Front, open_front
from tests.instance import KEY

WEATHER: Any = {
    "type": "function",
    "name": "get_weather",
    "parameters": {"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]},
}


@pytest.fixture(params=SPEAKERS)
async def front(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Front]:
    async with open_front(tmp_path, request.param) as opened:
        yield opened


@pytest.fixture
async def client(front: Front) -> AsyncIterator[OpenRouter]:
    async with OpenRouter(api_key=KEY, server_url=front.instance.base_url, retry_config=None) as client:
        yield client


async def test_whole_answer_is_valid(front: Front, client: OpenRouter) -> None:
    front.will_say(WORDS)
    said = await client.responses.send_async(model=MODEL, input="Oslo?", tools=[WEATHER])
    assert said.status == "completed"
    message = next(item for item in said.output if item.type == "message")
    assert message.content[0].text == "It is cold."
    assert said.usage is not None
    assert said.usage.cost == 0.000026


async def test_calls_and_reasoning_go_back_as_they_came(front: Front, client: OpenRouter) -> None:
    front.will_say(CALL)
    front.will_say(WORDS)
    items: list[Any] = [{"role": "user", "content": "Oslo?"}]
    said = await client.responses.send_async(model=MODEL, input=items, tools=[WEATHER])
    items += [item.model_dump(by_alias=True, exclude_unset=True) for item in said.output]
    call = next(item for item in said.output if item.type == "function_call")
    items.append({"type": "function_call_output", "call_id": call.call_id, "output": "-3"})
    said = await client.responses.send_async(model=MODEL, input=items, tools=[WEATHER])
    assert said.status == "completed"


async def test_every_event_is_valid(front: Front, client: OpenRouter) -> None:
    front.will_say(CALL, stream=True)
    stream = await client.responses.send_async(model=MODEL, input="Oslo?", tools=[WEATHER], stream=True)
    events = [event async for event in stream]
    types = [event.type for event in events]
    assert (types[0], types[-1]) == ("response.created", "response.completed")
    assert "UNKNOWN" not in types
    assert [event.sequence_number for event in events] == list(range(len(events)))


async def test_a_broken_stream_is_valid_too(front: Front, client: OpenRouter) -> None:
    front.provider.then(front.speaker.cut(WORDS))
    stream = await client.responses.send_async(model=MODEL, input="Oslo?", stream=True)
    events = [event async for event in stream]
    assert events[-1].type == "response.failed"
    assert events[-1].response.error.code == "server_error"


async def test_a_refusal_raises_by_its_status(front: Front, client: OpenRouter) -> None:
    front.provider.then(front.speaker.refusal(429, "slow down"))
    with pytest.raises(errors.TooManyRequestsResponseError):
        await client.responses.send_async(model=MODEL, input="Hi")
