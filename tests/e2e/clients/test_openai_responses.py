"""The `openai` Python SDK's Responses API, unmodified, in front of providers of four formats."""

import json
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import openai
import pytest
from openai import AsyncOpenAI
from openai.types.responses import FunctionToolParam
from pydantic import BaseModel

from tests.e2e.clients.responses_front import CALL, MODEL, SPEAKERS, WORDS, Front, open_front
from tests.instance import KEY
from tests.speakers import Saying

WEATHER: FunctionToolParam = {
    "type": "function",
    "name": "get_weather",
    "parameters": {"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]},
    "strict": False,
}


class Person(BaseModel):
    name: str
    age: int


@pytest.fixture(params=SPEAKERS)
async def front(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Front]:
    async with open_front(tmp_path, request.param) as opened:
        yield opened


@pytest.fixture
async def client(front: Front) -> AsyncIterator[AsyncOpenAI]:
    async with AsyncOpenAI(base_url=front.instance.base_url, api_key=KEY, max_retries=0) as client:
        yield client


async def test_create_gives_text_reasoning_usage_and_cost(front: Front, client: AsyncOpenAI) -> None:
    front.will_say(WORDS)
    said = await client.responses.create(model=MODEL, input="Oslo?", instructions="Be short.", store=False)
    assert (said.id[:4], said.model, said.status, said.output_text) == ("gen-", MODEL, "completed", "It is cold.")
    thought = next(item for item in said.output if item.type == "reasoning")
    assert "Oslo is cold." in "".join(part.text for part in [*thought.summary, *(thought.content or ())])
    assert said.usage is not None
    assert (said.usage.input_tokens, said.usage.output_tokens) == (12, 7)
    assert said.usage.to_dict()["cost"] == 0.000026
    heard = front.speaker.hear(front.provider.requests[0])
    assert {"Be short.", "Oslo?"} <= set(heard.texts)


async def test_stream_helper_puts_events_together(front: Front, client: AsyncOpenAI) -> None:
    front.will_say(WORDS, stream=True)
    async with client.responses.stream(model=MODEL, input="Oslo?") as stream:
        events = [event async for event in stream]
        final = await stream.get_final_response()
    assert final.output_text == "It is cold."
    assert "".join(event.delta for event in events if event.type == "response.output_text.delta") == "It is cold."
    assert [events[0].type, events[-1].type] == ["response.created", "response.completed"]


async def test_plain_stream_ends_by_itself(front: Front, client: AsyncOpenAI) -> None:
    front.will_say(WORDS, stream=True)
    events = [event async for event in await client.responses.create(model=MODEL, input="Oslo?", stream=True)]
    assert [event.sequence_number for event in events] == list(range(len(events)))


@pytest.mark.parametrize("streaming", [False, True])
async def test_reasoning_and_calls_go_back_as_they_came(front: Front, client: AsyncOpenAI, streaming: bool) -> None:
    items: list[Any] = [{"role": "user", "content": "Oslo?"}]
    for saying in (CALL, CALL, WORDS):
        front.will_say(saying, stream=streaming)
        asked: dict[str, Any] = {"model": MODEL, "input": items, "tools": [WEATHER], "reasoning": {"effort": "low"}}
        if streaming:
            async with client.responses.stream(**asked) as stream:
                said = await stream.get_final_response()
        else:
            said = await client.responses.create(**asked)
        items += [item.to_dict() for item in said.output]
        for item in said.output:
            if item.type == "function_call":
                assert json.loads(item.arguments) == {"city": "Oslo"}
                # The scripted provider repeats its id, which a real one never does.
                items[-1]["call_id"] = call_id = f"call_{len(items)}"
                items.append({"type": "function_call_output", "call_id": call_id, "output": "-3"})
    assert said.output_text == "It is cold."
    assert front.speaker.hear(front.provider.requests[2]).tools == ("get_weather",)


async def test_parse_gives_the_object(front: Front, client: AsyncOpenAI) -> None:
    front.will_say(Saying('{"name":"Ada","age":36}'))
    parsed = await client.responses.parse(model=MODEL, input="Who?", text_format=Person)
    assert parsed.output_parsed == Person(name="Ada", age=36)


async def test_a_refusal_raises_by_its_status(front: Front, client: AsyncOpenAI) -> None:
    front.provider.then(front.speaker.refusal(429, "slow down"))
    with pytest.raises(openai.RateLimitError):
        await client.responses.create(model=MODEL, input="Hi")
    with pytest.raises(openai.BadRequestError, match="full history"):
        await client.responses.create(model=MODEL, input="Hi", previous_response_id="resp_1")


async def test_a_broken_stream_tells_that_it_failed(front: Front, client: AsyncOpenAI) -> None:
    front.provider.then(front.speaker.cut(WORDS))
    events = [event async for event in await client.responses.create(model=MODEL, input="Oslo?", stream=True)]
    last = events[-1]
    assert last.type == "response.failed"
    assert last.response.error is not None
    assert last.response.error.code == "server_error"
