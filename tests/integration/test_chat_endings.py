"""How an answer ends when something goes wrong late: nothing leaks, nobody is told a lie, the books agree."""

import asyncio
from pathlib import Path
from typing import Any

import msgspec
import pytest
from sqlalchemy import Connection, text

from tests.fakes import openai_chat
from tests.fakes.openai_chat import usage
from tests.fakes.provider import FakeProvider
from tests.fakes.replies import Item, Reply, answer, break_after, event, failure, sse, stall_before_head, stream
from tests.instance import Instance, Streamed, endpoint
from trunkline.settings import Billing, Routing

MODEL = "acme/rocket"
IMPATIENT = Routing(stream_commit_seconds=0.03, heartbeat_seconds=0.03)
DONE = b"data: [DONE]\n\n"


def late(reply: Reply, *, after_s: float = 0.15) -> Reply:
    """`reply`, when the comments have committed the status line."""
    go = asyncio.Event()
    asyncio.get_running_loop().call_later(after_s, go.set)
    return stall_before_head(go, reply)


async def test_request_that_the_end_of_the_process_cut_off_is_recorded_as_failed(tmp_path: Path) -> None:
    async with FakeProvider() as provider, Instance(tmp_path, endpoints=[endpoint(MODEL, provider)]) as instance:
        provider.then(stall_before_head())
        asking = asyncio.get_running_loop().create_task(instance.post(MODEL))
        await provider.received(1)
        for task in tuple(instance._server.server_state.tasks):
            task.cancel()
        await asking
        record = await only_record(instance)
        assert (record["status"], record["finish_reason"], record["error_type"]) == ("failed", "error", "server")
        assert instance.app._shared.open_holds() == 0
        assert await instance.audit() == []


async def only_record(instance: Instance) -> dict[str, Any]:
    """The one generation there is, as stored: its id never reached the client."""

    def read(connection: Connection) -> str:
        return connection.execute(text("SELECT record FROM generations")).scalar_one()

    database = instance.app._database
    await database.barrier()
    return msgspec.json.decode(await database.read(read))


async def test_whole_answer_that_fails_after_output_is_given_as_far_as_it_came(tmp_path: Path) -> None:
    async with FakeProvider() as provider, Instance(tmp_path, endpoints=[endpoint(MODEL, provider)]) as instance:
        provider.then(answer("half a thou", finish="error"))
        body = await instance.chat(MODEL)
        choice = body["choices"][0]
        assert choice["message"]["content"] == "half a thou"
        assert choice["finish_reason"] == "error"
        assert choice["error"]["code"] == 502
        assert body["usage"]["cost"] == 0
        record = await instance.generation(body["id"])
        assert (record["finish_reason"], record["total_cost"]) == ("error", 0)
        assert await instance.audit() == []


async def refuse_records(instance: Instance) -> None:
    """From now on the database refuses every record."""

    def forbid(connection: Connection) -> None:
        connection.execute(
            text("CREATE TRIGGER refuse BEFORE INSERT ON generations BEGIN SELECT RAISE(ABORT, 'refused'); END")
        )

    await instance.app._database.write(forbid)


async def test_answer_whose_body_ends_after_its_end_marker_counts_as_a_success(tmp_path: Path) -> None:
    async with FakeProvider() as provider, Instance(tmp_path, endpoints=[endpoint(MODEL, provider)]) as instance:
        chunks = [
            event(openai_chat.chunk({"content": "Hi"}, model="m", id="x")),
            event(openai_chat.chunk({}, model="m", id="x", finish="stop")),
        ]
        provider.then(sse([*chunks, DONE, end := asyncio.Event()]))
        streamed = await instance.stream(MODEL)
        asyncio.get_running_loop().call_later(0.02, end.set)
        record = await instance.generation(streamed.id)
        endpoint_id = record["provider_responses"][0]["endpoint_id"]
        async with asyncio.timeout(2):
            while instance.app.health.latency_s(endpoint_id, "p50") is None:
                await asyncio.sleep(0.01)


