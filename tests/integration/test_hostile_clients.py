"""Clients that leave, stall or never read, at every stage of a generation, against the real program (OP-42, OP-50)."""

import asyncio
import contextlib
from collections.abc import AsyncIterator
from pathlib import Path

import httpx
import msgspec
import pytest
import pytest_asyncio

from tests.fakes.openai_chat import usage
from tests.fakes.provider import FakeProvider
from tests.fakes.replies import answer, stall_before_head, stream
from tests.hostile import ANSWER_S_MAX, CHAT, CONFIG
from tests.instance import KEY
from tests.process import ServeProcess
from tests.raw_http import connection, get, post, read_answer

pytestmark = pytest.mark.asyncio(loop_scope="module")
MODEL = "acme/rocket"
PIECE = "x" * 2_000
ENDPOINT = """
[providers.acme]
base_url = "{url}"
cancels_billing = true
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


class Scene:
    """The program in front of one fake provider."""

    def __init__(self, server: ServeProcess, provider: FakeProvider) -> None:
        self.server = server
        self.provider = provider

    async def metric(self, name: str) -> float:
        async with httpx.AsyncClient() as client:
            text = (await client.get(f"http://127.0.0.1:{self.server.port}/metrics")).text
        return sum(float(line.rpartition(" ")[2]) for line in text.splitlines() if line.startswith(name))

    async def quiet(self) -> None:
        """Nothing is in flight any more."""
        async with asyncio.timeout(10):
            while await self.metric("trunkline_requests_in_flight"):
                await asyncio.sleep(0.02)


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def scene(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Scene]:
    home: Path = tmp_path_factory.mktemp("clients") / "home"
    async with FakeProvider() as provider:
        server = ServeProcess(home, CONFIG + ENDPOINT.format(url=provider.url))
        await server.start()
        try:
            yield Scene(server, provider)
            assert await server.terminate() == 0
            assert "Traceback" not in server.log, server.log[-4000:]
            status, said = await server.run("audit")
            assert status == 0, said
        finally:
            if server.alive:
                await server.kill()


def request(*, streaming: bool) -> bytes:
    body = {"model": MODEL, "messages": [{"role": "user", "content": "Hi"}], "stream": streaming}
    return post(CHAT, msgspec.json.encode(body), key=KEY)


@pytest.mark.parametrize("streaming", [False, True])
async def test_leaving_at_every_byte_of_the_request_harms_nobody(scene: Scene, streaming: bool) -> None:
    whole = request(streaming=streaming)
    for cut in range(0, len(whole), 9):
        async with connection(scene.server.port) as (_, writer):
            writer.write(whole[:cut])
            await writer.drain()
    await scene.quiet()


@pytest.mark.parametrize("chunks", [0, 1, 2, 5, 20])
async def test_leaving_after_some_chunks_stops_the_upstream_and_leaves_no_hold(scene: Scene, chunks: int) -> None:
    go = asyncio.Event()
    before = len(scene.provider.requests)
    scene.provider.then(stall_before_head(go) if chunks == 0 else stream([*(["w "] * chunks), go, "end"]))
    async with connection(scene.server.port) as (reader, writer):
        writer.write(request(streaming=True))
        await scene.provider.received(before + 1)
        seen = 0
        while seen < chunks:
            seen += (await asyncio.wait_for(reader.readline(), 5)).startswith(b"data: ")
    await asyncio.wait_for(scene.provider.client_closed(before), 2)
    await scene.quiet()


async def test_whole_answer_is_finished_and_recorded_for_a_client_that_left(scene: Scene) -> None:
    go = asyncio.Event()
    before = len(scene.provider.requests)
    scene.provider.then(stall_before_head(go, answer(used=usage(10, 5))))
    spent = await usage_of(scene)
    async with connection(scene.server.port) as (_, writer):
        writer.write(request(streaming=False))
        await scene.provider.received(before + 1)
    go.set()
    await scene.quiet()
    assert await usage_of(scene) == pytest.approx(spent + 0.00002)


async def test_client_that_pipelines_and_leaves_is_noticed_too(scene: Scene) -> None:
    """It is not the request that came last that must know, but the one that is being answered."""
    go = asyncio.Event()
    before = len(scene.provider.requests)
    scene.provider.then(stream(["a ", go, "b"]))
    async with connection(scene.server.port) as (reader, writer):
        writer.write(request(streaming=True) + get("/healthz"))
        await asyncio.wait_for(reader.readuntil(b"data: "), 5)
        await asyncio.sleep(0.1)
    await asyncio.wait_for(scene.provider.client_closed(before), 2)
    await scene.quiet()


async def test_client_that_never_reads_is_not_buffered_for_and_stops_the_upstream(scene: Scene) -> None:
    """Back-pressure reaches the upstream long before its 80 MB are read; then the client's time is up."""
    before, sent = len(scene.provider.requests), scene.provider.bytes_sent
    rss = scene.server.rss_bytes()
    scene.provider.then(stream([PIECE] * 40_000))
    async with connection(scene.server.port) as (_, writer):
        writer.transport.pause_reading()
        writer.write(request(streaming=True))
        await asyncio.wait_for(scene.provider.client_closed(before), ANSWER_S_MAX + 6)
        assert scene.provider.bytes_sent - sent < 40_000_000
        assert scene.server.rss_bytes() - rss < 16 * 1024 * 1024
    await scene.quiet()


async def test_client_that_reads_slowly_gets_everything(scene: Scene) -> None:
    scene.provider.then(stream([PIECE] * 1_000, used=usage(1, 2)))
    async with connection(scene.server.port) as (reader, writer):
        writer.write(request(streaming=True))
        taken = bytearray()
        async with asyncio.timeout(20):
            while b"data: [DONE]" not in taken[-64:]:
                taken += await reader.read(200_000)
                await asyncio.sleep(0.05)
    assert taken.count(PIECE.encode()) == 1_000
    await scene.quiet()


async def test_hundred_clients_that_leave_at_once_leave_nothing(scene: Scene) -> None:
    scene.provider.always(stream(["w "] * 200, pause_s=0.002))
    opened: list[tuple[asyncio.StreamReader, asyncio.StreamWriter]] = []
    for _ in range(100):
        reader, writer = await asyncio.open_connection("127.0.0.1", scene.server.port)
        writer.write(request(streaming=True))
        opened.append((reader, writer))
    await asyncio.sleep(0.2)
    for _, writer in opened:
        writer.transport.abort()
    await scene.quiet()
    async with asyncio.timeout(5):
        while any(not sent.closed.is_set() and not sent.answered for sent in scene.provider.requests):
            await asyncio.sleep(0.02)


async def test_garbage_in_the_middle_of_a_stream_never_lands_in_it(scene: Scene) -> None:
    go = asyncio.Event()
    scene.provider.then(stream(["a ", go, "b"]))
    async with connection(scene.server.port) as (reader, writer):
        writer.write(request(streaming=True))
        head = await asyncio.wait_for(read_answer(reader, to_head=True), 5)
        assert head is not None and head.status == 200
        writer.write(b"\x00 garbage \r\n\r\n")
        rest = b""
        with contextlib.suppress(ConnectionError):
            rest = await asyncio.wait_for(reader.read(), 5)
        assert b"HTTP/1.1" not in rest
    go.set()
    await scene.quiet()


async def usage_of(scene: Scene) -> float:
    async with httpx.AsyncClient(headers={"Authorization": f"Bearer {KEY}"}) as client:
        return (await client.get(f"{scene.server.base_url}/key")).json()["data"]["usage"]
