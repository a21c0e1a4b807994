"""Chat clients in front of a provider that speaks Responses: what they see, what it is sent, what it costs."""

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from tests.fakes.openai_responses import frames, function_call, message, reasoning, response, stream_of, usage
from tests.fakes.provider import FakeProvider
from tests.fakes.replies import answer, body, sse
from tests.instance import Instance, Streamed, endpoint

MODEL = "acme/rocket"
ENCRYPTED = "gAAAAABo+/7=="
TOOLS = [{"type": "function", "function": {"name": "add", "parameters": {"type": "object", "properties": {}}}}]
THOUGHT_AND_CALL = response(
    reasoning("First I add.", encrypted=ENCRYPTED), function_call("add", '{"a":2}'), used=usage(20, 8, reasoning=4)
)


@pytest.fixture
async def provider() -> AsyncIterator[FakeProvider]:
    async with FakeProvider() as fake:
        yield fake


@pytest.fixture
async def instance(tmp_path: Path, provider: FakeProvider) -> AsyncIterator[Instance]:
    served = endpoint(MODEL, provider, protocol="openai-responses")
    async with Instance(tmp_path, endpoints=[served]) as running:
        yield running
        assert await running.audit() == []


def deltas(streamed: Streamed) -> list[dict[str, Any]]:
    return [choice["delta"] for chunk in streamed.chunks for choice in chunk["choices"]]


async def test_whole_answer_is_asked_for_converted_priced_and_recorded(
    provider: FakeProvider, instance: Instance
) -> None:
    provider.then(body(response(reasoning("Hm."), message("Hello."), used=usage(100, 10, cached=40, reasoning=4))))
    told = await instance.chat(MODEL, "Hi", reasoning={"effort": "low"}, max_tokens=500)
    said = told["choices"][0]["message"]
    assert (said["content"], said["reasoning"]) == ("Hello.", "Hm.")
    assert told["choices"][0]["native_finish_reason"] == "completed"
    # 60 × 1000 + 40 × 100 + 10 × 2000 nano-dollars
    assert told["usage"]["cost"] == 0.000084
    assert told["usage"]["completion_tokens_details"]["reasoning_tokens"] == 4
    request = provider.requests[0]
    assert (request.path, request.headers["authorization"]) == ("/v1/responses", "Bearer upstream-secret")
    assert request.json == {
        "model": "rocket",
        "store": False,
        "input": [{"type": "message", "role": "user", "content": "Hi"}],
        "max_output_tokens": 500,
        "reasoning": {"effort": "low", "summary": "auto"},
        "include": ["reasoning.encrypted_content"],
    }
    assert (await instance.generation(told["id"]))["total_cost"] == 0.000084


async def test_streamed_reasoning_and_call_come_back_next_turn_byte_for_byte(
    provider: FakeProvider, instance: Instance
) -> None:
    provider.then(sse(frames(stream_of(THOUGHT_AND_CALL)))).then(body(response(message("4"))))
    streamed = await instance.stream(MODEL, "2+2?", tools=TOOLS)
    assert (streamed.finish_reasons[0], streamed.is_done) == ("tool_calls", True)
    details = [detail for delta in deltas(streamed) for detail in delta.get("reasoning_details", ())]
    calls = [fragment for delta in deltas(streamed) for fragment in delta.get("tool_calls", ())]
    assert "".join(detail.get("summary", "") for detail in details) == "First I add."
    assert details[-1] == {
        "type": "reasoning.encrypted",
        "data": ENCRYPTED,
        "format": "openai-responses-v1",
        "id": "rs_1",
        "index": 0,
    }
    assert calls[0]["id"] == "call_1"
    assert "".join(fragment["function"]["arguments"] for fragment in calls) == '{"a":2}'

    folded = {"type": "reasoning.summary", "summary": "First I add.", "format": "openai-responses-v1", "index": 0}
    call = {"id": "call_1", "type": "function", "function": {"name": "add", "arguments": '{"a":2}'}}
    history = [
        {"role": "user", "content": "2+2?"},
        {"role": "assistant", "reasoning_details": [folded, details[-1]], "tool_calls": [call]},
        {"role": "tool", "tool_call_id": "call_1", "content": "4"},
    ]
    assert (await instance.chat(MODEL, messages=history, tools=TOOLS))["choices"][0]["message"]["content"] == "4"
    assert provider.requests[1].json["input"] == [
        {"type": "message", "role": "user", "content": "2+2?"},
        {
            "type": "reasoning",
            "id": "rs_1",
            "summary": [{"type": "summary_text", "text": "First I add."}],
            "encrypted_content": ENCRYPTED,
        },
        {"type": "function_call", "call_id": "call_1", "name": "add", "arguments": '{"a":2}'},
        {"type": "function_call_output", "call_id": "call_1", "output": "4"},
    ]


