"""https: verified always, HTTP/1.1 by agreement, kept alive like any other."""

import asyncio
from collections.abc import AsyncIterator

import pytest

from tests.fakes.provider import FakeProvider
from tests.fakes.replies import break_after, stall_after
from tests.unit.gateway.transport.certificates import TestAuthority
from tests.unit.gateway.transport.conftest import Ask
from trunkline.gateway.transport.client import HttpTransport
from trunkline.gateway.transport.tls import client_context
from trunkline.providers.upstream import UpstreamFailed


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> TestAuthority:
    return TestAuthority(tmp_path_factory.mktemp("ca"))


@pytest.fixture
async def trusting(authority: TestAuthority) -> AsyncIterator[HttpTransport]:
    transport = HttpTransport(tls=client_context(authority.ca_file))
    yield transport
    await transport.close()


async def test_requests_over_tls_share_a_connection(
    authority: TestAuthority, trusting: HttpTransport, ask: Ask
) -> None:
    async with FakeProvider(tls=authority.server_context("127.0.0.1")) as provider:
        for _ in range(3):
            response = await trusting.open(ask(b'{"stream": true}', url=f"{provider.url}/chat/completions"))
            assert (await response.read_all(10_000)).endswith(b"[DONE]\n\n")
        assert provider.connections == 1
        (connection,) = trusting._connections  # pyright: ignore[reportPrivateUsage] -- ALPN has no other window
        assert connection.transport is not None
        assert connection.transport.get_extra_info("ssl_object").selected_alpn_protocol() == "http/1.1"
        await trusting.close()


async def test_large_bodies_and_answers_pass_through_tls(
    authority: TestAuthority, trusting: HttpTransport, ask: Ask
) -> None:
    async with FakeProvider(tls=authority.server_context("127.0.0.1")) as provider:
        content = bytes(range(256)) * 8192
        await (await trusting.open(ask(content, url=provider.url))).read_all(1000)
        assert provider.requests[0].body == content
        await trusting.close()


async def test_cancel_and_breaks_work_as_without_tls(
    authority: TestAuthority, trusting: HttpTransport, ask: Ask
) -> None:
    async with FakeProvider(tls=authority.server_context("127.0.0.1")) as provider:
        provider.then(stall_after(1)).then(break_after(1))
        response = await trusting.open(ask(url=provider.url))
        await response.read()
        response.cancel()
        await provider.client_closed(0)
        with pytest.raises(UpstreamFailed) as caught:
            await (await trusting.open(ask(url=provider.url))).read_all(10_000)
        assert caught.value.kind == "reset"


async def test_an_authority_that_the_system_does_not_know_is_refused(
    authority: TestAuthority, transport: HttpTransport, ask: Ask
) -> None:
    async with FakeProvider(tls=authority.server_context("127.0.0.1")) as provider:
        with pytest.raises(UpstreamFailed) as caught:
            await transport.open(ask(url=provider.url))
        assert caught.value.kind == "tls"
        assert provider.requests == []


@pytest.mark.parametrize(("host", "valid_days"), [("elsewhere.example", 1), ("127.0.0.2", 1), ("127.0.0.1", -1)])
async def test_a_certificate_for_another_host_or_another_time_is_refused(
    authority: TestAuthority, trusting: HttpTransport, ask: Ask, host: str, valid_days: int
) -> None:
    async with FakeProvider(tls=authority.server_context(host, valid_days=valid_days)) as provider:
        with pytest.raises(UpstreamFailed) as caught:
            await trusting.open(ask(url=provider.url))
        assert caught.value.kind == "tls"
        assert provider.requests == []


async def test_https_to_a_server_without_tls_fails_as_tls(trusting: HttpTransport, ask: Ask) -> None:
    async def speak_first(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"220 mail.example ESMTP\r\n")
        await reader.read()
        writer.close()

    server = await asyncio.start_server(speak_first, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    with pytest.raises(UpstreamFailed) as caught:
        await trusting.open(ask(url=f"https://127.0.0.1:{port}/"))
    assert caught.value.kind == "tls"
    server.close()
    await server.wait_closed()
