"""Anthropic's own Python SDK, unmodified: only `base_url` and the key are ours."""

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any

import anthropic
import pytest
from anthropic import Anthropic, AsyncAnthropic

from tests.fakes import anthropic_messages as claude
from tests.fakes.openai_chat import function_call, usage
from tests.fakes.provider import FakeProvider
from tests.fakes.replies import answer, body, break_after, stream
from tests.instance import KEY, Instance, endpoint
from tests.serving import served

CLAUDE, CHAT = "acme/claude", "acme/chat"
HI: Any = [{"role": "user", "content": "Hi"}]
TOOLS: Any = [{"name": "get_temp", "input_schema": {"type": "object", "properties": {"city": {"type": "string"}}}}]
ROOTS = ["", "/api"]
"""The SDK appends `/v1/messages`: the host alone is a base URL as good as the documented one."""


class Gateway:
    def __init__(self, instance: Instance, claude: FakeProvider, chat: FakeProvider, stack: AsyncExitStack) -> None:
        self.instance, self.claude, self.chat = instance, claude, chat
        self._stack = stack

    async def client(self, root: str = "/api", **options: Any) -> AsyncAnthropic:
        asked = {"api_key": KEY, "base_url": self.instance.origin + root, "max_retries": 0} | options
        return await self._stack.enter_async_context(AsyncAnthropic(**asked))


@pytest.fixture
async def gateway(tmp_path: Path) -> AsyncIterator[Gateway]:
    async with AsyncExitStack() as stack:
        first, second = [await stack.enter_async_context(FakeProvider()) for _ in range(2)]
        entries = [
            endpoint(CLAUDE, first, "anthropic", protocol="anthropic-messages", upstream_model="claude-sonnet-4-5"),
            endpoint(CHAT, second),
        ]
        instance = await stack.enter_async_context(Instance(tmp_path, endpoints=entries))
        yield Gateway(instance, first, second, stack)
        assert await instance.audit() == []


@pytest.mark.parametrize("root", ROOTS)
@pytest.mark.parametrize("model", [CLAUDE, CHAT])
async def test_create_gives_text_usage_and_cost(gateway: Gateway, model: str, root: str) -> None:
    gateway.claude.then(claude.answer(claude.TEXT, used=claude.usage(6, 5, cached=4)))
    gateway.chat.then(answer("It is 7 °C.", used=usage(10, 5, cached=4)))
    said = await (await gateway.client(root)).messages.create(model=model, max_tokens=50, messages=HI)
    (block,) = said.content
    assert isinstance(block, anthropic.types.TextBlock)
    assert (block.text, said.stop_reason, said.model) == ("It is 7 °C.", "end_turn", model)
    assert (said.usage.input_tokens, said.usage.cache_read_input_tokens, said.usage.output_tokens) == (6, 4, 5)
    assert (said.usage.model_extra or {})["cost"] == pytest.approx(6e-6 + 4e-7 + 10e-6)
    record = await gateway.instance.generation(said.id)
    assert record["total_cost"] == pytest.approx(6e-6 + 4e-7 + 10e-6)


async def test_the_bearer_token_works_as_well(gateway: Gateway) -> None:
    client = await gateway.client(api_key=None, auth_token=KEY)
    said = await client.messages.create(model=CHAT, max_tokens=50, messages=HI)
    assert said.stop_reason == "end_turn"


@pytest.mark.parametrize("model", [CLAUDE, CHAT])
async def test_the_stream_helper_puts_together_what_the_whole_answer_says(gateway: Gateway, model: str) -> None:
    gateway.claude.then(claude.stream(claude.THINKING, claude.TEXT))
    gateway.chat.then(stream(["It is ", "7 °C."]))
    async with (await gateway.client()).messages.stream(model=model, max_tokens=50, messages=HI) as streaming:
        texts = [text async for text in streaming.text_stream]
        final = await streaming.get_final_message()
    assert "".join(texts) == "It is 7 °C." == final.content[-1].to_dict()["text"]
    assert final.stop_reason == "end_turn"
    assert final.usage.output_tokens == 5


