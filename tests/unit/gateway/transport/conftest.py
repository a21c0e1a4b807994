"""Every test of the transport runs on asyncio's own loop and on uvloop: their transports differ."""

import asyncio
from collections.abc import AsyncIterator, Callable, Mapping

import pytest
import uvloop

from tests.fakes.provider import FakeProvider
from trunkline.gateway.transport.client import HttpTransport
from trunkline.providers.upstream import UpstreamRequest

Ask = Callable[..., UpstreamRequest]


def pytest_asyncio_loop_factories() -> Mapping[str, Callable[[], asyncio.AbstractEventLoop]]:
    return {"asyncio": asyncio.new_event_loop, "uvloop": uvloop.new_event_loop}


@pytest.fixture
async def provider() -> AsyncIterator[FakeProvider]:
    async with FakeProvider() as provider:
        yield provider


@pytest.fixture
async def transport() -> AsyncIterator[HttpTransport]:
    transport = HttpTransport()
    yield transport
    await transport.close()


@pytest.fixture
def ask(provider: FakeProvider) -> Ask:
    """A request to the fake provider; keywords replace fields."""

    def build(body: bytes = b'{"model": "fake-1"}', **fields: object) -> UpstreamRequest:
        usual: dict[str, object] = {
            "url": f"{provider.url}/chat/completions",
            "headers": (("authorization", "Bearer secret"), ("content-type", "application/json")),
            "body": body,
            "connect_timeout_s": 5.0,
            "read_timeout_s": 5.0,
        }
        return UpstreamRequest(**{**usual, **fields})  # pyright: ignore[reportArgumentType] -- keywords of a test

    return build
