"""`Upstream` over sockets: take an idle connection or make one, send, hand the answer on."""

import asyncio
import ssl
from functools import cached_property

from msgspec import Struct

from trunkline.gateway.transport.connection import Connection
from trunkline.gateway.transport.dialer import Dialer
from trunkline.gateway.transport.pool import Pool
from trunkline.gateway.transport.resolver import Resolver
from trunkline.gateway.transport.response import SocketResponse
from trunkline.gateway.transport.target import Origin, parse_target
from trunkline.gateway.transport.tls import client_context
from trunkline.gateway.transport.wire import ResponseReader, request_head
from trunkline.providers.upstream import UpstreamFailed, UpstreamRequest


class TransportStats(Struct, frozen=True):
    """`open`, `idle`: connections now. The rest counts since the start."""

    open: int
    idle: int
    opened: int
    reused: int
    retried: int
    """Requests sent again because the provider had closed an idle connection (see `HttpTransport.open`)."""


class HttpTransport:
    """Implements `providers.upstream.Upstream`. One per process and event loop; `close` it."""

    def __init__(
        self,
        *,
        idle_per_origin_max: int = 256,
        idle_max: int = 1_024,
        idle_s_max: float = 55.0,
        dns_ttl_s: float = 30.0,
        tls: ssl.SSLContext | None = None,
    ) -> None:
        """`idle_s_max` below the 60 s after which most servers and balancers close: ours goes first."""
        self._pool = Pool(idle_per_origin_max=idle_per_origin_max, idle_max=idle_max, idle_s_max=idle_s_max)
        self._given_tls = tls
        self._dialer = Dialer(Resolver(dns_ttl_s), lambda: self._tls)
        self._connections: set[Connection] = set()
        self._opened = self._reused = self._retried = 0
        self._closed = False

    @cached_property
    def _tls(self) -> ssl.SSLContext:
        """Reading the system's authorities takes ~20 ms: not before the first https provider."""
        return self._given_tls or client_context()

    async def open(self, request: UpstreamRequest) -> SocketResponse:
        """Sign what is to be signed, send, and wait for the head. Raises UpstreamFailed.

        A provider may close an idle connection in the moment in which a request is written to it. That request is
        sent once more on a fresh connection, if the old one was a reused one and not a byte of an answer had come.
        """
        if request.signer is not None:
            request = await request.signer.sign(request)
        target = parse_target(request.url, request.proxy_url)
        head = request_head(request.method, target.path, target.host_header, request.headers, len(request.body))
        connection = self._pool.take(target.origin, asyncio.get_running_loop().time())
        if connection is not None:
            self._reused += 1
            response = self._response_on(connection, request)
            try:
                await response.exchange(head, request.body)
                return response
            except UpstreamFailed as failure:
                if failure.kind != "reset" or response.started:
                    raise
            self._retried += 1
        connection = await self._dial(target.origin, request.connect_timeout_s)
        response = self._response_on(connection, request)
        await response.exchange(head, request.body)
        return response

    def stats(self) -> TransportStats:
        """For /metrics."""
        return TransportStats(len(self._connections), len(self._pool), self._opened, self._reused, self._retried)

    async def close(self) -> None:
        """Close every connection; answers under way fail as "reset". Later requests are refused."""
        self._closed = True
        self._pool.close()
        for connection in tuple(self._connections):
            connection.abort()
        await asyncio.sleep(0)  # lets the event loop tell the connections

    def _response_on(self, connection: Connection, request: UpstreamRequest) -> SocketResponse:
        reader = ResponseReader(bodiless=request.method == "HEAD")
        return SocketResponse(connection, reader, request.read_timeout_s)

    async def _dial(self, origin: Origin, timeout_s: float) -> Connection:
        if self._closed:
            raise UpstreamFailed("connect", "the gateway is shutting down")
        connection = await self._dialer.dial(origin, timeout_s)
        if connection.closed:
            raise UpstreamFailed("reset", "the provider closed the connection as soon as it was made")
        connection.owner = self
        self._opened += 1
        self._connections.add(connection)
        return connection

    # What connections tell their owner.

    def released(self, connection: Connection, *, reusable: bool) -> None:
        """See `connection.Owner`."""
        if reusable and not self._closed:
            self._pool.give_back(connection)
        else:
            connection.abort()

    def lost(self, connection: Connection) -> None:
        """See `connection.Owner`."""
        self._connections.discard(connection)
        self._pool.discard(connection)
