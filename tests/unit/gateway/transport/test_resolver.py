"""Names and addresses."""

import asyncio
import socket
from collections.abc import Mapping

import pytest

from trunkline.gateway.transport.resolver import ADDRESSES_MAX, Resolver
from trunkline.providers.upstream import UpstreamFailed

Infos = list[tuple[socket.AddressFamily, socket.SocketKind, int, str, tuple[str, int]]]


class NamedLoop(asyncio.SelectorEventLoop):
    """An event loop whose name service knows what the test says."""

    def __init__(self, names: Mapping[str, list[str]]) -> None:
        super().__init__()
        self.names = names
        self.asked: list[str] = []

    async def getaddrinfo(self, host: object, port: object, **_: object) -> Infos:  # pyright: ignore[reportIncompatibleMethodOverride] -- narrower on purpose
        name = str(host)
        self.asked.append(name)
        if name not in self.names:
            raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")
        return [
            (socket.AF_INET6 if ":" in address else socket.AF_INET, socket.SOCK_STREAM, 6, "", (address, 0))
            for address in self.names[name]
        ]


def resolve(loop: NamedLoop, resolver: Resolver, host: str) -> tuple[str, ...]:
    return loop.run_until_complete(resolver.addresses(host))


def test_families_alternate_so_that_a_broken_one_costs_one_attempt() -> None:
    loop = NamedLoop({"both.example": ["2001:db8::1", "2001:db8::2", "192.0.2.1", "192.0.2.2", "192.0.2.3"]})
    found = resolve(loop, Resolver(10.0), "both.example")
    loop.close()
    assert found == ("2001:db8::1", "192.0.2.1", "2001:db8::2", "192.0.2.2", "192.0.2.3")


def test_a_name_is_asked_once_while_it_is_remembered() -> None:
    loop = NamedLoop({"one.example": ["192.0.2.1"]})
    remembering, forgetful = Resolver(60.0), Resolver(0.0)
    for resolver in (remembering, remembering, forgetful, forgetful):
        resolve(loop, resolver, "one.example")
    remembering.forget("one.example")
    resolve(loop, remembering, "one.example")
    loop.close()
    assert loop.asked == ["one.example"] * 4


def test_numeric_addresses_are_not_asked_for() -> None:
    loop = NamedLoop({})
    assert resolve(loop, Resolver(1.0), "192.0.2.7") == ("192.0.2.7",)
    assert resolve(loop, Resolver(1.0), "::1") == ("::1",)
    loop.close()
    assert loop.asked == []


def test_repeated_and_too_many_addresses_are_dropped() -> None:
    many = [f"192.0.2.{last // 2}" for last in range(60)]
    loop = NamedLoop({"many.example": many})
    found = resolve(loop, Resolver(1.0), "many.example")
    loop.close()
    assert len(found) == len(set(found)) == ADDRESSES_MAX


@pytest.mark.parametrize("names", [{}, {"gone.example": []}])
def test_a_name_without_address_is_a_dns_failure(names: dict[str, list[str]]) -> None:
    loop = NamedLoop(names)
    with pytest.raises(UpstreamFailed) as caught:
        resolve(loop, Resolver(1.0), "gone.example")
    loop.close()
    assert caught.value.kind == "dns"


async def test_a_label_that_no_name_may_have_is_a_dns_failure() -> None:
    with pytest.raises(UpstreamFailed) as caught:
        await Resolver(1.0).addresses(f"{'a' * 64}.example")
    assert caught.value.kind == "dns"
