"""OpenRouter's own Python SDK, unmodified: only `server_url` and the key are ours. It validates every answer."""

import asyncio
import hashlib
from collections.abc import AsyncIterator
from typing import Any

import pytest
from openrouter import OpenRouter, components, errors

from tests.e2e.clients.conftest import MODEL, Gateway
from tests.fakes.openai_chat import function_call, usage
from tests.fakes.replies import answer, break_after, stream
from tests.instance import KEY, MANAGEMENT_KEY, Instance

HI: Any = [{"role": "user", "content": "Hi"}]
TOOL: Any = {
    "type": "function",
    "function": {"name": "get_weather", "parameters": {"type": "object", "properties": {"city": {"type": "string"}}}},
}


def client_of(instance: Instance, key: str = KEY) -> OpenRouter:
    return OpenRouter(api_key=key, server_url=instance.base_url, retry_config=None)


@pytest.fixture
async def client(gateway: Gateway) -> AsyncIterator[OpenRouter]:
    async with client_of(gateway.instance) as client:
        yield client


@pytest.fixture
async def management(gateway: Gateway) -> AsyncIterator[OpenRouter]:
    async with client_of(gateway.instance, MANAGEMENT_KEY) as client:
        yield client


async def test_chat_gives_text_reasoning_usage_and_cost(gateway: Gateway, client: OpenRouter) -> None:
    gateway.provider.then(
        answer("42", used=usage(100, 10, cached=40, reasoning=6), reasoning_content="Six times seven.")
    )
    said = await client.chat.send_async(
        model=MODEL, messages=HI, max_tokens=50, reasoning={"effort": "low"}, provider={"order": ["acme"]}
    )
    choice = said.choices[0]
    assert (choice.message.content, choice.message.reasoning) == ("42", "Six times seven.")
    assert choice.finish_reason == "stop"
    assert said.model == MODEL
    details = choice.message.reasoning_details or []
    assert [detail.type for detail in details] == ["reasoning.text"]
    assert isinstance(said.usage, components.ChatUsage)
    assert (said.usage.prompt_tokens, said.usage.completion_tokens) == (100, 10)
    # 60 × 1000 + 40 × 100 + 10 × 2000 nano-dollars
    assert (said.usage.cost, said.usage.is_byok) == (0.000084, False)
    assert isinstance(said.usage.completion_tokens_details, components.ChatUsageCompletionTokensDetails)
    assert said.usage.completion_tokens_details.reasoning_tokens == 6
    assert gateway.provider.requests[0].json["max_tokens"] == 50


async def test_stream_gives_text_reasoning_tools_and_usage(gateway: Gateway, client: OpenRouter) -> None:
    items = [
        {"reasoning_content": "Look "},
        {"reasoning_content": "outside."},
        "Wait.",
        {"tool_calls": [{"index": 0, **function_call("get_weather", '{"city":')}]},
        {"tool_calls": [{"index": 0, "function": {"arguments": '"Oslo"}'}}]},
    ]
    gateway.provider.then(stream(items, finish="tool_calls", used=usage(20, 8)))
    chunks: list[components.ChatStreamChunk] = []
    async with await client.chat.send_async(model=MODEL, messages=HI, tools=[TOOL], stream=True) as events:
        chunks += [chunk async for chunk in events]
    deltas = [choice.delta for chunk in chunks for choice in chunk.choices]
    assert "".join(delta.content or "" for delta in deltas) == "Wait."
    assert "".join(delta.reasoning or "" for delta in deltas) == "Look outside."
    calls = [call for delta in deltas for call in delta.tool_calls or []]
    assert [call.id for call in calls] == ["call_1", None]
    assert "".join(call.function.arguments or "" for call in calls if call.function) == '{"city":"Oslo"}'
    assert chunks[-1].choices[0].finish_reason == "tool_calls"
    assert chunks[-1].usage is not None
    assert chunks[-1].usage.cost == 0.000036


