"""`pydantic-ai` with its OpenRouter model, unmodified: only the base URL and key are ours."""

from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest
from openai import AsyncOpenAI
from pydantic import BaseModel
from pydantic_ai import Agent, ModelHTTPError, NativeOutput
from pydantic_ai.messages import ModelResponse, ThinkingPart
from pydantic_ai.models.openrouter import OpenRouterModel, OpenRouterModelSettings
from pydantic_ai.profiles import ModelProfile
from pydantic_ai.providers.openrouter import OpenRouterProvider

from tests.e2e.clients.conftest import MODEL, Gateway
from tests.fakes.openai_chat import function_call, usage
from tests.fakes.replies import answer, break_after, stream
from tests.instance import KEY, Instance


class Person(BaseModel):
    name: str
    age: int


@asynccontextmanager
async def model_of(instance: Instance, name: str) -> AsyncGenerator[OpenRouterModel]:
    async with AsyncOpenAI(base_url=instance.base_url, api_key=KEY, max_retries=0) as client:
        # It cannot know that this model takes schemas; of models that OpenRouter has, it knows.
        profile = ModelProfile(supports_json_schema_output=True)
        yield OpenRouterModel(name, provider=OpenRouterProvider(openai_client=client), profile=profile)


@pytest.fixture
async def model(gateway: Gateway) -> AsyncIterator[OpenRouterModel]:
    async with model_of(gateway.instance, MODEL) as model:
        yield model


async def test_run_gives_output_usage_and_what_it_cost(gateway: Gateway, model: OpenRouterModel) -> None:
    gateway.provider.then(answer("Hello.", used=usage(100, 10, cached=40, reasoning=4)))
    result = await Agent(model, instructions="Be brief.").run("Hi")
    assert result.output == "Hello."
    assert (result.usage.input_tokens, result.usage.output_tokens, result.usage.cache_read_tokens) == (100, 10, 40)
    assert result.usage.details["reasoning_tokens"] == 4
    last = result.all_messages()[-1]
    assert isinstance(last, ModelResponse)
    assert (last.model_name, last.finish_reason) == (MODEL, "stop")
    assert last.provider_details is not None
    assert last.provider_details["downstream_provider"] == "Acme"
    # 60 × 1000 + 40 × 100 + 10 × 2000 nano-dollars
    assert last.provider_details["cost"] == 0.000084
    assert last.provider_details["is_byok"] is False
    assert last.provider_response_id is not None
    assert (await gateway.instance.generation(last.provider_response_id))["total_cost"] == 0.000084
    sent: Any = gateway.provider.requests[0].json["messages"]
    assert [message["content"] for message in sent] == ["Be brief.", "Hi"]


async def test_stream_gives_text_piece_by_piece_and_usage(gateway: Gateway, model: OpenRouterModel) -> None:
    gateway.provider.then(stream(["One, ", "two."], used=usage(7, 3)))
    async with Agent(model).run_stream("Count") as result:
        pieces = [piece async for piece in result.stream_text(delta=True, debounce_by=None)]
    assert pieces == ["One, ", "two."]
    assert (result.usage.input_tokens, result.usage.output_tokens) == (7, 3)
    last = result.all_messages()[-1]
    assert isinstance(last, ModelResponse)
    assert last.provider_details is not None
    assert last.provider_details["cost"] == 0.000013
    assert last.finish_reason == "stop"


