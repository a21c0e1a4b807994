"""The client as a whole: requests arrive as they were meant, connections are shared safely."""

import asyncio
import socket

import pytest

from tests.fakes.provider import FakeProvider
from tests.fakes.replies import Call, answer, body, closing, head, raw, sse, stall_before_head
from tests.unit.gateway.transport.conftest import Ask
from trunkline.gateway.transport.client import HttpTransport, TransportStats
from trunkline.providers.upstream import Upstream, UpstreamFailed


async def test_a_request_arrives_as_it_was_meant(provider: FakeProvider, transport: HttpTransport, ask: Ask) -> None:
    upstream: Upstream = transport
    response = await upstream.open(ask(b'{"model": "m"}', url=f"{provider.url}/chat/completions?api-version=1"))
    assert response.status == 200
    await response.read_all(1000)
    request = provider.requests[0]
    assert (request.method, request.path) == ("POST", "/v1/chat/completions?api-version=1")
    assert request.json == {"model": "m"}
    assert request.headers == {
        "host": provider.origin.removeprefix("http://"),
        "accept-encoding": "identity",
        "authorization": "Bearer secret",
        "content-type": "application/json",
        "content-length": "14",
    }


async def test_a_get_has_no_body(provider: FakeProvider, transport: HttpTransport, ask: Ask) -> None:
    response = await transport.open(ask(b"", method="GET", url=f"{provider.url}/models"))
    assert b"fake-1" in await response.read_all(1000)
    assert provider.requests[0].method == "GET"


