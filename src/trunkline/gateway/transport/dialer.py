"""A new connection to an origin: addresses in turn, then the tunnel, then TLS, within one deadline."""

import asyncio
import ssl
from collections.abc import Callable

from trunkline.gateway.transport.connection import Connection
from trunkline.gateway.transport.proxy import open_tunnel, parse_proxy
from trunkline.gateway.transport.resolver import Resolver
from trunkline.gateway.transport.target import Origin
from trunkline.providers.upstream import UpstreamFailed

_ADDRESS_SHARE_S_MIN = 2.0
"""An address that does not answer is given at least this long before the next one is tried."""


class Dialer:
    """Opens sockets; knows nothing of pools."""

    def __init__(self, resolver: Resolver, tls: Callable[[], ssl.SSLContext]) -> None:
        self._resolver = resolver
        self._tls = tls

    async def dial(self, origin: Origin, timeout_s: float) -> Connection:
        """A connection ready for a request.

        Raises UpstreamFailed: "dns", "connect", "tls", "timeout_connect", or what a proxy's answer was.
        """
        try:
            async with asyncio.timeout(timeout_s):
                return await self._dial(origin, timeout_s)
        except TimeoutError as error:
            raise UpstreamFailed("timeout_connect", f"no connection to {origin.host} in {timeout_s:g} s") from error
        except ssl.SSLError as error:
            raise UpstreamFailed("tls", f"TLS with {origin.host} failed: {error}") from error
        except OSError as error:
            raise UpstreamFailed("connect", f"no connection to {origin.host}:{origin.port}: {error}") from error

    async def _dial(self, origin: Origin, timeout_s: float) -> Connection:
        if origin.proxy_url is None:
            return await self._connect(origin, origin.host, origin.port, timeout_s, self._tls_of(origin))
        proxy = parse_proxy(origin.proxy_url)
        connection = await self._connect(origin, proxy.host, proxy.port, timeout_s, None)
        try:
            await open_tunnel(connection, origin.host, origin.port, proxy.authorization)
            await self._start_tls(connection)
        except BaseException:
            connection.abort()
            raise
        return connection

    def _tls_of(self, origin: Origin) -> ssl.SSLContext | None:
        return self._tls() if origin.secure else None

    async def _connect(
        self, origin: Origin, host: str, port: int, timeout_s: float, tls: ssl.SSLContext | None
    ) -> Connection:
        """The first address of `host` that answers. Raises what the last one raised."""
        loop = asyncio.get_running_loop()
        deadline_s = loop.time() + timeout_s
        addresses = await self._resolver.addresses(host)
        for tried, address in enumerate(addresses, 1):
            share_s = (deadline_s - loop.time()) / (len(addresses) - tried + 1)
            try:
                async with asyncio.timeout(max(share_s, _ADDRESS_SHARE_S_MIN)):
                    _, connection = await loop.create_connection(
                        lambda: Connection(loop, origin), address, port, ssl=tls, server_hostname=host if tls else None
                    )
                return connection
            except ssl.SSLError:
                raise  # somebody answered: another address of the same name would show the same certificate
            except OSError:  # TimeoutError is one
                if tried == len(addresses):
                    self._resolver.forget(host)
                    raise
        raise UpstreamFailed("dns", f"{host} has no address")

    async def _start_tls(self, connection: Connection) -> None:
        origin = connection.origin
        if not origin.secure:
            return
        plain = connection.transport
        assert plain is not None
        secured = await asyncio.get_running_loop().start_tls(
            plain, connection, self._tls(), server_hostname=origin.host
        )
        assert secured is not None
        connection.upgrade(secured)
