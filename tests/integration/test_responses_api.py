"""POST /responses through a whole instance: errors, fallbacks, what is shown and hidden, what it costs."""

import asyncio
import json
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from tests.fakes.openai_responses import frames, message, reasoning, response, stream_of
from tests.fakes.provider import FakeProvider
from tests.fakes.replies import Call, answer, body, break_after, failure, sse, stall_before_head, stream
from tests.instance import Instance, endpoint
from tests.ways.responses import REQUIRED, Events, read_events
from trunkline.settings import Routing

CHAT, NATIVE, TWO = "acme/chat", "acme/native", "acme/two"
TOO_LONG = {"error": {"message": "maximum context length is 10 tokens", "code": "context_length_exceeded"}}


@pytest.fixture
async def provider() -> AsyncIterator[FakeProvider]:
    async with FakeProvider() as fake:
        yield fake


@pytest.fixture
async def instance(tmp_path: Path, provider: FakeProvider) -> AsyncIterator[Instance]:
    endpoints = [
        endpoint(CHAT, provider),
        endpoint(NATIVE, provider, "openai", protocol="openai-responses"),
        endpoint(TWO, provider, "one"),
        endpoint(TWO, provider, "two", protocol="openai-responses"),
    ]
    async with Instance(tmp_path, endpoints=endpoints) as running:
        yield running
        assert await running.audit() == []


async def post(instance: Instance, model: str, **members: Any) -> Any:
    return await instance.client.post("/responses", json={"model": model, "input": "Hi"} | members)


async def streamed(instance: Instance, model: str, **members: Any) -> Events:
    answered = await post(instance, model, stream=True, **members)
    assert answered.status_code == 200, answered.text
    assert answered.headers["content-type"].startswith("text/event-stream")
    return read_events(answered.text)


@pytest.mark.parametrize("model", [CHAT, NATIVE])
async def test_answer_is_recorded_and_priced(provider: FakeProvider, instance: Instance, model: str) -> None:
    provider.then(answer("Hello.") if model == CHAT else body(response(message("Hello."))))
    answered = await post(instance, model, metadata={"a": "b"}, user="eve")
    told = answered.json()
    assert told["id"] == answered.headers["x-generation-id"]
    assert told["metadata"] == {"a": "b"}
    assert set(REQUIRED) <= told.keys()
    assert told["completed_at"] >= told["created_at"] or model == NATIVE
    record = await instance.generation(told["id"])
    assert record["total_cost"] == told["usage"]["cost"] == 0.00002
    assert record["external_user"] == "eve"
    assert b"eve" not in provider.requests[0].body


@pytest.mark.parametrize("stream_it", [False, True])
async def test_a_refusal_before_any_answer_is_the_error_body_of_chat(instance: Instance, stream_it: bool) -> None:
    answered = await post(instance, "acme/nowhere", stream=stream_it)
    assert answered.status_code == 400
    error = answered.json()["error"]
    assert (error["code"], error["availability"]["code"]) == (400, "model_not_found")


@pytest.mark.parametrize("model", [CHAT, NATIVE])
@pytest.mark.parametrize("stream_it", [False, True])
async def test_a_conversation_too_long_for_the_provider_is_an_answer_without_room(
    provider: FakeProvider, instance: Instance, model: str, stream_it: bool
) -> None:
    provider.then(status=400, body=TOO_LONG)
    if stream_it:
        events = await streamed(instance, model)
        assert events.types == ["response.created", "response.in_progress", "response.incomplete"]
        told = events.response
    else:
        answered = await post(instance, model)
        assert answered.status_code == 200
        told = answered.json()
    assert (told["status"], told["incomplete_details"]) == ("incomplete", {"reason": "max_output_tokens"})
    assert (told["output"], told["error"], told["usage"]["cost"]) == ([], None, 0)
    assert (await instance.generation(told["id"]))["total_cost"] == 0


async def test_the_gateways_own_check_of_length_stays_an_error(instance: Instance) -> None:
    answered = await post(instance, CHAT, input="word " * 200_000)
    assert (answered.status_code, answered.json()["error"]["metadata"]["error_type"]) == (
        400,
        "context_length_exceeded",
    )


async def test_a_fallback_is_not_seen_in_the_stream(provider: FakeProvider, instance: Instance) -> None:
    responses, chat = sse(frames(stream_of(response(message("Hello."))))), stream(["Hello."])

    async def in_its_own_format(call: Call) -> None:
        await (responses if "input" in call.json else chat)(call)

    provider.then(status=503).always(in_its_own_format)
    events = await streamed(instance, TWO)
    assert events.text == "Hello."
    assert events.types.count("response.created") == 1