async def test_whole_tool_calls_and_their_results_make_a_round_trip(gateway: Gateway, client: OpenRouter) -> None:
    gateway.provider.then(
        answer(None, finish="tool_calls", tool_calls=[function_call("get_weather", '{"city":"Oslo"}')])
    )
    gateway.provider.then(answer("Cold."))
    first = await client.chat.send_async(model=MODEL, messages=HI, tools=[TOOL])
    calls = first.choices[0].message.tool_calls or []
    assert [(call.id, call.function.name, call.function.arguments) for call in calls] == [
        ("call_1", "get_weather", '{"city":"Oslo"}')
    ]
    history: Any = [*HI, first.choices[0].message, {"role": "tool", "tool_call_id": "call_1", "content": "-3 °C"}]
    second = await client.chat.send_async(model=MODEL, messages=history, tools=[TOOL])
    assert second.choices[0].message.content == "Cold."
    sent: Any = gateway.provider.requests[1].json["messages"]
    assert [message["role"] for message in sent] == ["user", "assistant", "tool"]
    assert sent[1]["tool_calls"][0]["function"]["arguments"] == '{"city":"Oslo"}'


async def test_routing_metadata_comes_when_asked_for(gateway: Gateway, client: OpenRouter) -> None:
    said = await client.chat.send_async(model=MODEL, messages=HI, x_open_router_metadata="enabled")
    assert said.openrouter_metadata is not None
    assert said.openrouter_metadata.requested == MODEL
    assert [endpoint.provider for endpoint in said.openrouter_metadata.endpoints.available] == ["Acme"]


async def test_generation_is_found_by_the_id_of_its_answer(gateway: Gateway, client: OpenRouter) -> None:
    gateway.provider.then(answer("Hi", used=usage(100, 10)))
    said = await client.chat.send_async(model=MODEL, messages=HI)
    record = (await client.generations.get_generation_async(id=said.id)).data
    assert (record.id, record.model, record.provider_name) == (said.id, MODEL, "Acme")
    assert (record.total_cost, record.native_tokens_prompt, record.native_tokens_completion) == (0.00012, 100, 10)
    assert record.finish_reason == "stop"
    with pytest.raises(errors.NotFoundResponseError):
        await client.generations.get_generation_async(id="gen-1-nothing")


async def test_models_endpoints_and_providers_are_listed(client: OpenRouter) -> None:
    listed = await client.models.list_async()
    assert listed is not None
    named = next(model for model in listed.result.data if model.id == MODEL)
    assert named.context_length == 32768
    assert (named.pricing.prompt, named.pricing.completion) == ("0.000001", "0.000002")
    count = await client.models.count_async()
    assert count.data.count == listed.result.total_count >= len(listed.result.data) > 300
    endpoints = (await client.endpoints.list_async(author="acme", slug="rocket")).data.endpoints
    assert [endpoint.provider_name for endpoint in endpoints] == ["Acme"]
    providers = (await client.providers.list_async()).data
    assert "acme" in {provider.slug for provider in providers}
    one = (await client.models.get_async(author="acme", slug="rocket")).data
    assert one.id == MODEL


# `rate_limit` of the current key is an old member that the SDK itself warns of while it reads it.
@pytest.mark.filterwarnings("ignore:warning. .. DEPRECATED:DeprecationWarning")
async def test_key_is_created_read_changed_listed_and_deleted(gateway: Gateway, management: OpenRouter) -> None:
    made = await management.api_keys.create_async(name="CI", limit=1.5, limit_reset="daily")
    key_hash = made.data.hash
    assert key_hash == hashlib.sha256(made.key.encode()).hexdigest()
    async with client_of(gateway.instance, made.key) as owner:
        said = await owner.chat.send_async(model=MODEL, messages=HI)
        current = (await owner.api_keys.get_current_key_metadata_async()).data
    assert isinstance(said.usage, components.ChatUsage)
    assert said.usage.cost == current.usage > 0
    read = (await management.api_keys.get_async(hash=key_hash)).data
    assert (read.name, read.limit, read.usage) == ("CI", 1.5, said.usage.cost)
    changed = (await management.api_keys.update_async(hash=key_hash, name="CI 2", disabled=True)).data
    assert (changed.name, changed.disabled) == ("CI 2", True)
    async with client_of(gateway.instance, made.key) as owner:
        with pytest.raises(errors.UnauthorizedResponseError):
            await owner.chat.send_async(model=MODEL, messages=HI)
    assert key_hash in {key.hash for key in (await management.api_keys.list_async(include_disabled=True)).data}
    assert (await management.api_keys.delete_async(hash=key_hash)).DELETED
    with pytest.raises(errors.NotFoundResponseError):
        await management.api_keys.get_async(hash=key_hash)


