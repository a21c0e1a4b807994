"""New connections: refusals and deadlines, each under its own kind."""

import socket
import time

import pytest

from tests.fakes.provider import FakeProvider
from tests.unit.gateway.transport.conftest import Ask
from trunkline.gateway.transport.client import HttpTransport
from trunkline.gateway.transport.dialer import Dialer
from trunkline.gateway.transport.resolver import Resolver
from trunkline.gateway.transport.target import Origin
from trunkline.gateway.transport.tls import client_context
from trunkline.providers.upstream import UpstreamFailed


class SeveralAddresses(Resolver):
    """Every name has the addresses that the test says: no name service of this machine can be told to."""

    def __init__(self, *addresses: str) -> None:
        super().__init__(ttl_s=1.0)
        self.found = addresses
        self.forgotten: list[str] = []

    async def addresses(self, host: str) -> tuple[str, ...]:
        return self.found

    def forget(self, host: str) -> None:
        self.forgotten.append(host)


def unused_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as server:
        return server.getsockname()[1]


async def test_nobody_listening_is_a_connect_failure(transport: HttpTransport, ask: Ask) -> None:
    with pytest.raises(UpstreamFailed) as caught:
        await transport.open(ask(url=f"http://127.0.0.1:{unused_port()}/"))
    assert caught.value.kind == "connect"


async def test_an_address_that_does_not_answer_is_given_up_for_the_next(provider: FakeProvider) -> None:
    port = int(provider.origin.rpartition(":")[2])
    dialer = Dialer(SeveralAddresses("127.0.0.2", "127.0.0.1"), client_context)
    connection = await dialer.dial(Origin(False, "two.example", port), 5.0)
    assert not connection.closed
    connection.abort()


async def test_when_no_address_answers_the_name_is_asked_anew_next_time() -> None:
    resolver = SeveralAddresses("127.0.0.2", "127.0.0.3")
    with pytest.raises(UpstreamFailed) as caught:
        await Dialer(resolver, client_context).dial(Origin(False, "none.example", unused_port()), 5.0)
    assert caught.value.kind == "connect"
    assert resolver.forgotten == ["none.example"]


@pytest.mark.parametrize("secure", [False, True])
async def test_a_connection_that_is_not_made_in_time_is_a_connect_timeout(secure: bool) -> None:
    """A full accept queue swallows the handshake of TCP; a mute server that of TLS."""
    with socket.socket() as deaf:
        deaf.bind(("127.0.0.1", 0))
        deaf.listen(8 if secure else 0)
        waiting: list[socket.socket] = []
        if not secure:
            for _ in range(4):
                filler = socket.socket()
                filler.setblocking(False)
                filler.connect_ex(deaf.getsockname())
                waiting.append(filler)
        started_s = time.monotonic()
        with pytest.raises(UpstreamFailed) as caught:
            origin = Origin(secure, "127.0.0.1", deaf.getsockname()[1])
            await Dialer(Resolver(1.0), client_context).dial(origin, 0.2)
        for filler in waiting:
            filler.close()
    assert caught.value.kind == "timeout_connect"
    assert time.monotonic() - started_s < 2.0
