"""Host names to addresses, remembered for a short while."""

import asyncio
import ipaddress
import socket
from collections import OrderedDict
from collections.abc import Awaitable, Callable
from itertools import chain, zip_longest
from typing import TypeAlias

from trunkline.providers.upstream import UpstreamFailed

ADDRESSES_MAX = 8
_HOSTS_MAX = 512

Found: TypeAlias = list[tuple[socket.AddressFamily | int, str]]
"""Numeric addresses with their families, in the system's order of preference."""
Lookup: TypeAlias = Callable[[str], Awaitable[Found]]
"""Asks a name service. Raises OSError or UnicodeError."""


async def look_up_in_loop(host: str) -> Found:
    """`getaddrinfo` in the loop's executor."""
    infos = await asyncio.get_running_loop().getaddrinfo(host, None, type=socket.SOCK_STREAM)
    return [(info[0], str(info[4][0])) for info in infos]


class Resolver:
    """A name service with a small cache, so that bursts of new connections ask once."""

    def __init__(self, ttl_s: float, lookup: Lookup = look_up_in_loop) -> None:
        self._ttl_s = ttl_s
        self._lookup = lookup
        self._cache: OrderedDict[str, tuple[float, tuple[str, ...]]] = OrderedDict()

    async def addresses(self, host: str) -> tuple[str, ...]:
        """Up to ADDRESSES_MAX numeric addresses, families alternating, in the system's order of preference.

        Raises UpstreamFailed("dns").
        """
        if _is_address(host):
            return (host,)
        loop = asyncio.get_running_loop()
        known = self._cache.get(host)
        if known is not None and known[0] > loop.time():
            return known[1]
        try:
            found = await self._lookup(host)
        except (OSError, UnicodeError) as error:  # UnicodeError: a label that IDNA cannot encode
            raise UpstreamFailed("dns", f"{host} does not resolve: {error}") from error
        addresses = _alternate(found)
        if not addresses:
            raise UpstreamFailed("dns", f"{host} has no address")
        self._cache[host] = (loop.time() + self._ttl_s, addresses)
        self._cache.move_to_end(host)
        if len(self._cache) > _HOSTS_MAX:
            self._cache.popitem(last=False)
        return addresses

    def forget(self, host: str) -> None:
        """None of its addresses answered: ask anew next time."""
        self._cache.pop(host, None)


def _is_address(host: str) -> bool:
    try:
        ipaddress.ip_address(host)
    except ValueError:
        return False
    return True


def _alternate(found: Found) -> tuple[str, ...]:
    """A broken IPv6 path must cost one attempt, not eight: first family, other family, first family, …"""
    first_family = found[0][0] if found else 0
    preferred = dict.fromkeys(address for family, address in found if family == first_family)
    others = dict.fromkeys(address for family, address in found if family != first_family)
    mixed = chain.from_iterable(zip_longest(preferred, others))
    return tuple(address for address in mixed if address is not None)[:ADDRESSES_MAX]
