"""One socket to a provider: events come in, bytes go out, and at most one coroutine waits for news.

The transport's events feed the current `ResponseReader`; whoever reads the response waits on `news()` only when
nothing is buffered. So a chunk costs one callback and at most one future: no task, no queue; and not even the future
while `taker` takes what comes.
"""

import asyncio
from collections.abc import Callable
from typing import Protocol, cast

from trunkline.gateway.transport.target import Origin
from trunkline.gateway.transport.wire import ResponseReader
from trunkline.providers.upstream import UpstreamFailed

READ_BUFFER_BYTES_MAX = 256 * 1024
"""Above this the socket is not read until the buffer was taken. One more receive (≤ 256 KB) may be under way."""


class Owner(Protocol):
    """Whoever keeps connections between requests."""

    def released(self, connection: "Connection", *, reusable: bool) -> None:
        """An answer is complete; `reusable`: the connection may carry another request."""
        ...

    def lost(self, connection: "Connection") -> None:
        """The socket is gone, whatever the reason."""
        ...


class Connection(asyncio.Protocol):
    """Carries one request at a time: `begin`, `write`, then the reader fills."""

    def __init__(self, loop: asyncio.AbstractEventLoop, origin: Origin) -> None:
        self._loop = loop
        self.origin = origin
        self.owner: Owner | None = None
        """None while the connection is being made (a proxy's answer releases nothing)."""
        self._transport: asyncio.Transport | None = None
        self._reader: ResponseReader | None = None
        self._news: asyncio.Future[None] | None = None
        self.taker: Callable[[], bool] | None = None
        """Asked when bytes have come, before whoever waits is woken: True if they are taken, and nobody need wake."""
        self.reading_paused = False
        """The socket is not read: more is buffered than READ_BUFFER_BYTES_MAX."""
        self.writable = True
        self.request_sent = False
        self.closed = False
        self.failure: UpstreamFailed | None = None
        """Why the current answer will not come to its end; see `raise_if_broken`."""
        self.silent_since_s = 0.0
        """When the peer last gave a sign of life (loop time): a byte came, or it took bytes of ours."""
        self.idle_since_s = 0.0

    # What the owner of a request calls.

    def begin(self, reader: ResponseReader) -> None:
        """Take the connection for one request whose answer goes to `reader`."""
        self._reader = reader
        self.request_sent = False
        self.silent_since_s = self._loop.time()
        if self.closed:
            self.failure = UpstreamFailed("reset", "the connection was closed before the request was sent")

    def carries(self, reader: ResponseReader) -> bool:
        """Whether the answer of `reader` is still under way here (not yet complete, not yet someone else's turn)."""
        return self._reader is reader

    def write(self, data: bytes | memoryview) -> None:
        """Hand bytes to the socket; look at `writable` between large pieces."""
        if self._transport is not None and not self.closed:
            self._transport.write(data)

    def news(self) -> asyncio.Future[None]:
        """Resolves at the next event: bytes, room for writing, the end, `notify`. One waiter at a time."""
        news = self._news = self._loop.create_future()
        return news

    def notify(self) -> None:
        """Wake whoever waits on `news`."""
        news = self._news
        if news is not None:
            self._news = None
            if not news.done():
                news.set_result(None)

    def raise_if_broken(self) -> None:
        """Raises UpstreamFailed if the current answer will not come to its end.

        A copy, because a raised exception knows the frames it passed through, and those know this connection: the
        stored one would keep a dead request's objects in memory until the next full garbage collection.
        """
        if self.failure is not None:
            raise UpstreamFailed(self.failure.kind, self.failure.detail)

    def resume_reading(self) -> None:
        """The buffer was taken: let the socket be read again, and count silence from now."""
        if self.reading_paused and self._transport is not None:
            self.reading_paused = False
            self.silent_since_s = self._loop.time()
            self._transport.resume_reading()

    def abort(self) -> None:
        """Close at once, without lingering. The current answer, if any, fails."""
        self.closed = True
        if self._transport is not None:
            self._transport.abort()

    def upgrade(self, transport: asyncio.Transport) -> None:
        """TLS was started inside the tunnel: speak through `transport` from now on."""
        self._transport = transport

    @property
    def transport(self) -> asyncio.Transport | None:
        """The socket's transport; None before the connection was made."""
        return self._transport

    # What the event loop calls.

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        # A cast, because uvloop's transports have these methods without being subclasses of asyncio.Transport.
        self._transport = cast("asyncio.Transport", transport)

    def data_received(self, data: bytes) -> None:
        reader = self._reader
        if reader is None:
            self.abort()  # nobody asked: whatever this is must not become the answer to the next request
            return
        self.silent_since_s = self._loop.time()
        try:
            reader.feed(data)
        except UpstreamFailed as failure:
            self._fail(failure)
            return
        if reader.complete:
            self._release(reader)
        elif self.taker is not None and self.taker():
            return
        elif reader.buffered_bytes > READ_BUFFER_BYTES_MAX and not self.reading_paused:
            self.reading_paused = True
            assert self._transport is not None
            self._transport.pause_reading()
        self.notify()

    def eof_received(self) -> None:
        """The peer closed its side; returning None lets the transport close ours (no half-open requests)."""
        self.closed = True
        reader = self._reader
        if reader is None:
            return
        try:
            reader.feed_eof()
        except UpstreamFailed as failure:
            self._fail(failure)
            return
        self._release(reader)
        self.notify()

    def connection_lost(self, exc: Exception | None) -> None:
        self.closed = True
        reader = self._reader
        if reader is not None:
            if self.failure is None:
                self._fail(UpstreamFailed("reset", f"the connection broke: {exc or 'closed'}"))
            reader.abandon()
            self._reader = None
        if self.owner is not None:
            self.owner.lost(self)

    def pause_writing(self) -> None:
        self.writable = False

    def resume_writing(self) -> None:
        self.writable = True
        self.silent_since_s = self._loop.time()
        self.notify()

    def _fail(self, failure: UpstreamFailed) -> None:
        self.failure = failure
        self.abort()
        self.notify()

    def _release(self, reader: ResponseReader) -> None:
        self._reader = None
        self.resume_reading()
        if self.owner is not None:
            self.owner.released(self, reusable=reader.keep_alive and self.request_sent and not self.closed)
