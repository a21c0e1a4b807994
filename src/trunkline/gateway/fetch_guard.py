"""Where the gateway may be sent by a caller's URL: nowhere but to public addresses (operating.md OP-51).

What counts is the address that is connected to. However a URL spells its host (`2130706433`, `0x7f.1`, `localhost.`,
`::ffff:127.0.0.1`, full-width digits), it comes out of the name service as numbers, those are checked, and exactly
those are dialled: there is no second look-up that could answer otherwise.
"""

import asyncio
import re
import socket
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network
from typing import Final
from urllib.parse import quote, urlsplit

from trunkline.gateway.transport.resolver import Found, Lookup, Resolver
from trunkline.gateway.transport.target import Target, read_target
from trunkline.providers.upstream import UpstreamFailed

URL_CHARS_MAX: Final = 8_192
_REMEMBERED_S: Final = 30.0
_LOOKUPS_MAX: Final = 4
"""Name services that somebody else runs may be slow on purpose: they hold up these threads, not the program's."""

_REFUSED_V4: Final = tuple(
    IPv4Network(network)
    for network in (
        "0.0.0.0/8",  # this host
        "10.0.0.0/8",
        "100.64.0.0/10",  # shared by carriers, and some clouds' metadata
        "127.0.0.0/8",
        "168.63.129.16/32",  # Azure's host agent, metadata in a public range
        "169.254.0.0/16",  # link-local: metadata of most clouds
        "172.16.0.0/12",
        "192.0.0.0/24",
        "192.0.2.0/24",
        "192.88.99.0/24",
        "192.168.0.0/16",
        "198.18.0.0/15",
        "198.51.100.0/24",
        "203.0.113.0/24",
        "224.0.0.0/4",  # multicast
        "240.0.0.0/4",  # reserved, broadcast
    )
)
_PUBLIC_V6: Final = IPv6Network("2000::/3")
_REFUSED_V6: Final = tuple(
    IPv6Network(network)
    for network in (
        "2001::/23",  # Teredo (IPv4 inside), ORCHID, benchmarks
        "2001:db8::/32",
        "2002::/16",  # 6to4: IPv4 inside
        "3fff::/20",
    )
)
_NAT64: Final = IPv6Network("64:ff9b::/96")
_HOST: Final = re.compile(r"[A-Za-z0-9._-]{1,255}|[0-9A-Fa-f:.]{2,45}")


class AddressGuard:
    """Tells which addresses may be connected to: public ones, and those in networks that the operator allowed."""

    def __init__(self, allow_networks: Iterable[str]) -> None:
        """`allow_networks` in CIDR notation, already checked (`configuration/rules.py`)."""
        self._allowed = tuple([ip_network(network) for network in allow_networks])

    def permits(self, address: str) -> bool:
        """Whether a numeric address, as the name service gives it, may be connected to."""
        try:
            parsed = ip_address(address)
        except ValueError:
            return False
        if isinstance(parsed, IPv6Address) and parsed.scope_id is not None:
            return False
        inner = _ipv4_inside(parsed)
        return self._is_allowed(parsed) or self._is_allowed(inner) or _is_public(inner)

    def _is_allowed(self, address: IPv4Address | IPv6Address) -> bool:
        return any(address.version == network.version and address in network for network in self._allowed)


def _ipv4_inside(address: IPv4Address | IPv6Address) -> IPv4Address | IPv6Address:
    """Where an IPv6 address really leads when IPv4 is spoken through it."""
    if isinstance(address, IPv6Address):
        if address.ipv4_mapped is not None:
            return address.ipv4_mapped
        if address in _NAT64:
            return IPv4Address(int(address) & 0xFFFF_FFFF)
    return address


def _is_public(address: IPv4Address | IPv6Address) -> bool:
    if isinstance(address, IPv4Address):
        return not any(address in network for network in _REFUSED_V4)
    return address in _PUBLIC_V6 and not any(address in network for network in _REFUSED_V6)


class GuardedResolver(Resolver):
    """Finds addresses that may be connected to. One that may not, and the whole name is refused."""

    def __init__(self, guard: AddressGuard, lookup: Lookup) -> None:
        super().__init__(_REMEMBERED_S, lookup)
        self._guard = guard

    async def addresses(self, host: str) -> tuple[str, ...]:
        """See `Resolver.addresses`. Raises UpstreamFailed("dns") for a refused address too."""
        found = await super().addresses(host)
        if not all(map(self._guard.permits, found)):
            raise UpstreamFailed("dns", f"{host} leads to an address that is not public")
        return found


class LookupThreads:
    """Asks the system's name service in threads of its own. `close` it."""

    def __init__(self) -> None:
        self._threads = ThreadPoolExecutor(_LOOKUPS_MAX, thread_name_prefix="fetch-names")

    async def __call__(self, host: str) -> Found:
        return await asyncio.get_running_loop().run_in_executor(self._threads, _ask, host)

    def close(self) -> None:
        """Let go of the threads; questions that wait are dropped."""
        self._threads.shutdown(wait=False, cancel_futures=True)


def _ask(host: str) -> Found:
    return [(info[0], str(info[4][0])) for info in socket.getaddrinfo(host, None, type=socket.SOCK_STREAM)]


def target_of_url(url: str) -> Target | None:
    """Where a caller's URL leads; None for what is no plain http(s) URL or holds a user name.

    International names and characters are brought into ASCII first.
    """
    if len(url) > URL_CHARS_MAX or any(character < " " or character in "\\\x7f" for character in url):
        return None
    try:
        parts = urlsplit(url.strip())
        host = parts.hostname or ""
        ascii_host = host if host.isascii() else host.encode("idna").decode("ascii")
        port = "" if parts.port is None else f":{parts.port}"
    except ValueError:  # UnicodeError is one
        return None
    if parts.username is not None or parts.password is not None or not _HOST.fullmatch(ascii_host):
        return None
    authority = f"[{ascii_host}]{port}" if ":" in ascii_host else ascii_host + port
    path = quote(parts.path, safe="%/:@!$&'()*+,;=~-._")
    query = "?" + quote(parts.query, safe="%/?:@!$&'()*+,;=~-._[]") if parts.query else ""
    try:
        return read_target(f"{parts.scheme}://{authority}{path}{query}")
    except UpstreamFailed:
        return None
