"""The server's side of HTTP/1.1, on httptools, with bounds on what a client may send and take (operating.md OP-50).

Bounded are: the size of a head and the time it may take, what stands around a body (trailers, chunk extensions), how
many requests queue up behind one, how long an answer may wait to be taken. The size of a body and its time are the
application's to bound, as long as it reads it. Time is looked at once a second, for all connections (`expire`): no
request needs a timer. Why not uvicorn's own protocol: docs/develop/decisions/0020-own-http-server.md.
"""

import asyncio
from collections import deque
from collections.abc import Sequence
from typing import cast

import httptools
from starlette.types import ASGIApp
from uvicorn.config import Config
from uvicorn.server import ServerState

from trunkline.cli.serving.answer import Answer
from trunkline.cli.serving.head import Address, ends_of, scope_of, without_upgrade
from trunkline.cli.serving.patience import Bounds, Patience
from trunkline.cli.serving.refusals import (
    BAD_REQUEST,
    HEAD_BYTES_MAX,
    HEADERS_MAX,
    PIPELINED_MAX,
    TOO_LARGE,
    TOO_MANY,
    TOO_SLOW,
    Refusal,
    refusal_bytes,
)


class _Refused(Exception):
    """Raised inside a callback of the parser: it stops, nothing of the request is run."""


