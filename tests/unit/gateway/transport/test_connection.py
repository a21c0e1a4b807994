"""A connection whose peer is faster than we are."""

import asyncio

import pytest

from tests.fakes.provider import FakeProvider
from trunkline.gateway.transport.client import HttpTransport
from trunkline.gateway.transport.connection import Connection
from trunkline.gateway.transport.dialer import Dialer
from trunkline.gateway.transport.resolver import Resolver
from trunkline.gateway.transport.response import SocketResponse
from trunkline.gateway.transport.target import Origin
from trunkline.gateway.transport.tls import client_context
from trunkline.gateway.transport.wire import ResponseReader, request_head
from trunkline.providers.upstream import UpstreamFailed, UpstreamRequest


class ClosedAtOnce(Dialer):
    """Hands over connections that the peer has closed meanwhile, as an overloaded server does."""

    def __init__(self) -> None:
        super().__init__(Resolver(1.0), client_context)

    async def dial(self, origin: Origin, timeout_s: float) -> Connection:
        connection = await super().dial(origin, timeout_s)
        connection.abort()
        await asyncio.sleep(0.01)
        return connection


async def test_a_request_on_a_connection_that_is_gone_fails_at_once_and_not_by_timeout(provider: FakeProvider) -> None:
    origin = Origin(False, "127.0.0.1", int(provider.origin.rpartition(":")[2]))
    connection = await ClosedAtOnce().dial(origin, 5.0)
    response = SocketResponse(connection, ResponseReader(), 60.0)
    async with asyncio.timeout(5):
        with pytest.raises(UpstreamFailed) as caught:
            await response.exchange(request_head("GET", "/", "h", (), 0), b"")
    assert caught.value.kind == "reset"


async def test_a_connection_that_is_gone_before_its_first_request_is_not_counted_as_open(
    provider: FakeProvider, transport: HttpTransport, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(transport, "_dialer", ClosedAtOnce())
    request = UpstreamRequest(url=provider.url, headers=(), body=b"", connect_timeout_s=5, read_timeout_s=5)
    with pytest.raises(UpstreamFailed):
        await transport.open(request)
    assert transport.stats().open == 0
