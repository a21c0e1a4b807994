"""The `openai` Python SDK, unmodified: only its base URL and key are ours."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import openai
import pytest
from openai import AsyncOpenAI
from openai.types.chat import ChatCompletionToolParam
from pydantic import BaseModel

from tests.e2e.clients.conftest import MODEL, Gateway
from tests.fakes.openai_chat import function_call, usage
from tests.fakes.replies import answer, break_after, no_finish_reason, stall_after, stream
from tests.instance import KEY, Instance

WEATHER: ChatCompletionToolParam = {
    "type": "function",
    "function": {
        "name": "get_weather",
        "parameters": {"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]},
    },
}
HI: Any = [{"role": "user", "content": "Hi"}]


class Person(BaseModel):
    name: str
    age: int


def client_of(instance: Instance, key: str = KEY) -> AsyncOpenAI:
    return AsyncOpenAI(base_url=instance.base_url, api_key=key, max_retries=0)


@pytest.fixture
async def client(gateway: Gateway) -> AsyncIterator[AsyncOpenAI]:
    async with client_of(gateway.instance) as client:
        yield client


@pytest.fixture
async def sandbox_client(sandbox: Instance) -> AsyncIterator[AsyncOpenAI]:
    async with client_of(sandbox) as client:
        yield client


async def test_chat_gives_text_usage_and_cost(gateway: Gateway, client: AsyncOpenAI) -> None:
    gateway.provider.then(answer("Hello.", used=usage(100, 10, cached=40, reasoning=3)))
    said = await client.chat.completions.create(model=MODEL, messages=HI, temperature=0.5, max_tokens=50)
    assert said.id.startswith("gen-")
    assert said.model == MODEL
    assert said.choices[0].message.content == "Hello."
    assert said.choices[0].finish_reason == "stop"
    assert said.usage is not None
    assert (said.usage.prompt_tokens, said.usage.completion_tokens, said.usage.total_tokens) == (100, 10, 110)
    assert said.usage.prompt_tokens_details is not None
    assert said.usage.prompt_tokens_details.cached_tokens == 40
    assert said.usage.completion_tokens_details is not None
    assert said.usage.completion_tokens_details.reasoning_tokens == 3
    # 60 × 1000 + 40 × 100 + 10 × 2000 nano-dollars
    assert said.usage.to_dict()["cost"] == 0.000084
    sent = gateway.provider.requests[0].json
    assert (sent["model"], sent["temperature"], sent["max_tokens"]) == ("rocket", 0.5, 50)
    assert sent["messages"] == HI


async def test_stream_gives_text_one_finish_and_usage(gateway: Gateway, client: AsyncOpenAI) -> None:
    gateway.provider.then(stream(["One, ", "two."], used=usage(7, 3)))
    chunks = [chunk async for chunk in await client.chat.completions.create(model=MODEL, messages=HI, stream=True)]
    assert "".join(chunk.choices[0].delta.content or "" for chunk in chunks) == "One, two."
    assert chunks[-1].usage is not None
    assert chunks[-1].usage.total_tokens == 10
    assert chunks[-1].usage.to_dict()["cost"] == 0.000013
    assert [chunk.usage for chunk in chunks[:-1]] == [None] * (len(chunks) - 1)
    assert {chunk.id for chunk in chunks} == {chunks[0].id}


async def test_tool_calls_and_their_results_make_a_round_trip(gateway: Gateway, client: AsyncOpenAI) -> None:
    calls = [function_call("get_weather", '{"city":"Oslo"}'), function_call("get_weather", '{"city":"Rome"}', id="c2")]
    gateway.provider.then(answer(None, finish="tool_calls", tool_calls=calls)).then(answer("Cold and warm."))
    first = await client.chat.completions.create(model=MODEL, messages=HI, tools=[WEATHER], tool_choice="required")
    assert first.choices[0].finish_reason == "tool_calls"
    made = first.choices[0].message.tool_calls or []
    assert [(call.id, call.function.arguments) for call in made if call.type == "function"] == [
        ("call_1", '{"city":"Oslo"}'),
        ("c2", '{"city":"Rome"}'),
    ]
    history: Any = [*HI, first.choices[0].message.to_dict()]
    history += [{"role": "tool", "tool_call_id": call.id, "content": "12 °C"} for call in made]
    second = await client.chat.completions.create(model=MODEL, messages=history, tools=[WEATHER])
    assert second.choices[0].message.content == "Cold and warm."
    first_sent, second_sent = (request.json for request in gateway.provider.requests)
    assert (first_sent["tools"], first_sent["tool_choice"]) == ([WEATHER], "required")
    sent: Any = second_sent["messages"]
    assert [message["role"] for message in sent] == ["user", "assistant", "tool", "tool"]
    assert [call["function"] for call in sent[1]["tool_calls"]] == [call["function"] for call in calls]
    assert [message["tool_call_id"] for message in sent[2:]] == ["call_1", "c2"]


async def test_streaming_helper_puts_fragments_of_tool_calls_together(gateway: Gateway, client: AsyncOpenAI) -> None:
    fragments = [
        {"tool_calls": [{"index": 0, **function_call("get_weather", '{"ci')}]},
        {"tool_calls": [{"index": 0, "function": {"arguments": 'ty":"Oslo"}'}}]},
        {"tool_calls": [{"index": 1, **function_call("get_weather", '{"city":', id="c2")}]},
        {"tool_calls": [{"index": 1, "function": {"arguments": '"Rome"}'}}]},
    ]
    gateway.provider.then(stream(fragments, finish="tool_calls", used=usage(20, 8)))
    async with client.chat.completions.stream(model=MODEL, messages=HI, tools=[WEATHER]) as events:
        kinds = [event.type async for event in events]
        whole = await events.get_final_completion()
    calls = whole.choices[0].message.tool_calls or []
    assert [(call.id, call.function.name, call.function.arguments) for call in calls] == [
        ("call_1", "get_weather", '{"city":"Oslo"}'),
        ("c2", "get_weather", '{"city":"Rome"}'),
    ]
    assert kinds.count("tool_calls.function.arguments.done") == 2
    assert whole.choices[0].finish_reason == "tool_calls"
    assert whole.usage is not None
    assert whole.usage.total_tokens == 28


async def test_streaming_helper_gathers_text(gateway: Gateway, client: AsyncOpenAI) -> None:
    gateway.provider.then(stream(["He", "llo"]))
    async with client.chat.completions.stream(model=MODEL, messages=HI) as events:
        deltas = [event.delta async for event in events if event.type == "content.delta"]
        whole = await events.get_final_completion()
    assert "".join(deltas) == "Hello"
    assert whole.choices[0].message.content == "Hello"
    assert whole.choices[0].finish_reason == "stop"


async def test_parse_fills_a_pydantic_model(gateway: Gateway, client: AsyncOpenAI) -> None:
    gateway.provider.then(answer('{"name":"Ada","age":36}'))
    said = await client.chat.completions.parse(model=MODEL, messages=HI, response_format=Person)
    assert said.choices[0].message.parsed == Person(name="Ada", age=36)
    form: Any = gateway.provider.requests[0].json["response_format"]
    assert (form["type"], form["json_schema"]["name"], form["json_schema"]["strict"]) == ("json_schema", "Person", True)
    assert form["json_schema"]["schema"]["required"] == ["name", "age"]


async def test_reasoning_is_on_the_message_and_on_the_deltas(gateway: Gateway, client: AsyncOpenAI) -> None:
    gateway.provider.then(answer("42", reasoning_content="Six times seven."))
    gateway.provider.then(stream([{"reasoning_content": "Six times "}, {"reasoning_content": "seven."}, "42"]))
    said = await client.chat.completions.create(
        model=MODEL, messages=HI, extra_body={"reasoning": {"effort": "low"}, "provider": {"order": ["acme"]}}
    )
    message = said.choices[0].message.to_dict()
    assert (message["content"], message["reasoning"]) == ("42", "Six times seven.")
    chunks = await client.chat.completions.create(model=MODEL, messages=HI, stream=True)
    thoughts = [chunk.choices[0].delta.to_dict().get("reasoning") async for chunk in chunks]
    assert [thought for thought in thoughts if thought] == ["Six times ", "seven."]
    assert "provider" not in gateway.provider.requests[0].json


async def test_completions_give_text(gateway: Gateway, client: AsyncOpenAI) -> None:
    gateway.provider.then(answer("there was a rocket.", used=usage(5, 6))).then(stream(["there ", "was"]))
    said = await client.completions.create(model=MODEL, prompt="Once upon a time")
    assert (said.object, said.choices[0].text, said.choices[0].finish_reason) == (
        "text_completion",
        "there was a rocket.",
        "stop",
    )
    assert said.usage is not None
    assert said.usage.total_tokens == 11
    text = ""
    async for chunk in await client.completions.create(model=MODEL, prompt="Once upon a time", stream=True):
        text += "".join(choice.text for choice in chunk.choices)
    assert text == "there was"
    assert gateway.provider.requests[0].json["messages"] == [{"role": "user", "content": "Once upon a time"}]


async def test_models_are_listed(client: AsyncOpenAI) -> None:
    listed = [model async for model in client.models.list()]
    assert len(listed) > 300
    named = next(model for model in listed if model.id == MODEL)
    assert named.created >= 0
    assert named.to_dict()["context_length"] == 32768


REFUSALS = [
    (400, openai.BadRequestError, 400),
    (403, openai.PermissionDeniedError, 403),
    (404, openai.NotFoundError, 404),
    (429, openai.RateLimitError, 429),
    (500, openai.InternalServerError, 500),
    (503, openai.InternalServerError, 503),
]


@pytest.mark.parametrize(("upstream_status", "error", "status"), REFUSALS)
@pytest.mark.parametrize("streaming", [False, True])
async def test_what_the_provider_refuses_is_the_right_exception(
    gateway: Gateway,
    client: AsyncOpenAI,
    upstream_status: int,
    error: type[openai.APIStatusError],
    status: int,
    streaming: bool,
) -> None:
    gateway.provider.then(status=upstream_status, retry_after=7 if upstream_status == 429 else None)
    with pytest.raises(error) as raised:
        await client.chat.completions.create(model=MODEL, messages=HI, stream=streaming)
    assert raised.value.status_code == status
    assert raised.value.body is not None
    if status == 429:
        assert raised.value.response.headers["retry-after"] == "7"


async def test_an_unknown_key_is_an_authentication_error(gateway: Gateway) -> None:
    async with client_of(gateway.instance, "sk-tl-v1-" + "0" * 64) as stranger:
        with pytest.raises(openai.AuthenticationError):
            await stranger.chat.completions.create(model=MODEL, messages=HI)
    assert gateway.provider.requests == []


async def test_a_wrong_request_is_a_bad_request_that_names_the_field(gateway: Gateway, client: AsyncOpenAI) -> None:
    with pytest.raises(openai.BadRequestError, match="temperature"):
        await client.chat.completions.create(model=MODEL, messages=HI, temperature=9)
    with pytest.raises(openai.BadRequestError, match="acme/no-such"):
        await client.chat.completions.create(model="acme/no-such", messages=HI)
    assert gateway.provider.requests == []


async def test_a_stream_that_breaks_raises_after_its_text(gateway: Gateway, client: AsyncOpenAI) -> None:
    gateway.provider.then(break_after(2))
    text = ""
    with pytest.raises(openai.APIError) as raised:
        async for chunk in await client.chat.completions.create(model=MODEL, messages=HI, stream=True):
            text += chunk.choices[0].delta.content or ""
    assert text == "Hello, "
    assert "provider" in raised.value.message.lower()


async def test_a_stream_without_a_finish_reason_raises_and_is_no_stop(gateway: Gateway, client: AsyncOpenAI) -> None:
    gateway.provider.then(no_finish_reason())
    finishes: list[str | None] = []
    with pytest.raises(openai.APIError):
        async for chunk in await client.chat.completions.create(model=MODEL, messages=HI, stream=True):
            finishes += [choice.finish_reason for choice in chunk.choices]
    assert set(finishes) == {None}


async def test_closing_a_stream_hangs_up_on_the_provider(gateway: Gateway, client: AsyncOpenAI) -> None:
    gateway.provider.then(stall_after(1))
    async with await client.chat.completions.create(model=MODEL, messages=HI, stream=True) as chunks:
        first = await anext(aiter(chunks))
    assert first.choices[0].delta.content == "Hello"
    async with asyncio.timeout(5):
        await gateway.provider.client_closed(0)
    record = await gateway.instance.generation_after_hanging_up(first.id)
    assert record["cancelled"] is True


async def test_retries_of_the_client_meet_a_provider_that_recovered(gateway: Gateway) -> None:
    gateway.provider.then(status=429, retry_after=0.01).then(answer("Better now."))
    async with AsyncOpenAI(base_url=gateway.instance.base_url, api_key=KEY, max_retries=2) as client:
        said = await client.chat.completions.create(model=MODEL, messages=HI)
    assert said.choices[0].message.content == "Better now."


async def test_sandbox_streams_text_calls_tools_and_fills_schemas(sandbox_client: AsyncOpenAI) -> None:
    model = "openai/gpt-4o"
    async with sandbox_client.chat.completions.stream(model=model, messages=HI) as events:
        text = (await events.get_final_completion()).choices[0].message.content
    assert text is not None
    assert "Sandbox" in text
    called = await sandbox_client.chat.completions.create(model=model, messages=HI, tools=[WEATHER])
    assert called.choices[0].finish_reason == "tool_calls"
    parsed = await sandbox_client.chat.completions.parse(model=model, messages=HI, response_format=Person)
    assert isinstance(parsed.choices[0].message.parsed, Person)