class ClientConnection(asyncio.Protocol):
    """One client: requests in, answers out in the same order. uvicorn makes one for each connection."""

    __slots__ = (
        "_answer",
        "_app",
        "_ends",
        "_headers",
        "_loop",
        "_must_continue",
        "_overhead_bytes",
        "_parser",
        "_patience",
        "_queue",
        "_reading",
        "_reading_paused",
        "_refusal",
        "_state",
        "_transport",
        "_url",
        "_writable",
        "is_writable",
    )

    def __init__(
        self,
        config: Config,
        server_state: ServerState,
        app_state: object,
        _loop: asyncio.AbstractEventLoop | None = None,
    ) -> None:
        """As uvicorn calls it."""
        self._loop = _loop or asyncio.get_running_loop()
        self._app = cast("ASGIApp", config.loaded_app)
        self._state = server_state
        self._parser: httptools.HttpRequestParser = self._fresh_parser()
        self._transport: asyncio.Transport
        self._ends: dict[str, Address | None] = {}
        self._url = b""
        self._headers: list[tuple[bytes, bytes]] = []
        self._must_continue = False
        self._patience = Patience(self._loop.time())
        self._overhead_bytes = 0
        """Read since there last was a piece of a body or the end of a message."""
        self._refusal = BAD_REQUEST
        """What is said when the parser stops."""
        self._reading: Answer | None = None
        """The request whose body is being read."""
        self._answer: Answer | None = None
        """The request whose turn it is, or was last."""
        self._queue: deque[Answer] = deque()
        """Requests that wait for their turn."""
        self._reading_paused = False
        self.is_writable = True
        self._writable: asyncio.Event | None = None
        """Set when there is room again; None while there is."""

    def _fresh_parser(self) -> httptools.HttpRequestParser:
        parser = httptools.HttpRequestParser(self)
        # A request may follow one that asked for the end: it is read, and not answered.
        parser.set_dangerous_leniencies(lenient_data_after_close=True)
        return parser

    # What the parser calls. An exception here stops it.

    def on_message_begin(self) -> None:
        self._url = b""
        self._headers = []
        self._must_continue = False
        self._patience.begin_head(self._loop.time())

    def on_url(self, url: bytes) -> None:
        self._url += url

    def on_header(self, name: bytes, value: bytes) -> None:
        name = name.lower()
        if name == b"expect" and value.lower() == b"100-continue":
            self._must_continue = True
        self._headers.append((name, value))

    def on_headers_complete(self) -> None:
        parser = self._parser
        self._overhead_bytes = 0
        if len(self._headers) > HEADERS_MAX:
            self._refusal = TOO_LARGE
            raise _Refused
        if len(self._queue) >= PIPELINED_MAX:
            self._refusal = TOO_MANY
            raise _Refused
        method = parser.get_method()
        if method == b"CONNECT":
            raise _Refused
        if parser.should_upgrade():
            return  # the parser takes this for the end of HTTP; `data_received` begins anew
        self._patience.end_head()
        version = parser.get_http_version()
        answer = self._reading = Answer(
            self._loop,
            self,
            self._transport.write,
            scope_of(method, self._url, version, self._headers, self._ends),
            keep_alive=version != "1.0" and parser.should_keep_alive(),
            must_continue=self._must_continue,
        )
        if self._answer is None or self._answer.complete:
            self._begin(answer)
        else:
            self.pause_reading()
            self._queue.append(answer)

    def _begin(self, answer: Answer) -> None:
        self._answer = answer
        tasks = self._state.tasks
        task = self._loop.create_task(answer.run(self._app))
        tasks.add(task)
        task.add_done_callback(tasks.discard)

    def on_body(self, body: bytes) -> None:
        self._overhead_bytes = 0
        if self._reading is not None:
            self._reading.feed(body)

    def on_message_complete(self) -> None:
        if self._patience.in_head:
            return
        self._overhead_bytes = 0
        reading, self._reading = self._reading, None
        if reading is not None:
            reading.feed_end()

    # What the transport calls

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        # A cast, because uvloop's transports have these methods without being subclasses of asyncio.Transport.
        self._transport = cast("asyncio.Transport", transport)
        self._ends = ends_of(transport)
        connections = cast("set[object]", self._state.connections)  # uvicorn names its own protocols only
        connections.add(self)

    def connection_lost(self, exc: Exception | None) -> None:
        cast("set[object]", self._state.connections).discard(self)
        for answer in (self._answer, *self._queue):
            if answer is not None and not answer.complete:
                answer.disconnect()
        self._queue.clear()
        self.resume_writing()
        del self._parser  # ends the cycle parser -> our callbacks -> parser

    def eof_received(self) -> None:
        """The client sends no more; returning None lets the transport close."""

    def data_received(self, data: bytes) -> None:
        self._overhead_bytes += len(data)
        try:
            self._feed(data)
        except httptools.HttpParserError:
            self._refuse(self._refusal)
            return
        if self._overhead_bytes > HEAD_BYTES_MAX and not self._transport.is_closing():
            self._refuse(TOO_LARGE)

    def pause_writing(self) -> None:
        self.is_writable = False
        self._writable = asyncio.Event()

    def resume_writing(self) -> None:
        self.is_writable = True
        if self._writable is not None:
            self._writable.set()
            self._writable = None

    def _feed(self, data: bytes) -> None:
        """Parse. A request that asks for another protocol is answered in this one, which HTTP allows.

        Some clients ask with every request, Java's for one. The parser would leave out such a request's body, and
        read it as the next request: so a new parser is given the head again, without the wish.
        """
        while True:
            try:
                self._parser.feed_data(data)
            except httptools.HttpParserUpgrade as upgrade:
                parser, rest = self._parser, data[upgrade.args[0] :]
                head = without_upgrade(
                    parser.get_method(),
                    self._url,
                    parser.get_http_version(),
                    self._headers,
                    keep_alive=parser.should_keep_alive(),
                )
                self._parser = self._fresh_parser()
                data = head + rest  # in which another request may follow that asks the same
            else:
                return

    # What answers call: see `answer.Carrier`.

    @property
    def default_headers(self) -> Sequence[tuple[bytes, bytes]]:
        return self._state.default_headers

    async def writable(self) -> None:
        while self._writable is not None:
            await self._writable.wait()

    def pause_reading(self) -> None:
        if not self._reading_paused:
            self._reading_paused = True
            self._transport.pause_reading()

    def resume_reading(self) -> None:
        if self._reading_paused:
            self._reading_paused = False
            self._transport.resume_reading()

    def answered(self, answer: Answer) -> None:
        if not answer.keep_alive:
            self._transport.close()
        if self._transport.is_closing():
            return
        if self._queue:
            self._begin(self._queue.popleft())
        else:
            self._patience.idle_since_s = self._loop.time()
        self.resume_reading()

    def close(self) -> None:
        self._transport.close()

    # What the server calls

    def shutdown(self) -> None:
        """End with the last answer that is owed; at once if none is."""
        last = self._queue[-1] if self._queue else self._answer
        if last is None or last.complete:
            self._transport.close()
        else:
            last.keep_alive = False

    def abort(self) -> None:
        """End now."""
        self._transport.abort()

    def expire(self, now_s: float, bounds: Bounds) -> None:
        """Close the connection of a client that is too slow."""
        reading, transport = self._reading, self._transport
        verdict = self._patience.verdict(
            now_s,
            bounds,
            unsent_bytes=transport.get_write_buffer_size(),
            owes_rest=reading is not None and reading.complete,
            is_read=not self._reading_paused,
        )
        if verdict == "abort":
            transport.abort()
        elif transport.is_closing():
            return
        elif verdict == "refuse":
            self._refuse(TOO_SLOW)
        elif verdict == "close":
            transport.close()

    def _refuse(self, refusal: Refusal) -> None:
        """Say why, unless an answer is under way, in whose middle nothing else may stand; then close."""
        answer = self._answer
        if answer is None or answer.complete or not answer.started:
            self._transport.write(refusal_bytes(refusal))
        self._transport.close()