async def test_whole_and_streamed_answers_are_told_alike(provider: FakeProvider, instance: Instance) -> None:
    provider.then(body(THOUGHT_AND_CALL)).then(sse(frames(stream_of(THOUGHT_AND_CALL))))
    whole = (await instance.chat(MODEL, tools=TOOLS))["choices"][0]
    streamed = await instance.stream(MODEL, tools=TOOLS)
    assert whole["message"]["reasoning"] == "".join(delta.get("reasoning") or "" for delta in deltas(streamed))
    assert whole["finish_reason"] == streamed.finish_reasons[0]
    assert whole["message"]["tool_calls"][0]["function"] == {"name": "add", "arguments": '{"a":2}'}


async def test_excluded_reasoning_leaves_no_byte_but_is_counted(provider: FakeProvider, instance: Instance) -> None:
    whole = response(reasoning("Secret.", encrypted=ENCRYPTED), message("4"), used=usage(9, 6, reasoning=5))
    provider.then(sse(frames(stream_of(whole)))).then(body(whole))
    streamed = await instance.stream(MODEL, reasoning={"exclude": True})
    told = await instance.post(MODEL, reasoning={"exclude": True})
    assert "Secret" not in str(streamed.chunks) + told.text
    assert ENCRYPTED not in str(streamed.chunks) + told.text
    assert streamed.usage["completion_tokens_details"]["reasoning_tokens"] == 5


async def test_a_failure_before_content_falls_back_to_the_next_endpoint(tmp_path: Path) -> None:
    failed = response(status="failed", error={"code": "server_error", "message": "Sorry."}, usage=None)
    async with FakeProvider() as first, FakeProvider() as second:
        first.then(sse(frames(stream_of(failed)))).then(status=503)
        served = [
            endpoint(MODEL, first, "acme", protocol="openai-responses"),
            endpoint(MODEL, second, "umbra", pricing={"prompt": "1", "completion": "1"}),
        ]
        second.always(answer("From chat."))
        async with Instance(tmp_path, endpoints=served) as instance:
            order = {"order": ["acme", "umbra"]}
            second.then(
                sse([b'data: {"choices":[{"index":0,"delta":{"content":"Saved"},"finish_reason":"stop"}]}\n\n'])
            )
            assert (await instance.stream(MODEL, provider=order)).text == "Saved"
            told = await instance.chat(MODEL, provider=order)
            assert told["choices"][0]["message"]["content"] == "From chat."


async def test_an_error_after_content_ends_the_stream_with_it(provider: FakeProvider, instance: Instance) -> None:
    events = stream_of(response(message("Hello, world")))[:6]
    error = {"type": "error", "code": "rate_limit_exceeded", "message": "Too many tokens.", "param": None}
    provider.then(sse(frames([*events, error])))
    streamed = await instance.stream(MODEL)
    assert streamed.text == "Hello,"
    assert streamed.is_done
    assert streamed.finish_reasons == ["error"]
    assert streamed.error is not None
    assert streamed.error["code"] == 429
    assert (await instance.generation(streamed.id))["total_cost"] == 0


async def test_a_cut_stream_is_no_good_answer(provider: FakeProvider, instance: Instance) -> None:
    provider.then(sse(frames(stream_of(response(message("Hello, world")))[:6]), ending="close"))
    streamed = await instance.stream(MODEL)
    assert (streamed.text, streamed.finish_reasons) == ("Hello,", ["error"])
    assert streamed.error is not None


async def test_a_refused_request_tells_the_providers_reason(provider: FakeProvider, instance: Instance) -> None:
    complaint = {"message": "Unsupported parameter: 'temperature'", "code": "unsupported_parameter"}
    provider.always(body({"error": complaint | {"type": "invalid_request_error", "param": "temperature"}}, status=400))
    refused = await instance.post(MODEL, temperature=0.5)
    assert refused.status_code == 400
    assert "Unsupported parameter" in refused.text


async def test_an_endpoint_that_offers_chat_too_is_spoken_to_in_chat(tmp_path: Path, provider: FakeProvider) -> None:
    served = endpoint(MODEL, provider, protocol="openai-responses", protocols=["openai-responses", "openai-chat"])
    async with Instance(tmp_path, endpoints=[served]) as instance:
        await instance.chat(MODEL)
    assert provider.requests[0].path == "/v1/chat/completions"


@pytest.mark.parametrize("stream", [False, True], ids=["whole", "streamed"])
async def test_the_text_ends_before_a_stop_sequence_that_the_format_cannot_be_told(
    provider: FakeProvider, instance: Instance, stream: bool
) -> None:
    said = response(message("One, two, three, four."), used=usage(10, 9))
    provider.then(sse(frames(stream_of(said))) if stream else body(said))
    if stream:
        streamed = await instance.stream(MODEL, stop=["three"])
        assert (streamed.text, streamed.finish_reasons[0]) == ("One, two, ", "stop")
        assert streamed.usage["completion_tokens"] == 9
    else:
        told = await instance.chat(MODEL, stop=["three"])
        assert told["choices"][0]["message"]["content"] == "One, two, "
        assert told["choices"][0]["finish_reason"] == "stop"
        assert told["usage"]["completion_tokens"] == 9
    assert "stop" not in provider.requests[0].json