@pytest.mark.parametrize("size", [0, 1, 64 * 1024, 64 * 1024 + 1, 256 * 1024, 2_000_000, 5_000_003])
async def test_bodies_of_any_size_arrive_whole(
    provider: FakeProvider, transport: HttpTransport, ask: Ask, size: int
) -> None:
    content = bytes(range(256)) * (size // 256 + 1)
    await (await transport.open(ask(content[:size]))).read_all(1000)
    assert provider.requests[0].body == content[:size]


async def test_a_body_that_is_not_taken_is_a_read_timeout(transport: HttpTransport, ask: Ask) -> None:
    with socket.create_server(("127.0.0.1", 0)) as deaf:
        url = f"http://127.0.0.1:{deaf.getsockname()[1]}/"
        with pytest.raises(UpstreamFailed) as caught:
            await transport.open(ask(bytes(64 * 1024 * 1024), url=url, read_timeout_s=0.2))
    assert caught.value.kind == "timeout_read"


async def test_one_connection_carries_requests_one_after_the_other(
    provider: FakeProvider, transport: HttpTransport, ask: Ask
) -> None:
    for _ in range(5):
        await (await transport.open(ask())).read_all(1000)
    assert provider.connections == 1
    assert transport.stats() == TransportStats(open=1, idle=1, opened=1, reused=4, retried=0)


async def test_requests_at_the_same_time_do_not_share_a_connection(
    provider: FakeProvider, transport: HttpTransport, ask: Ask
) -> None:
    responses = await asyncio.gather(*(transport.open(ask(b'{"stream": true}')) for _ in range(8)))
    assert provider.connections == 8
    for response in responses:
        assert (await response.read_all(10_000)).endswith(b"[DONE]\n\n")
    assert transport.stats().idle == 8


async def test_the_connection_is_free_once_the_answer_has_come_even_if_nobody_read_it(
    provider: FakeProvider, transport: HttpTransport, ask: Ask
) -> None:
    unread = await transport.open(ask())
    await (await transport.open(ask())).read_all(1000)
    assert provider.connections == 1
    assert b"Hello" in await unread.read_all(1000)


@pytest.mark.parametrize("headers", [{"connection": "close"}, {"Connection": "keep-alive, Close"}])
async def test_a_connection_that_said_close_is_not_used_again(
    provider: FakeProvider, transport: HttpTransport, ask: Ask, headers: dict[str, str]
) -> None:
    provider.then(body("last", headers=headers))
    for _ in range(2):
        await (await transport.open(ask())).read_all(1000)
    assert provider.connections == 2
    assert transport.stats().retried == 0


async def test_a_connection_with_unread_bytes_is_not_used_again(
    provider: FakeProvider, transport: HttpTransport, ask: Ask
) -> None:
    """The second answer was not asked for: whoever planted it must not answer the next request."""
    provider.then(raw(head(length=2) + b"ok" + head(length=7) + b"planted", ending="keep"))
    assert await (await transport.open(ask())).read_all(100) == b"ok"
    assert b"planted" not in await (await transport.open(ask())).read_all(1000)
    assert provider.connections == 2


async def test_bytes_on_an_idle_connection_end_it(provider: FakeProvider, transport: HttpTransport, ask: Ask) -> None:
    later = asyncio.Event()

    async def plant(call: Call) -> None:
        await call.send(head(length=2) + b"ok")
        await later.wait()
        await call.send(head(length=7) + b"planted")

    provider.then(plant)
    assert await (await transport.open(ask())).read_all(100) == b"ok"
    later.set()
    await provider.client_closed(0)
    assert transport.stats() == TransportStats(open=0, idle=0, opened=1, reused=0, retried=0)


async def test_a_server_that_closes_after_its_answer_costs_a_connection_and_no_failure(
    provider: FakeProvider, transport: HttpTransport, ask: Ask
) -> None:
    provider.always(closing(answer("Hi")))
    for _ in range(10):
        assert b"Hi" in await (await transport.open(ask())).read_all(1000)
    assert len(provider.requests) == 10


async def test_a_request_that_met_a_closing_idle_connection_is_sent_again_once(
    provider: FakeProvider, transport: HttpTransport, ask: Ask
) -> None:
    async def close_unanswered(call: Call) -> None:
        call.end("reset")

    provider.then(answer("one")).then(close_unanswered).then(answer("two"))
    await (await transport.open(ask())).read_all(1000)
    assert b"two" in await (await transport.open(ask())).read_all(1000)
    assert transport.stats().retried == 1


async def test_a_second_break_is_reported_and_not_retried(
    provider: FakeProvider, transport: HttpTransport, ask: Ask
) -> None:
    provider.then(answer("one")).always(raw(b"", ending="reset"))
    await (await transport.open(ask())).read_all(1000)
    with pytest.raises(UpstreamFailed) as caught:
        await transport.open(ask())
    assert caught.value.kind == "reset"
    assert len(provider.requests) == 3


async def test_a_break_on_a_fresh_connection_is_not_retried(
    provider: FakeProvider, transport: HttpTransport, ask: Ask
) -> None:
    provider.then(raw(b"", ending="close"))
    with pytest.raises(UpstreamFailed) as caught:
        await transport.open(ask())
    assert caught.value.kind == "reset"
    assert len(provider.requests) == 1


@pytest.mark.parametrize("first_bytes", [b"H", b"HTTP/1.1 200 OK\r\nX: "])
async def test_a_break_after_a_byte_of_the_answer_is_not_retried(
    provider: FakeProvider, transport: HttpTransport, ask: Ask, first_bytes: bytes
) -> None:
    """The provider has begun to work on it; sending it again could be billed twice."""
    provider.then(answer("one")).then(raw(first_bytes, ending="close"))
    await (await transport.open(ask())).read_all(1000)
    with pytest.raises(UpstreamFailed):
        await transport.open(ask())
    assert len(provider.requests) == 2


async def test_silence_on_a_reused_connection_is_not_retried(
    provider: FakeProvider, transport: HttpTransport, ask: Ask
) -> None:
    provider.then(answer("one")).then(stall_before_head())
    await (await transport.open(ask())).read_all(1000)
    with pytest.raises(UpstreamFailed) as caught:
        await transport.open(ask(read_timeout_s=0.1))
    assert caught.value.kind == "timeout_read"
    assert len(provider.requests) == 2


async def test_small_writes_are_not_held_back(provider: FakeProvider, transport: HttpTransport, ask: Ask) -> None:
    """Nagle's algorithm costs 40 ms against a server that delays its acknowledgements (performance.md 4)."""
    await (await transport.open(ask())).read_all(1000)
    (connection,) = transport._connections  # pyright: ignore[reportPrivateUsage] -- a socket option has no other window
    assert connection.transport is not None
    option = connection.transport.get_extra_info("socket").getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY)
    assert option != 0


async def test_close_ends_what_is_open_and_refuses_more(
    provider: FakeProvider, transport: HttpTransport, ask: Ask
) -> None:
    provider.then(sse([b"a", asyncio.Event()]))
    busy = await transport.open(ask())
    await (await transport.open(ask())).read_all(1000)
    await transport.close()
    with pytest.raises(UpstreamFailed):
        while await busy.read():
            pass
    with pytest.raises(UpstreamFailed) as caught:
        await transport.open(ask())
    assert caught.value.kind == "connect"
    assert transport.stats().open == 0