async def test_each_attempt_is_echoed_before_the_answer(provider: FakeProvider, instance: Instance) -> None:
    provider.when(lambda request: "messages" in request.json, failure(503))
    provider.always(sse(frames(stream_of(response(message("Hello."))))))
    events = await streamed(instance, TWO, debug={"echo_upstream_body": True}, user="eve")
    bodies = [event["debug"]["echo_upstream_body"] for event in events.debug]
    assert [event["sequence_number"] for event in events.debug] == [0] * len(bodies)
    assert {"input" in sent for sent in bodies} <= {True, False}
    assert "input" in bodies[-1]
    assert events.types[0] == "response.created"


@pytest.mark.parametrize("model", [CHAT, NATIVE])
async def test_a_stream_that_breaks_is_failed_and_costs_nothing(
    provider: FakeProvider, instance: Instance, model: str
) -> None:
    cut = frames(stream_of(response(message("Hello, world."))))[:6]
    provider.then(break_after(1) if model == CHAT else sse(cut, ending="reset"))
    events = await streamed(instance, model)
    assert (events.types[-1], events.done) == ("response.failed", True)
    assert events.response["error_type"] == "provider_unavailable"
    assert events.response["usage"]["cost"] == 0
    assert (await instance.generation(events.response["id"]))["total_cost"] == 0


@pytest.mark.parametrize("stream_it", [False, True])
async def test_excluded_reasoning_leaves_no_byte(provider: FakeProvider, instance: Instance, stream_it: bool) -> None:
    whole = response(reasoning("Secret.", encrypted="gAAsecret"), message("Hello."), usage=None)
    whole["usage"] = {"input_tokens": 9, "output_tokens": 8, "output_tokens_details": {"reasoning_tokens": 5}}
    provider.then(sse(frames(stream_of(whole))) if stream_it else body(whole))
    answered = await post(instance, NATIVE, stream=stream_it, reasoning={"exclude": True})
    assert "ecret" not in answered.text
    told = read_events(answered.text).response if stream_it else answered.json()
    assert [item["type"] for item in told["output"]] == ["message"]
    assert told["usage"]["output_tokens_details"]["reasoning_tokens"] == 5


async def test_silence_is_bridged_by_comments_and_a_late_refusal_is_a_flat_error(
    tmp_path: Path, provider: FakeProvider
) -> None:
    impatient = Routing(stream_commit_seconds=0.05, heartbeat_seconds=0.05)
    until = asyncio.Event()
    provider.then(stall_before_head(until, failure(503)))
    async with Instance(tmp_path, endpoints=[endpoint(CHAT, provider)], routing=impatient) as running:
        asking = asyncio.get_running_loop().create_task(post(running, CHAT, stream=True))
        await asyncio.sleep(0.3)
        until.set()
        events = read_events((await asking).text)
    assert events.comments
    assert (events.types, events.done) == (["error"], True)
    assert events.events[0]["error"]["code"] == "server_error"


async def test_router_metadata_comes_where_it_was_asked_for(provider: FakeProvider, instance: Instance) -> None:
    for model, reply in ((CHAT, answer("Hi")), (NATIVE, body(response(message("Hi"))))):
        provider.then(reply)
        answered = await instance.client.post(
            "/responses", json={"model": model, "input": "Hi"}, headers={"X-OpenRouter-Metadata": "enabled"}
        )
        assert answered.json()["openrouter_metadata"]["requested"] == model


async def test_a_tool_of_the_provider_finds_the_endpoint_that_has_it(
    provider: FakeProvider, instance: Instance
) -> None:
    tools = [{"type": "code_interpreter", "container": {"type": "auto"}}]
    provider.always(body(response(message("Hi"))))
    assert (await post(instance, TWO, tools=tools)).status_code == 200
    assert "input" in provider.requests[-1].json
    refused = await post(instance, CHAT, tools=tools)
    assert refused.status_code == 400
    assert "code_interpreter" in refused.json()["error"]["message"]


async def test_what_nobody_has_heard_of_comes_back_natively(provider: FakeProvider, instance: Instance) -> None:
    item = {"type": "telepathy_call", "id": "tp_1", "waves": [1, 2]}
    provider.then(body(response(item, message("Hi"), mood="fine")))
    told = (await post(instance, NATIVE)).json()
    assert (told["output"][0], told["mood"]) == (item, "fine")
    odd = {"type": "response.telepathy.started", "waves": 3}
    events = stream_of(response(message("Hi")))
    provider.then(sse(frames([*events[:2], odd, *events[2:]])))
    assert odd | {"sequence_number": 2} in (await streamed(instance, NATIVE)).events


async def test_an_answer_with_an_error_inside_is_told_as_failed(provider: FakeProvider, instance: Instance) -> None:
    events = stream_of(response(message("Hello, world")))[:6]
    failed = response(message("Hello,"), status="failed", error={"code": "rate_limit_exceeded", "message": "No."})
    provider.then(sse(frames([*events, {"type": "response.failed", "response": failed}])))
    told = await streamed(instance, NATIVE)
    assert told.types[-1] == "response.failed"
    assert told.response["error"]["code"] == "rate_limit_exceeded"
    assert json.dumps(told.response).count("rate_limit_exceeded") == 2