async def test_answer_that_breaks_off_counts_against_the_uptime(tmp_path: Path) -> None:
    async with FakeProvider() as provider, Instance(tmp_path, endpoints=[endpoint(MODEL, provider)]) as instance:
        for reply in [break_after(2), stream()] * 5:
            provider.then(reply)
            streamed = await instance.stream(MODEL)
        record = await instance.generation(streamed.id)
        assert instance.app.health.uptime_percent(record["provider_responses"][0]["endpoint_id"]) == 50


@pytest.mark.parametrize(
    "said", [b"", event(openai_chat.chunk({"content": "Hi"}, model="m", id="x"))], ids=["nothing", "no finish reason"]
)
async def test_upstream_that_stays_open_after_a_broken_answer_is_let_go(tmp_path: Path, said: bytes) -> None:
    async with FakeProvider() as provider, Instance(tmp_path, endpoints=[endpoint(MODEL, provider)]) as instance:
        provider.then(sse([said + DONE], ending="hang"))
        await instance.post(MODEL, stream=True)
        async with asyncio.timeout(2):
            await provider.client_closed(0)


@pytest.mark.parametrize("streaming", [False, True])
async def test_nobody_else_is_called_once_the_time_for_a_first_token_is_over(tmp_path: Path, streaming: bool) -> None:
    impatient = Routing(read_timeout_seconds=0.15, total_timeout_seconds=0.2)
    async with FakeProvider() as provider:
        provider.always(stall_before_head())
        endpoints = [endpoint(MODEL, provider, name) for name in ("one", "two", "three", "four", "five")]
        async with Instance(tmp_path, endpoints=endpoints, routing=impatient) as instance:
            response = await instance.post(MODEL, stream=streaming)
            assert response.status_code == 503
            assert len(provider.requests) == 2


async def test_error_body_that_never_ends_does_not_hold_the_caller_up(tmp_path: Path) -> None:
    async with FakeProvider() as first, FakeProvider() as second:
        endpoints = [endpoint(MODEL, first, "one"), endpoint(MODEL, second, "two")]
        async with Instance(tmp_path, endpoints=endpoints) as instance:
            first.then(sse([b"overloaded"], ending="hang", status=503))
            async with asyncio.timeout(10):
                response = await instance.post(MODEL, provider={"order": ["one", "two"]})
                assert response.json()["provider"] == "Two"
                await first.client_closed(0)


async def test_header_names_no_provider_that_another_one_stood_in_for(tmp_path: Path) -> None:
    async with FakeProvider() as first, FakeProvider() as second:
        endpoints = [endpoint(MODEL, first, "one"), endpoint(MODEL, second, "two")]
        async with Instance(tmp_path, endpoints=endpoints, routing=IMPATIENT) as instance:
            first.then(sse([b'data: {"error": {"message": "overloaded", "code": 503}}\n\n']))
            second.then(late(stream()))
            streamed = await instance.stream(MODEL, provider={"order": ["one", "two"]})
            assert streamed.comments
            assert streamed.chunks[0]["provider"] == "Two"
            assert streamed.headers.get("x-provider-name", "Two") == "Two"
            assert streamed.headers["x-generation-id"] == streamed.id


async def test_request_that_one_provider_cannot_be_told_goes_to_the_next(tmp_path: Path) -> None:
    async with FakeProvider() as thinker, FakeProvider() as plain:
        settings = thinker_and_plain(thinker, plain)
        async with Instance(tmp_path, **settings) as instance:
            response = await instance.post("acme/thinker", models=["acme/plain"], reasoning={"enabled": False})
            assert response.status_code == 200, response.text
            assert response.json()["provider"] == "Two"
            assert thinker.requests == []
            assert await instance.audit() == []


async def test_request_that_no_provider_can_be_told_is_a_400_without_a_record_or_hold(tmp_path: Path) -> None:
    async with FakeProvider() as thinker, FakeProvider() as plain:
        settings = thinker_and_plain(thinker, plain)
        async with Instance(tmp_path, **settings) as instance:
            response = await instance.post("acme/thinker", reasoning={"enabled": False})
            assert response.status_code == 400
            assert response.json()["error"]["metadata"]["error_type"] == "invalid_request"
            generation_id = response.headers["x-generation-id"]
            assert (await instance.client.get("/generation", params={"id": generation_id})).status_code == 404
            assert instance.app._shared.open_holds() == 0


