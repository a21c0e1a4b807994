"""Reading an answer: as it comes, with deadlines, in bounded memory, until cancelled."""

import asyncio
import contextlib
import gc
import gzip
from typing import Literal

import pytest

from tests.fakes.provider import FakeProvider
from tests.fakes.replies import (
    Call,
    Reply,
    answer,
    body,
    break_after,
    chunked,
    garbage,
    head,
    raw,
    sse,
    stall_after,
    stall_before_head,
    stream,
    trickle,
)
from tests.unit.gateway.transport.conftest import Ask
from trunkline.gateway.transport.client import HttpTransport
from trunkline.gateway.transport.connection import Connection
from trunkline.gateway.transport.response import SocketResponse
from trunkline.gateway.transport.wire import ResponseReader
from trunkline.providers.upstream import UpstreamFailed

READ_TIMEOUT_S = 0.1


async def test_chunks_are_handed_over_as_they_come(provider: FakeProvider, transport: HttpTransport, ask: Ask) -> None:
    first, second = asyncio.Event(), asyncio.Event()
    provider.then(sse([b"data: 1\n\n", first, b"data: 2\n\n", second, b"data: 3\n\n"]))
    response = await transport.open(ask())
    assert response.status == 200
    assert response.headers["content-type"] == "text/event-stream"
    assert await response.read() == b"data: 1\n\n"
    first.set()
    assert await response.read() == b"data: 2\n\n"
    second.set()
    assert await response.read_all(100) == b"data: 3\n\n"
    assert await response.read() == b""
    assert await response.read() == b""


class Sink:
    """Takes `limit` pieces."""

    def __init__(self, limit: int = 1_000) -> None:
        self.taken: list[bytes] = []
        self._limit = limit

    def __call__(self, data: bytes) -> bool:
        self.taken.append(data)
        return len(self.taken) < self._limit


async def test_while_a_reader_waits_chunks_go_where_it_said(
    provider: FakeProvider, transport: HttpTransport, ask: Ask
) -> None:
    steps = [asyncio.Event() for _ in range(3)]
    provider.then(sse([b"1", steps[0], b"2", steps[1], b"3", steps[2]]))
    response, sink = await transport.open(ask()), Sink()
    assert await response.read(into=sink) == b"1", "what is there already is returned"
    reading = asyncio.ensure_future(response.read(into=sink))
    for number, step in enumerate(steps[:2], start=1):
        await asyncio.sleep(0)
        step.set()
        while len(sink.taken) < number:
            await asyncio.sleep(0.001)
    assert not reading.done()
    steps[2].set()
    assert await reading == b""
    assert sink.taken == [b"2", b"3"]


async def test_a_sink_that_has_enough_wakes_the_reader_and_is_given_no_more(
    provider: FakeProvider, transport: HttpTransport, ask: Ask
) -> None:
    go, rest, end = asyncio.Event(), asyncio.Event(), asyncio.Event()
    provider.then(sse([b"1", go, b"2", rest, b"3", end]))
    response, sink = await transport.open(ask()), Sink(limit=1)
    assert await response.read() == b"1"
    reading = asyncio.ensure_future(response.read(into=sink))
    await asyncio.sleep(0)
    go.set()
    assert await reading is None
    rest.set()
    await asyncio.sleep(0.05)
    assert sink.taken == [b"2"]
    assert await response.read() == b"3"


async def test_a_reader_that_gave_a_sink_can_be_woken_and_times_out_as_any(
    provider: FakeProvider, transport: HttpTransport, ask: Ask
) -> None:
    provider.then(sse([b"1", asyncio.Event()]))
    response, sink = await transport.open(ask(read_timeout_s=READ_TIMEOUT_S)), Sink()
    assert await response.read(into=sink) == b"1"
    asyncio.get_running_loop().call_soon(response.wake)
    assert await response.read(into=sink) is None
    with pytest.raises(UpstreamFailed) as failure:
        await response.read(into=sink)
    assert failure.value.kind == "timeout_read"


