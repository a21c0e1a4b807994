import asyncio
import re
import socket
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import asynccontextmanager

import pytest
from starlette.types import Receive, Scope, Send

from trunkline.cli.serving import server as serving
from trunkline.cli.serving.listener import CannotListen, listen, port_of
from trunkline.cli.serving.refusals import HEAD_BYTES_MAX, HEADERS_MAX
from trunkline.cli.serving.server import GatewayServer
from trunkline.settings import Server

App = Callable[[Scope, Receive, Send], Awaitable[None]]
DEFAULTS = Server()
Streams = tuple[asyncio.StreamReader, asyncio.StreamWriter]


async def greet(scope: Scope, receive: Receive, send: Send) -> None:
    while (await receive()).get("more_body"):
        pass
    await send({"type": "http.response.start", "status": 200, "headers": [(b"content-length", b"2")]})
    await send({"type": "http.response.body", "body": b"hi"})


class Slow:
    """Answers the first half at once and the rest when it is released."""

    def __init__(self) -> None:
        self.begun = asyncio.Event()
        self.release = asyncio.Event()
        self.was_cancelled = False

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        await send({"type": "http.response.start", "status": 200, "headers": [(b"content-length", b"8")]})
        await send({"type": "http.response.body", "body": b"half", "more_body": True})
        self.begun.set()
        try:
            await self.release.wait()
        except asyncio.CancelledError:
            self.was_cancelled = True
            raise
        await send({"type": "http.response.body", "body": b"done"})


@asynccontextmanager
async def serving_app(
    app: App, settings: Server = DEFAULTS
) -> AsyncGenerator[tuple[GatewayServer, int, asyncio.Task[None]]]:
    server = GatewayServer(app, settings)
    listener = listen("127.0.0.1", 0)
    port = port_of(listener)
    task = asyncio.get_running_loop().create_task(server.serve(sockets=[listener]))
    try:
        yield server, port, task
    finally:
        server.request_stop()
        server.request_stop()
        await asyncio.wait_for(task, 5)


async def connect(port: int) -> Streams:
    return await asyncio.open_connection("127.0.0.1", port)


async def answer_to(port: int, request: bytes) -> bytes:
    reader, writer = await connect(port)
    writer.write(request)
    answer = await asyncio.wait_for(reader.read(), 5)
    writer.close()
    return answer


def test_a_port_in_use_is_an_error_that_names_port_and_remedy() -> None:
    with listen("127.0.0.1", 0) as first, pytest.raises(CannotListen, match=re.escape("with --port")) as raised:
        listen("127.0.0.1", port_of(first))
    assert "is in use" in str(raised.value)


def test_a_host_of_another_machine_is_an_error_that_says_so() -> None:
    with pytest.raises(CannotListen, match="is no address of this machine"):
        listen("192.0.2.1", 0)


def test_port_zero_becomes_a_port_and_connections_wait_until_somebody_serves() -> None:
    with listen("127.0.0.1", 0) as listener:
        socket.create_connection(("127.0.0.1", port_of(listener)), timeout=5).close()