@pytest.mark.parametrize("model", [CLAUDE, CHAT])
@pytest.mark.parametrize("streams", [False, True])
async def test_a_tool_is_called_and_its_result_answered(gateway: Gateway, model: str, streams: bool) -> None:
    call = function_call("get_temp", '{"city":"Oslo"}', id="toolu_01")
    if streams:
        gateway.claude.then(claude.stream(claude.THINKING, claude.CALL, stop="tool_use"))
        gateway.chat.then(stream([{"tool_calls": [{"index": 0, **call}]}], finish="tool_calls"))
    else:
        gateway.claude.then(claude.answer(claude.THINKING, claude.CALL, stop="tool_use"))
        gateway.chat.then(answer(None, tool_calls=[call], finish="tool_calls"))
    gateway.claude.then(claude.answer(claude.TEXT))
    gateway.chat.then(answer("It is 7 °C."))
    client = await gateway.client()
    asked: Any = {"model": model, "max_tokens": 2000, "tools": TOOLS, "messages": HI}
    if streams:
        async with client.messages.stream(**asked) as streaming:
            first = await streaming.get_final_message()
    else:
        first = await client.messages.create(**asked)
    assert first.stop_reason == "tool_use"
    used = first.content[-1]
    assert isinstance(used, anthropic.types.ToolUseBlock)
    assert (used.name, used.input) == ("get_temp", {"city": "Oslo"})
    result: Any = {"role": "user", "content": [{"type": "tool_result", "tool_use_id": used.id, "content": "7 °C"}]}
    turns: Any = [*HI, {"role": "assistant", "content": first.content}, result]
    second = await client.messages.create(**{**asked, "messages": turns})
    assert second.stop_reason == "end_turn"
    if model == CLAUDE:
        sent: Any = gateway.claude.requests[1].json
        assert sent["messages"][1]["content"][0] == claude.THINKING
        assert sent["messages"][2]["content"][0]["tool_use_id"] == "toolu_01"
    else:
        sent = gateway.chat.requests[1].json
        assert sent["messages"][-1] == {"role": "tool", "tool_call_id": used.id, "content": "7 °C"}


async def test_tokens_are_counted(gateway: Gateway) -> None:
    gateway.claude.then(body({"input_tokens": 14}))
    counted = await (await gateway.client()).messages.count_tokens(model=CLAUDE, messages=HI)
    assert counted.input_tokens == 14


@pytest.mark.parametrize(
    ("status", "error"),
    [
        (400, anthropic.BadRequestError),
        (429, anthropic.RateLimitError),
        (500, anthropic.InternalServerError),
        (529, anthropic.InternalServerError),
    ],
)
async def test_failures_of_the_provider_raise_typed_errors(
    gateway: Gateway, status: int, error: type[anthropic.APIStatusError]
) -> None:
    gateway.chat.then(status=status, body={"error": {"message": "no"}})
    with pytest.raises(error) as raised:
        await (await gateway.client()).messages.create(model=CHAT, max_tokens=5, messages=HI)
    told: Any = raised.value.body
    assert told["type"] == "error"
    assert told["request_id"].startswith("gen-")


async def test_errors_of_the_gateway_raise_typed_errors(gateway: Gateway) -> None:
    strangers = await gateway.client(api_key="sk-tl-v1-" + "0" * 64)
    with pytest.raises(anthropic.AuthenticationError):
        await strangers.messages.create(model=CHAT, max_tokens=5, messages=HI)
    with pytest.raises(anthropic.BadRequestError, match="not a valid model ID"):
        await (await gateway.client()).messages.create(model="nobody/nothing", max_tokens=5, messages=HI)
    with pytest.raises(anthropic.NotFoundError):
        await (await gateway.client()).messages.create(
            model=CHAT, max_tokens=5, messages=HI, extra_body={"provider": {"only": ["nobody"]}}
        )


@pytest.mark.parametrize("model", [CLAUDE, CHAT])
async def test_a_stream_that_breaks_raises(gateway: Gateway, model: str) -> None:
    gateway.claude.then(claude.cut_stream(claude.TEXT, events_sent=5))
    gateway.chat.then(break_after(1))
    async with (await gateway.client()).messages.stream(model=model, max_tokens=50, messages=HI) as streaming:
        with pytest.raises(anthropic.APIStatusError):
            await streaming.until_done()
        assert streaming.current_message_snapshot.content


def test_the_synchronous_client_works_too(tmp_path: Path) -> None:
    with (
        served(tmp_path, {"TRUNKLINE_BOOTSTRAP_KEY": KEY}) as running,
        Anthropic(base_url=running.url, api_key=KEY, max_retries=0) as client,
    ):
        asked: Any = {"model": "claude-opus-4-8", "max_tokens": 50, "messages": HI}
        said = client.messages.create(**asked)
        with client.messages.stream(**asked) as streaming:
            assert streaming.get_final_message().stop_reason == said.stop_reason
        assert client.messages.count_tokens(model="claude-opus-4-8", messages=HI).input_tokens > 0