async def test_a_compressed_body_is_returned_even_where_there_is_a_sink(
    provider: FakeProvider, transport: HttpTransport, ask: Ask
) -> None:
    packed = gzip.compress(b"hello " * 1_000)
    provider.then(raw(head(200, {"content-encoding": "gzip", "content-length": str(len(packed))}) + packed))
    response, sink = await transport.open(ask()), Sink()
    got = b""
    while piece := await response.read(into=sink):
        got += piece
    assert got == b"hello " * 1_000
    assert sink.taken == []


async def test_chunks_that_came_between_two_reads_are_joined(
    provider: FakeProvider, transport: HttpTransport, ask: Ask
) -> None:
    go, done = asyncio.Event(), asyncio.Event()
    provider.then(sse([b"a", go, b"b", b"c", b"d", done]))
    response = await transport.open(ask())
    assert await response.read() == b"a"
    go.set()
    while provider.bytes_sent < len(head(200, {"content-type": "text/event-stream"}, chunked=True)) + 4 * 6:
        await asyncio.sleep(0)
    await asyncio.sleep(0.01)  # from the server's socket to ours
    assert await response.read() == b"bcd"
    done.set()
    assert await response.read() == b""


async def test_a_trickle_of_single_bytes_is_the_same_answer(
    provider: FakeProvider, transport: HttpTransport, ask: Ask
) -> None:
    provider.then(trickle(body("hello world"))).then(trickle(sse([b"hello ", b"world"])))
    for _ in range(2):
        assert await (await transport.open(ask())).read_all(100) == b"hello world"
    assert transport.stats().reused == 1


async def test_an_answer_without_length_ends_with_the_connection(
    provider: FakeProvider, transport: HttpTransport, ask: Ask
) -> None:
    provider.then(raw(head() + b"to the end", ending="close"))
    assert await (await transport.open(ask())).read_all(100) == b"to the end"
    assert transport.stats().idle == 0


async def test_a_reset_is_no_end_even_without_length(
    provider: FakeProvider, transport: HttpTransport, ask: Ask
) -> None:
    go = asyncio.Event()

    async def break_off(call: Call) -> None:
        await call.send(head() + b"to the")
        await go.wait()
        call.end("reset")

    provider.then(break_off)
    response = await transport.open(ask())
    assert await response.read() == b"to the"
    go.set()
    with pytest.raises(UpstreamFailed) as caught:
        await response.read()
    assert caught.value.kind == "reset"


@pytest.mark.parametrize("how", ["close", "reset"])
async def test_a_connection_that_breaks_in_the_body_is_a_reset(
    provider: FakeProvider, transport: HttpTransport, ask: Ask, how: Literal["close", "reset"]
) -> None:
    provider.then(break_after(2, how=how))
    with pytest.raises(UpstreamFailed) as caught:
        await (await transport.open(ask())).read_all(10_000)
    assert caught.value.kind == "reset"


async def test_a_body_shorter_than_its_length_is_a_reset(
    provider: FakeProvider, transport: HttpTransport, ask: Ask
) -> None:
    provider.then(raw(head(length=100) + b"short", ending="close"))
    response = await transport.open(ask())
    assert await response.read() == b"short"
    with pytest.raises(UpstreamFailed) as caught:
        await response.read()
    assert caught.value.kind == "reset"


async def test_broken_chunks_are_a_protocol_failure_after_what_came(
    provider: FakeProvider, transport: HttpTransport, ask: Ask
) -> None:
    provider.then(raw(head(chunked=True) + chunked(b"good") + b"zz\r\n", ending="hang"))
    response = await transport.open(ask())
    assert await response.read() == b"good"
    with pytest.raises(UpstreamFailed) as caught:
        await response.read()
    assert caught.value.kind == "protocol"
    await provider.client_closed(0)


async def test_what_is_not_http_is_a_protocol_failure(
    provider: FakeProvider, transport: HttpTransport, ask: Ask
) -> None:
    provider.then(garbage())
    with pytest.raises(UpstreamFailed) as caught:
        await transport.open(ask())
    assert caught.value.kind == "protocol"


async def test_silence_before_the_head_is_a_read_timeout_and_hangs_up(
    provider: FakeProvider, transport: HttpTransport, ask: Ask
) -> None:
    provider.then(stall_before_head())
    with pytest.raises(UpstreamFailed) as caught:
        await transport.open(ask(read_timeout_s=READ_TIMEOUT_S))
    assert caught.value.kind == "timeout_read"
    await provider.client_closed(0)


