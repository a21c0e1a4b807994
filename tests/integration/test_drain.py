"""How a serving process ends (operating.md OP-41): politely at the first SIGTERM, at once at the second, and never
without the record of an answer that a client has."""

import asyncio
import signal
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import httpx
import msgspec
import pytest

from tests.fakes.openai_chat import usage
from tests.fakes.provider import FakeProvider
from tests.fakes.replies import answer, stream
from tests.instance import KEY
from tests.process import ServeProcess
from tests.raw_http import connection, get, post, read_answer, send_raw

CONFIG = """
[server]
drain_seconds = 5
[limits]
requests_per_second = 0
[[endpoints]]
model = "acme/rocket"
provider = "acme"
protocol = "openai-chat"
base_url = "{url}"
api_key = "upstream-secret"
upstream_model = "rocket"
context_length = 32768
pricing = {{ prompt = "0.000001", completion = "0.000002" }}
"""
CHAT = "/api/v1/chat/completions"


def request(*, streaming: bool) -> bytes:
    body = {"model": "acme/rocket", "messages": [{"role": "user", "content": "Hi"}], "stream": streaming}
    return post(CHAT, msgspec.json.encode(body), key=KEY)


@asynccontextmanager
async def serving(home: Path, provider: FakeProvider) -> AsyncIterator[ServeProcess]:
    server = ServeProcess(home / "home", CONFIG.format(url=provider.url))
    await server.start()
    try:
        yield server
    finally:
        if server.alive:
            await server.kill()


async def records_of(server: ServeProcess, ids: list[str]) -> list[dict[str, object]]:
    """The records, read by the next life of the server."""
    await server.start()
    async with httpx.AsyncClient(base_url=server.base_url, headers={"Authorization": f"Bearer {KEY}"}) as client:
        found = [await client.get("/generation", params={"id": generation_id}) for generation_id in ids]
    assert [response.status_code for response in found] == [200] * len(ids)
    status, said = await server.run("audit")
    assert status == 0, said
    return [response.json()["data"] for response in found]


async def test_sigterm_lets_answers_end_and_takes_no_new_ones(tmp_path: Path) -> None:
    go = asyncio.Event()
    async with FakeProvider() as provider, serving(tmp_path, provider) as server:
        provider.then(stream(["a ", go, "b"], used=usage(10, 2)))
        async with connection(server.port) as (reader, writer), connection(server.port) as (idle, _):
            writer.write(request(streaming=True))
            head = await asyncio.wait_for(read_answer(reader, to_head=True), 5)
            assert head is not None
            server.signal(signal.SIGTERM)
            assert await asyncio.wait_for(idle.read(), 3) == b""
            with pytest.raises(OSError):
                async with asyncio.timeout(3):
                    while True:
                        await send_raw(server.port, get("/healthz"))
            go.set()
            rest = await asyncio.wait_for(reader.read(), 4)
            assert b"data: [DONE]" in rest
            assert await asyncio.wait_for(server.ended(), 4) == 0
        (record,) = await records_of(server, [head.headers["x-generation-id"]])
        assert (record["finish_reason"], record["total_cost"]) == ("stop", 0.000014)


async def test_sigterm_waits_no_longer_than_the_time_to_drain(tmp_path: Path) -> None:
    never = asyncio.Event()
    async with FakeProvider() as provider, serving(tmp_path, provider) as server:
        provider.then(stream(["a ", never, "b"]))
        async with connection(server.port) as (reader, writer):
            writer.write(request(streaming=True))
            head = await asyncio.wait_for(read_answer(reader, to_head=True), 5)
            assert head is not None
            server.signal(signal.SIGTERM)
            assert await asyncio.wait_for(server.ended(), 9) == 0
        (record,) = await records_of(server, [head.headers["x-generation-id"]])
        assert record["finish_reason"] != "stop"


async def test_second_sigterm_ends_at_once_and_keeps_every_finished_record(tmp_path: Path) -> None:
    never = asyncio.Event()
    async with FakeProvider() as provider, serving(tmp_path, provider) as server:
        finished: list[str] = []
        provider.always(answer(used=usage(10, 5)))
        provider.when(lambda sent: sent.json.get("stream") is True, stream(["a ", never, "b"]))
        async with connection(server.port) as (reader, writer):
            writer.write(request(streaming=True))
            assert await asyncio.wait_for(read_answer(reader, to_head=True), 5) is not None
            load = [asyncio.get_running_loop().create_task(ask_on(server.port, finished)) for _ in range(8)]
            await asyncio.sleep(0.3)
            server.signal(signal.SIGTERM)
            await asyncio.sleep(0.05)
            server.signal(signal.SIGTERM)
            assert await asyncio.wait_for(server.ended(), 2) == 0
            await asyncio.gather(*load)
        assert len(finished) > 20
        assert {record["finish_reason"] for record in await records_of(server, finished)} == {"stop"}


async def ask_on(port: int, finished: list[str]) -> None:
    """Ask on one connection until it ends; remember what was received whole."""
    try:
        async with connection(port) as (reader, writer):
            while True:
                writer.write(request(streaming=False))
                received = await read_answer(reader)
                if received is None:
                    return
                assert received.status == 200, received.body
                finished.append(received.json["id"])
    except OSError:
        return
