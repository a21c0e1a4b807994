"""Providers behind an HTTP proxy: everything goes through a CONNECT tunnel."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.fakes.provider import FakeProvider
from tests.unit.gateway.transport.certificates import TestAuthority
from tests.unit.gateway.transport.conftest import Ask
from trunkline.gateway.transport.client import HttpTransport
from trunkline.gateway.transport.proxy import Proxy, parse_proxy
from trunkline.gateway.transport.tls import client_context
from trunkline.providers.upstream import UpstreamFailed


class ConnectProxy:
    """A proxy that tunnels, or answers `refusal`."""

    def __init__(self) -> None:
        self.heads: list[bytes] = []
        self.refusal: bytes | None = None
        self._server: asyncio.Server | None = None
        self._open: set[asyncio.StreamWriter] = set()

    async def start(self) -> None:
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", 0)

    @property
    def authority(self) -> str:
        assert self._server is not None
        return f"127.0.0.1:{self._server.sockets[0].getsockname()[1]}"

    async def stop(self) -> None:
        assert self._server is not None
        self._server.close()
        for writer in tuple(self._open):
            writer.transport.abort()
        while self._open:
            await asyncio.sleep(0)
        await self._server.wait_closed()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._open.add(writer)
        try:
            head = await reader.readuntil(b"\r\n\r\n")
            self.heads.append(head)
            if self.refusal is not None:
                writer.write(self.refusal)
                await reader.read()
                return
            host, _, port = head.split(b" ")[1].decode().rpartition(":")
            far_reader, far_writer = await asyncio.open_connection(host, int(port))
            self._open.add(far_writer)
            writer.write(b"HTTP/1.1 200 Connection established\r\n\r\n")
            await asyncio.gather(self._pump(reader, far_writer), self._pump(far_reader, writer))
        except asyncio.IncompleteReadError:
            pass  # the client left before it had asked
        finally:
            writer.transport.abort()
            self._open.discard(writer)

    async def _pump(self, source: asyncio.StreamReader, sink: asyncio.StreamWriter) -> None:
        try:
            while data := await source.read(65536):
                sink.write(data)
        except ConnectionError:
            pass
        finally:
            sink.transport.abort()
            self._open.discard(sink)


@pytest.fixture
async def proxy() -> AsyncIterator[ConnectProxy]:
    proxy = ConnectProxy()
    await proxy.start()
    yield proxy
    await proxy.stop()


async def test_a_request_goes_through_the_tunnel_and_the_tunnel_is_kept(
    provider: FakeProvider, proxy: ConnectProxy, transport: HttpTransport, ask: Ask
) -> None:
    for _ in range(3):
        response = await transport.open(ask(proxy_url=f"http://me:p%40ss@{proxy.authority}"))
        assert b"Hello" in await response.read_all(1000)
    (head,) = proxy.heads
    assert head.startswith(b"CONNECT " + provider.origin.removeprefix("http://").encode() + b" HTTP/1.1\r\n")
    assert b"proxy-authorization: Basic bWU6cEBzcw==\r\n" in head
    assert b"Bearer" not in head
    assert "proxy-authorization" not in provider.requests[0].headers


async def test_tls_is_spoken_with_the_provider_inside_the_tunnel(proxy: ConnectProxy, ask: Ask, tmp_path: Path) -> None:
    authority = TestAuthority(tmp_path)
    transport = HttpTransport(tls=client_context(authority.ca_file))
    async with FakeProvider(tls=authority.server_context("127.0.0.1")) as provider:
        for _ in range(2):
            response = await transport.open(ask(url=provider.url, proxy_url=f"http://{proxy.authority}"))
            assert b"Hello" in await response.read_all(1000)
        assert len(proxy.heads) == 1
        await transport.close()


@pytest.mark.parametrize(
    ("refusal", "kind"),
    [
        (b"HTTP/1.1 407 Proxy Authentication Required\r\nContent-Length: 0\r\n\r\n", "connect"),
        (b"HTTP/1.1 502 Bad Gateway\r\nContent-Length: 3\r\n\r\nno!", "connect"),
        (b"SOCKS?\r\n\r\n", "protocol"),
        (b"", "timeout_connect"),
    ],
)
async def test_a_refused_tunnel_is_a_failure_to_connect(
    provider: FakeProvider, proxy: ConnectProxy, transport: HttpTransport, ask: Ask, refusal: bytes, kind: str
) -> None:
    proxy.refusal = refusal
    with pytest.raises(UpstreamFailed) as caught:
        await transport.open(ask(proxy_url=f"http://{proxy.authority}", connect_timeout_s=0.3))
    assert caught.value.kind == kind
    assert provider.connections == 0


def test_a_proxy_url_is_taken_apart() -> None:
    assert parse_proxy("http://proxy.example:3128") == Proxy("proxy.example", 3128, None)
    assert parse_proxy("http://proxy.example") == Proxy("proxy.example", 80, None)


@pytest.mark.parametrize(
    "url", ["https://proxy:1", "socks5://proxy:1", "proxy:3128", "http://user:hunter2@:1", "http://p:x"]
)
def test_a_proxy_url_that_cannot_be_used_is_refused_without_its_secret(url: str) -> None:
    with pytest.raises(UpstreamFailed) as caught:
        parse_proxy(url)
    assert "hunter2" not in str(caught.value)
