"""Idle connections: the warmest first, never more than allowed, never older than allowed."""

import asyncio
from collections.abc import AsyncIterator

import pytest

from tests.fakes.provider import FakeProvider
from tests.fakes.replies import sse
from tests.unit.gateway.transport.conftest import Ask
from trunkline.gateway.transport.client import HttpTransport


@pytest.fixture
async def small() -> AsyncIterator[HttpTransport]:
    transport = HttpTransport(idle_per_origin_max=2, idle_max=3, idle_s_max=0.1)
    yield transport
    await transport.close()


async def burst(transport: HttpTransport, ask: Ask, url: str, count: int) -> None:
    responses = await asyncio.gather(*(transport.open(ask(url=f"{url}/chat/completions")) for _ in range(count)))
    for response in responses:
        await response.read_all(10_000)


async def test_more_than_the_bound_per_origin_is_closed(provider: FakeProvider, small: HttpTransport, ask: Ask) -> None:
    await burst(small, ask, provider.url, 5)
    assert small.stats().idle == 2


async def test_more_than_the_bound_in_total_is_closed(provider: FakeProvider, small: HttpTransport, ask: Ask) -> None:
    async with FakeProvider() as other:
        await burst(small, ask, provider.url, 2)
        await burst(small, ask, other.url, 2)
        assert small.stats().idle == 3


async def test_an_origin_gets_only_its_own_connections(
    provider: FakeProvider, transport: HttpTransport, ask: Ask
) -> None:
    async with FakeProvider() as other:
        await burst(transport, ask, provider.url, 1)
        await burst(transport, ask, other.url, 1)
        assert (provider.connections, other.connections) == (1, 1)
        await transport.close()


async def test_the_last_connection_returned_is_the_first_taken(
    provider: FakeProvider, transport: HttpTransport, ask: Ask
) -> None:
    ends = [asyncio.Event() for _ in range(3)]
    for end in ends:
        provider.then(sse([b"begun", end]))
    responses = [await transport.open(ask()) for _ in ends]
    for number in (2, 0, 1):
        ends[number].set()
        await responses[number].read_all(100)
    await burst(transport, ask, provider.url, 1)
    assert provider.connections == 3
    assert provider.requests[3].connection_number == provider.requests[1].connection_number


async def test_connections_idle_for_too_long_are_closed(provider: FakeProvider, small: HttpTransport, ask: Ask) -> None:
    await burst(small, ask, provider.url, 2)
    for index in range(2):
        await asyncio.wait_for(provider.client_closed(index), 5)
    assert (small.stats().open, small.stats().idle) == (0, 0)


async def test_a_connection_closed_by_the_server_is_forgotten(
    provider: FakeProvider, transport: HttpTransport, ask: Ask
) -> None:
    await burst(transport, ask, provider.url, 2)
    provider.drop_idle_connections()
    await provider.client_closed(1)
    while transport.stats().open:
        await asyncio.sleep(0)
    assert transport.stats().idle == 0
    await burst(transport, ask, provider.url, 1)
    assert transport.stats().retried == 0