async def test_refusal_after_comments_is_told_in_the_stream(tmp_path: Path) -> None:
    async with FakeProvider() as thinker, FakeProvider() as plain:
        settings = thinker_and_plain(thinker, plain)
        async with Instance(tmp_path, **settings, routing=IMPATIENT) as instance:
            plain.then(late(failure(503)))
            streamed = await instance.stream("acme/plain", models=["acme/thinker"], reasoning={"enabled": False})
            assert streamed.comments
            assert streamed.error is not None
            assert streamed.is_done
            assert instance.app._shared.open_holds() == 0
            assert await instance.audit() == []


def thinker_and_plain(thinker: FakeProvider, plain: FakeProvider) -> dict[str, Any]:
    """Two models: one that cannot be told not to reason, and one without reasoning."""
    reasoning = {"supported_efforts": ["low", "high"], "mandatory": True}
    return {
        "models": ({"id": "acme/thinker", "name": "Thinker", "reasoning": reasoning},),
        "endpoints": [
            endpoint("acme/thinker", thinker, "one", supported_parameters=["reasoning", "max_tokens"]),
            endpoint("acme/plain", plain, "two"),
        ],
    }


@pytest.mark.parametrize("items", [["Hi"], []], ids=["after an answer", "after comments"])
async def test_stream_whose_record_is_refused_ends_with_an_error(tmp_path: Path, items: list[Item]) -> None:
    async with (
        FakeProvider() as provider,
        Instance(tmp_path, endpoints=[endpoint(MODEL, provider)], routing=IMPATIENT) as instance,
    ):
        await refuse_records(instance)
        provider.then(late(stream(items) if items else failure(503)))
        streamed = await instance.stream(MODEL)
        assert streamed.error is not None
        assert streamed.error["code"] == 503
        assert streamed.is_done
        assert streamed.finish_reasons == ["error"]
        assert instance.app._shared.open_holds() == 0
        assert await instance.usage() == 0
        assert await instance.audit() == []


@pytest.mark.parametrize("streaming", [False, True])
async def test_absurd_usage_is_no_way_to_break_the_books(tmp_path: Path, streaming: bool) -> None:
    pricing = {"prompt": "1", "completion": "2", "web_search": "0.01"}
    async with (
        FakeProvider() as provider,
        Instance(tmp_path, endpoints=[endpoint(MODEL, provider, pricing=pricing)]) as instance,
    ):
        absurd: list[dict[str, object]] = [
            {**usage(10**12, 10**12), "server_tool_use_details": {"web_search_requests": 10**12}},
            {**usage(10**30, 5), "total_tokens": -7},
            {"prompt_tokens": -5, "completion_tokens": 1e300},
            {"prompt_tokens": 2.5, "completion_tokens": "many", "prompt_tokens_details": []},
        ]
        for used in absurd * 4:
            provider.then(stream(used=used, send_usage=True) if streaming else answer(used=used))
            response = await instance.post(MODEL, stream=streaming)
            assert response.status_code == 200, response.text
            if streaming:
                assert Streamed(response).error is None
        assert await instance.audit() == []
        spent = await instance.usage()
        assert 0 < spent < 1_000
        credits = (await instance.management.get("/credits")).json()["data"]
        assert credits["total_usage"] == pytest.approx(spent)


async def test_sandbox_asks_nobody_for_credits(tmp_path: Path) -> None:
    async with Instance(tmp_path, billing=Billing(mode="prepaid")) as instance:
        response = await instance.post("openai/gpt-4o-mini")
        assert response.status_code == 200, response.text
        assert response.json()["provider"] == "Sandbox"
        assert response.json()["usage"]["cost"] > 0
        assert await instance.usage() == 0
        assert await instance.audit() == []