@pytest.mark.parametrize("streaming", [False, True])
async def test_agent_calls_its_tool_and_answers(gateway: Gateway, model: OpenRouterModel, streaming: bool) -> None:
    call = function_call("temperature", '{"city":"Oslo"}')
    if streaming:
        fragments = [
            {"tool_calls": [{"index": 0, **function_call("temperature", '{"city":')}]},
            {"tool_calls": [{"index": 0, "function": {"arguments": '"Oslo"}'}}]},
        ]
        gateway.provider.then(stream(fragments, finish="tool_calls")).then(stream(["Minus three."]))
    else:
        gateway.provider.then(answer(None, finish="tool_calls", tool_calls=[call])).then(answer("Minus three."))
    agent = Agent(model)
    cities: list[str] = []

    @agent.tool_plain
    def temperature(city: str) -> int:
        cities.append(city)
        return -3

    if streaming:
        async with agent.run_stream("How cold is it?") as result:
            output = await result.get_output()
    else:
        output = (await agent.run("How cold is it?")).output
    assert (output, cities) == ("Minus three.", ["Oslo"])
    sent: Any = gateway.provider.requests[1].json["messages"]
    assert [message["role"] for message in sent] == ["user", "assistant", "tool"]
    assert sent[1]["tool_calls"][0]["function"] == call["function"]
    assert (sent[2]["tool_call_id"], sent[2]["content"]) == ("call_1", "-3")


async def test_output_types_are_filled_by_tool_and_by_schema(gateway: Gateway, model: OpenRouterModel) -> None:
    ada = '{"name":"Ada","age":36}'
    gateway.provider.then(answer(None, finish="tool_calls", tool_calls=[function_call("final_result", ada)]))
    gateway.provider.then(answer(ada))
    by_tool = await Agent(model, output_type=Person).run("Who?")
    by_schema = await Agent(model, output_type=NativeOutput(Person)).run("Who?")
    assert by_tool.output == by_schema.output == Person(name="Ada", age=36)
    tool_sent, schema_sent = (request.json for request in gateway.provider.requests)
    assert tool_sent["tool_choice"] == "required"
    form: Any = schema_sent["response_format"]
    assert form["json_schema"]["schema"]["properties"].keys() == {"name", "age"}


@pytest.mark.parametrize("streaming", [False, True])
async def test_reasoning_is_a_thinking_part_and_goes_back(
    gateway: Gateway, model: OpenRouterModel, streaming: bool
) -> None:
    used = usage(10, 8, reasoning=6)
    if streaming:
        gateway.provider.then(
            stream([{"reasoning_content": "Six "}, {"reasoning_content": "times 7."}, "42"], used=used)
        )
    else:
        gateway.provider.then(answer("42", used=used, reasoning_content="Six times 7."))
    agent = Agent(model, model_settings=OpenRouterModelSettings(openrouter_reasoning={"effort": "low"}))
    if streaming:
        async with agent.run_stream("6 × 7?") as result:
            assert await result.get_output() == "42"
    else:
        result = await agent.run("6 × 7?")
        assert result.output == "42"
    last = result.all_messages()[-1]
    assert isinstance(last, ModelResponse)
    assert [part.content for part in last.parts if isinstance(part, ThinkingPart)] == ["Six times 7."]
    assert result.usage.details["reasoning_tokens"] == 6
    again = await agent.run("Sure?", message_history=result.all_messages())
    assert again.output == "Hello, world!"
    sent: Any = gateway.provider.requests[1].json["messages"]
    assert sent[1]["content"] == "42"


async def test_refusals_and_broken_streams_are_errors_of_the_agent(gateway: Gateway, model: OpenRouterModel) -> None:
    gateway.provider.then(status=429, retry_after=3).then(break_after(1))
    with pytest.raises(ModelHTTPError) as raised:
        await Agent(model).run("Hi")
    assert raised.value.status_code == 429
    with pytest.raises(ModelHTTPError) as raised:
        async with Agent(model).run_stream("Hi") as result:
            await result.get_output()
    assert raised.value.status_code == 502


async def test_sandbox_serves_an_agent_with_tools_and_output_type(sandbox: Instance) -> None:
    async with model_of(sandbox, "openai/gpt-4o") as model:
        agent = Agent(model, output_type=NativeOutput(Person))
        calls: list[str] = []

        @agent.tool_plain
        def look_up(topic: str) -> str:
            calls.append(topic)
            return "Ada, 36"

        assert isinstance((await agent.run("look_up somebody")).output, Person)
    assert len(calls) == 1