async def test_answers_carry_a_date_and_say_nothing_of_the_server() -> None:
    async with serving_app(greet) as (_, port, _task):
        answer = await answer_to(port, b"GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
    assert answer.startswith(b"HTTP/1.1 200 OK\r\n")
    assert answer.endswith(b"hi")
    assert b"\r\ndate: " in answer
    assert b"server:" not in answer.lower()


async def test_more_headers_than_anybody_needs_are_refused_with_431() -> None:
    async with serving_app(greet) as (_, port, _task):
        head = b"GET / HTTP/1.1\r\n" + b"X-A: b\r\n" * (HEADERS_MAX + 1) + b"\r\n"
        assert (await answer_to(port, head)).startswith(b"HTTP/1.1 431 ")


@pytest.mark.parametrize("beginning", [b"GET / HTTP/1.1\r\nX-A: ", b"GET /"], ids=["header", "target"])
async def test_a_head_without_end_is_refused_with_431(beginning: bytes) -> None:
    async with serving_app(greet) as (_, port, _task):
        reader, writer = await connect(port)
        writer.write(beginning.ljust(HEAD_BYTES_MAX, b"a"))
        await asyncio.sleep(0.2)
        writer.write(b"a")
        assert (await asyncio.wait_for(reader.read(), 5)).startswith(b"HTTP/1.1 431 ")
        writer.close()


async def test_nonsense_is_refused_with_400() -> None:
    async with serving_app(greet) as (_, port, _task):
        answer = await answer_to(port, b"\x16\x03\x01 not http\r\n\r\n")
    assert answer.startswith(b"HTTP/1.1 400 ")
    assert b'{"error":{"code":400,"message":"' in answer


async def test_a_large_body_after_the_head_is_no_flood_of_headers() -> None:
    async with serving_app(greet) as (_, port, _task):
        body = b"b" * (HEAD_BYTES_MAX * 3)
        head = b"POST / HTTP/1.1\r\nConnection: close\r\nContent-Length: %d\r\n\r\n" % len(body)
        assert (await answer_to(port, head + body)).startswith(b"HTTP/1.1 200 ")


async def test_a_body_that_ends_where_the_next_request_begins_is_no_flood_either() -> None:
    async with serving_app(greet) as (_, port, _task):
        reader, writer = await connect(port)
        writer.write(b"POST / HTTP/1.1\r\nContent-Length: %d\r\n\r\n" % (HEAD_BYTES_MAX * 2))
        await asyncio.sleep(0.1)
        writer.write(b"b" * HEAD_BYTES_MAX * 2 + b"GET / HTTP/1.1\r\nX-A:")
        await asyncio.wait_for(reader.readuntil(b"hi"), 5)
        writer.write(b" b\r\nConnection: close\r\n\r\n")
        assert b" 200 " in await asyncio.wait_for(reader.read(), 5)
        writer.close()


async def test_a_head_that_trickles_in_is_refused_after_its_time(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(serving, "_TICKS_PER_SWEEP", 1)
    async with serving_app(greet, Server(header_timeout_seconds=0.3)) as (_, port, _task):
        reader, writer = await connect(port)
        writer.write(b"GET / HT")
        assert (await asyncio.wait_for(reader.read(), 5)).startswith(b"HTTP/1.1 408 ")
        writer.close()


async def test_the_second_request_of_a_connection_has_its_own_time(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(serving, "_TICKS_PER_SWEEP", 1)
    async with serving_app(greet, Server(header_timeout_seconds=0.3)) as (_, port, _task):
        reader, writer = await connect(port)
        writer.write(b"GET / HTTP/1.1\r\n\r\n")
        await reader.readuntil(b"hi")
        await asyncio.sleep(0.5)
        writer.write(b"GET / HTTP/1.1\r\n\r\n")
        await asyncio.wait_for(reader.readuntil(b"hi"), 5)
        writer.write(b"GET / HT")
        assert (await asyncio.wait_for(reader.read(), 5)).startswith(b"HTTP/1.1 408 ")
        writer.close()


async def test_a_connection_that_never_says_anything_is_closed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(serving, "_TICKS_PER_SWEEP", 1)
    async with serving_app(greet, Server(header_timeout_seconds=0.3)) as (_, port, _task):
        reader, writer = await connect(port)
        assert await asyncio.wait_for(reader.read(), 5) == b""
        writer.close()


async def test_the_first_stop_lets_a_running_answer_finish_and_takes_no_new_ones() -> None:
    app = Slow()
    async with serving_app(app) as (server, port, task):
        reader, writer = await connect(port)
        writer.write(b"GET / HTTP/1.1\r\n\r\n")
        await app.begun.wait()
        assert server.drain_left_s() == DEFAULTS.drain_seconds
        server.request_stop()
        await asyncio.sleep(0.4)
        assert 0 < server.drain_left_s() < DEFAULTS.drain_seconds
        with pytest.raises(ConnectionRefusedError):
            await connect(port)
        assert not task.done()
        app.release.set()
        assert (await asyncio.wait_for(reader.read(), 5)).endswith(b"halfdone")
        await asyncio.wait_for(task, 5)
        writer.close()


async def test_the_second_stop_ends_a_running_answer_at_once() -> None:
    app = Slow()
    async with serving_app(app) as (server, port, task):
        _, writer = await connect(port)
        writer.write(b"GET / HTTP/1.1\r\n\r\n")
        await app.begun.wait()
        server.request_stop()
        await asyncio.sleep(0.2)
        server.request_stop()
        assert server.drain_left_s() == 0
        await asyncio.wait_for(task, 2)
        assert app.was_cancelled
        writer.close()


async def test_an_answer_that_outlasts_the_drain_is_ended() -> None:
    app = Slow()
    async with serving_app(app, Server(drain_seconds=1)) as (server, port, task):
        _, writer = await connect(port)
        writer.write(b"GET / HTTP/1.1\r\n\r\n")
        await app.begun.wait()
        server.request_stop()
        await asyncio.wait_for(task, 4)
        await asyncio.sleep(0)
        assert app.was_cancelled
        writer.close()