async def test_silence_in_the_body_is_a_read_timeout_and_hangs_up(
    provider: FakeProvider, transport: HttpTransport, ask: Ask
) -> None:
    provider.then(stall_after(1))
    response = await transport.open(ask(read_timeout_s=READ_TIMEOUT_S))
    assert b"Hello" in (await response.read() or b"")
    with pytest.raises(UpstreamFailed) as caught:
        await response.read()
    assert caught.value.kind == "timeout_read"
    await provider.client_closed(0)


async def test_every_byte_puts_the_read_timeout_off(provider: FakeProvider, transport: HttpTransport, ask: Ask) -> None:
    provider.then(stream([b": still here\n\n"] * 8, pause_s=0.2))
    response = await transport.open(ask(read_timeout_s=1.0))
    assert (await response.read_all(10_000)).count(b": still here") == 8


async def test_silence_after_bytes_that_put_the_timeout_off_is_still_noticed(
    provider: FakeProvider, transport: HttpTransport, ask: Ask
) -> None:
    go = asyncio.Event()
    provider.then(sse([b"a", go, b"b"], ending="hang"))
    response = await transport.open(ask(read_timeout_s=READ_TIMEOUT_S))
    assert await response.read() == b"a"
    asyncio.get_running_loop().call_later(READ_TIMEOUT_S / 2, go.set)
    assert await response.read() == b"b"
    async with asyncio.timeout(5):
        with pytest.raises(UpstreamFailed) as caught:
            await response.read()
    assert caught.value.kind == "timeout_read"


async def test_a_slow_reader_is_not_taken_for_a_silent_provider(
    provider: FakeProvider, transport: HttpTransport, ask: Ask
) -> None:
    """The socket was not read for longer than the timeout; silence counts from when it is read again."""
    provider.then(sse([bytes(1024 * 1024)] * 16))
    response = await transport.open(ask(read_timeout_s=READ_TIMEOUT_S))
    await asyncio.sleep(3 * READ_TIMEOUT_S)
    assert await response.read_all(2**30) == bytes(16 * 1024 * 1024)


async def test_a_read_wakes_after_the_time_asked_for_and_loses_nothing(
    provider: FakeProvider, transport: HttpTransport, ask: Ask
) -> None:
    go = asyncio.Event()
    provider.then(sse([b"a", go, b"b"]))
    response = await transport.open(ask())
    assert await response.read(10.0) == b"a"
    assert await response.read(0.01) is None
    assert await response.read(0.01) is None
    go.set()
    assert await response.read(10.0) == b"b"
    assert await response.read(10.0) == b""


async def test_wake_makes_a_waiting_read_return_at_once(
    provider: FakeProvider, transport: HttpTransport, ask: Ask
) -> None:
    provider.then(stall_after(0))
    response = await transport.open(ask())
    asyncio.get_running_loop().call_soon(response.wake)
    assert await response.read() is None


async def test_wake_before_a_read_is_not_lost(provider: FakeProvider, transport: HttpTransport, ask: Ask) -> None:
    provider.then(answer("Hi"))
    response = await transport.open(ask())
    response.wake()
    assert await response.read() is None
    assert b"Hi" in await response.read_all(1000)


async def test_cancel_is_noticed_by_the_provider_at_once(
    provider: FakeProvider, transport: HttpTransport, ask: Ask
) -> None:
    provider.then(stall_after(1))
    response = await transport.open(ask())
    response.cancel()
    response.cancel()
    await provider.client_closed(0)
    assert not provider.requests[0].answered
    with pytest.raises(UpstreamFailed):
        while await response.read():
            pass


async def test_a_task_cancelled_while_it_waits_for_the_head_hangs_up(
    provider: FakeProvider, transport: HttpTransport, ask: Ask
) -> None:
    provider.then(stall_before_head())
    task = asyncio.get_running_loop().create_task(transport.open(ask()))
    await provider.received(1)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    await provider.client_closed(0)


async def test_cancel_of_a_finished_answer_leaves_the_connection_to_the_next_request(
    provider: FakeProvider, transport: HttpTransport, ask: Ask
) -> None:
    go = asyncio.Event()
    provider.then(answer("one")).then(sse([b"t", go, b"wo"]))
    first = await transport.open(ask())
    await first.read_all(1000)
    second = await transport.open(ask())
    first.cancel()
    first.wake()
    go.set()
    assert await second.read_all(1000) == b"two"
    assert provider.connections == 1