async def test_credits_are_the_accounts(gateway: Gateway, client: OpenRouter, management: OpenRouter) -> None:
    said = await client.chat.send_async(model=MODEL, messages=HI)
    assert isinstance(said.usage, components.ChatUsage)
    credits = (await management.credits.get_credits_async()).data
    assert (credits.total_credits, credits.total_usage) == (0, said.usage.cost)


REFUSALS: list[tuple[int, type[errors.OpenRouterError]]] = [
    (400, errors.BadRequestResponseError),
    (403, errors.ForbiddenResponseError),
    (404, errors.NotFoundResponseError),
    (413, errors.PayloadTooLargeResponseError),
    (422, errors.UnprocessableEntityResponseError),
    (429, errors.TooManyRequestsResponseError),
    (500, errors.InternalServerResponseError),
    (502, errors.BadGatewayResponseError),
    (503, errors.ServiceUnavailableResponseError),
    (529, errors.ProviderOverloadedResponseError),
]


@pytest.mark.parametrize(("status", "error"), REFUSALS)
async def test_refusals_of_the_provider_have_their_own_classes(
    gateway: Gateway, client: OpenRouter, status: int, error: type[errors.OpenRouterError]
) -> None:
    for streaming in (False, True):
        gateway.provider.then(status=status)
        with pytest.raises(error) as raised:
            await client.chat.send_async(model=MODEL, messages=HI, stream=streaming)
        assert raised.value.status_code == status


async def test_refusals_of_the_gateway_have_their_own_classes(gateway: Gateway, client: OpenRouter) -> None:
    async with client_of(gateway.instance, "sk-tl-v1-" + "0" * 64) as stranger:
        with pytest.raises(errors.UnauthorizedResponseError):
            await stranger.chat.send_async(model=MODEL, messages=HI)
    with pytest.raises(errors.BadRequestResponseError, match="acme/no-such"):
        await client.chat.send_async(model="acme/no-such", messages=HI)
    with pytest.raises(errors.NotFoundResponseError):
        await client.chat.send_async(model=MODEL, messages=HI, provider={"only": ["openai"]})
    with pytest.raises(errors.UnauthorizedResponseError, match="management key"):
        await client.api_keys.list_async()
    with pytest.raises(errors.ForbiddenResponseError, match="management key"):
        await client.credits.get_credits_async()
    with pytest.raises(errors.NotFoundResponseError):
        await client.endpoints.list_async(author="acme", slug="no-such")
    assert gateway.provider.requests == []


async def test_exhausted_limit_of_a_key_is_payment_required(gateway: Gateway, management: OpenRouter) -> None:
    made = await management.api_keys.create_async(name="poor", limit=0)
    async with client_of(gateway.instance, made.key) as poor:
        with pytest.raises(errors.PaymentRequiredResponseError):
            await poor.chat.send_async(model=MODEL, messages=HI)


async def test_a_stream_that_breaks_ends_with_a_chunk_that_says_so(gateway: Gateway, client: OpenRouter) -> None:
    gateway.provider.then(break_after(2))
    async with await client.chat.send_async(model=MODEL, messages=HI, stream=True) as events:
        chunks = [chunk async for chunk in events]
    assert "".join(choice.delta.content or "" for chunk in chunks for choice in chunk.choices) == "Hello, "
    assert chunks[-1].error is not None
    assert chunks[-1].error.code == 502
    assert chunks[-1].choices[0].finish_reason == "error"


async def test_the_blocking_methods_work_too(gateway: Gateway) -> None:
    def ask() -> str:
        with client_of(gateway.instance) as client, client.chat.send(model=MODEL, messages=HI, stream=True) as events:
            return "".join(choice.delta.content or "" for chunk in events for choice in chunk.choices)

    assert await asyncio.to_thread(ask) == "Hello, world!"


async def test_sandbox_reasons_calls_tools_and_charges_nobody(sandbox: Instance) -> None:
    model = "anthropic/claude-sonnet-5"
    async with client_of(sandbox) as client:
        said = await client.chat.send_async(model=model, messages=HI, reasoning={"effort": "low"})
        called = await client.chat.send_async(model=model, messages=HI, tools=[TOOL], tool_choice="required")
    assert "Sandbox" in str(said.choices[0].message.content)
    assert said.choices[0].message.reasoning
    assert isinstance(said.usage, components.ChatUsage)
    assert [call.function.name for call in called.choices[0].message.tool_calls or []] == ["get_weather"]
    assert said.usage.cost
    assert await sandbox.usage() == 0
