"""Host names to addresses, remembered for a short while."""

import asyncio
import ipaddress
import socket
from collections import OrderedDict
from itertools import chain, zip_longest

from trunkline.providers.upstream import UpstreamFailed

ADDRESSES_MAX = 8
_HOSTS_MAX = 512


class Resolver:
    """`getaddrinfo` in the loop's executor, with a small cache so that bursts of new connections ask once."""

    def __init__(self, ttl_s: float) -> None:
        self._ttl_s = ttl_s
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
            infos = await loop.getaddrinfo(host, None, type=socket.SOCK_STREAM)
        except (OSError, UnicodeError) as error:  # UnicodeError: a label that IDNA cannot encode
            raise UpstreamFailed("dns", f"{host} does not resolve: {error}") from error
        addresses = _alternate([(info[0], str(info[4][0])) for info in infos])
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


def _alternate(found: list[tuple[socket.AddressFamily | int, str]]) -> tuple[str, ...]:
    """A broken IPv6 path must cost one attempt, not eight: first family, other family, first family, …"""
    first_family = found[0][0] if found else 0
    preferred = dict.fromkeys(address for family, address in found if family == first_family)
    others = dict.fromkeys(address for family, address in found if family != first_family)
    mixed = chain.from_iterable(zip_longest(preferred, others))
    return tuple(address for address in mixed if address is not None)[:ADDRESSES_MAX]