async def test_a_reader_that_stops_reading_bounds_memory(
    provider: FakeProvider, transport: HttpTransport, ask: Ask
) -> None:
    """64 MB are on offer; what is not read must stay with the provider, but for the kernel's socket buffers."""
    provider.then(sse([bytes(256 * 1024)] * 256))
    response = await transport.open(ask())
    sent = -1
    while sent != provider.bytes_sent:
        sent = provider.bytes_sent
        await asyncio.sleep(0.05)
    assert sent < 24 * 1024 * 1024
    assert len(await response.read() or b"") <= 1024 * 1024
    assert len(await response.read_all(2**30)) > 60 * 1024 * 1024


@pytest.mark.parametrize("reply", [answer("whole"), stall_after(1), break_after(1), sse([b"x"], ending="reset")])
async def test_an_answer_leaves_nothing_for_the_garbage_collector(
    provider: FakeProvider, transport: HttpTransport, ask: Ask, reply: Reply
) -> None:
    """Whole, cancelled or broken: memory is freed when the last reference goes, not at some later collection."""
    provider.then(reply)
    gc.collect()
    gc.disable()
    try:
        response = await transport.open(ask())
        with contextlib.suppress(UpstreamFailed):
            while await response.read(0.2):
                pass
        response.cancel()
        del response
        await transport.close()
        await provider.client_closed(0)
        await asyncio.sleep(0.01)
        left = [each for each in gc.get_objects() if isinstance(each, ResponseReader | SocketResponse | Connection)]
    finally:
        gc.enable()
    assert left == []


async def test_an_answer_past_the_limit_is_refused_and_hung_up(
    provider: FakeProvider, transport: HttpTransport, ask: Ask
) -> None:
    provider.then(sse([bytes(1000)] * 1000))
    response = await transport.open(ask())
    with pytest.raises(UpstreamFailed) as caught:
        await response.read_all(10_000)
    assert caught.value.kind == "protocol"
    await provider.client_closed(0)


async def test_an_answer_before_the_whole_body_was_sent_is_read_and_ends_the_connection(
    provider: FakeProvider, transport: HttpTransport, ask: Ask
) -> None:
    """A server may refuse a large body by its head alone; what it says must arrive."""
    early = asyncio.Event()

    async def refuse(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(head(413, length=8) + b"too much")
        await writer.drain()
        await early.wait()
        writer.close()

    server = await asyncio.start_server(refuse, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    response = await transport.open(ask(bytes(64 * 1024 * 1024), url=f"http://127.0.0.1:{port}/"))
    assert response.status == 413
    assert await response.read_all(100) == b"too much"
    assert transport.stats().idle == 0
    early.set()
    server.close()
    await server.wait_closed()


async def test_a_whole_answer_has_until_its_deadline_however_steadily_it_trickles(
    provider: FakeProvider, transport: HttpTransport, ask: Ask
) -> None:
    async def steadily(call: Call) -> None:
        await call.send(head(200, {"content-type": "application/json"}, chunked=True))
        for _ in range(200):
            await call.send(chunked(b"x"))
            await asyncio.sleep(0.005)

    provider.then(steadily)
    response = await transport.open(ask())
    began_s = asyncio.get_running_loop().time()
    with pytest.raises(UpstreamFailed) as failure:
        await response.read_all(10_000, began_s + READ_TIMEOUT_S)
    assert failure.value.kind == "timeout_total"
    assert asyncio.get_running_loop().time() - began_s < READ_TIMEOUT_S + 0.5
    async with asyncio.timeout(2):
        await provider.client_closed(0)


async def test_a_silent_answer_ends_at_its_deadline_too(
    provider: FakeProvider, transport: HttpTransport, ask: Ask
) -> None:
    provider.then(sse([b"1", asyncio.Event()]))
    response = await transport.open(ask())
    with pytest.raises(UpstreamFailed) as failure:
        await response.read_all(10_000, asyncio.get_running_loop().time() + READ_TIMEOUT_S)
    assert failure.value.kind == "timeout_total"
