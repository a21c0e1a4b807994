"""The server's side of HTTP: uvicorn's parser with bounds on what a client may send and take (operating.md OP-50).

uvicorn bounds neither the size of a head nor the time it may take, nor what stands around a body (trailers, chunk
extensions), nor how many requests queue up behind one, nor how long an answer may wait to be taken. The size of a body
and its time are the application's to bound, as long as it reads it.
"""

import httptools
from uvicorn._types import ASGI3Application
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol, RequestResponseCycle

from trunkline.core import ids
from trunkline.core.clock import SystemClock

HEAD_BYTES_MAX = 65_536
"""Of a head, and of anything else that is not body: trailers, chunk sizes and their extensions."""
HEADERS_MAX = 128
PIPELINED_MAX = 64
"""Requests that wait behind one that is being answered."""

_BAD_REQUEST = (b"400 Bad Request", "Invalid HTTP request received.")
_TOO_LARGE = (
    b"431 Request Header Fields Too Large",
    f"The request's head has more than {HEAD_BYTES_MAX} bytes or {HEADERS_MAX} headers.",
)
_TOO_SLOW = (b"408 Request Timeout", "The request's head did not arrive in time.")
_TOO_MANY = (b"400 Bad Request", f"More than {PIPELINED_MAX} requests wait on this connection for their turn.")
_UPGRADE_HEADERS = (b"upgrade", b"http2-settings", b"connection")

_clock = SystemClock()


class _Refused(Exception):
    """Raised inside a callback of the parser: it stops, nothing of the request is run."""


class BoundedHttpProtocol(HttpToolsProtocol):
    """One client connection. `GatewayServer` calls `expire` now and then, so that no request needs a timer."""

    _head_began_s: float | None = None
    """When the client began to owe us a head; None while it owes none."""
    _in_head = False
    _in_message = False
    _overhead_bytes = 0
    """Read since there last was a piece of a body or the end of a message."""
    _refusal = _BAD_REQUEST
    """What is said when the parser stops."""
    _unread_since_s: float | None = None
    """When it was first seen that the rest of an answered request is still to come."""
    _answered: RequestResponseCycle | None = None
    """The request whose turn it is, or was last."""
    _unsent_bytes = 0
    _unsent_since_s = 0.0
    """When the client was last seen to take something of what waits to be sent."""

    # What the parser calls

    def connection_made(self, transport: object) -> None:
        super().connection_made(transport)  # pyright: ignore[reportArgumentType] -- uvicorn narrows asyncio's type
        self._head_began_s = self.loop.time()

    def on_message_begin(self) -> None:
        super().on_message_begin()
        self._in_head = self._in_message = True
        if self._head_began_s is None:
            self._head_began_s = self.loop.time()

    def on_headers_complete(self) -> None:
        self._overhead_bytes = 0
        if len(self.headers) > HEADERS_MAX:
            self._refusal = _TOO_LARGE
            raise _Refused
        if len(self.pipeline) >= PIPELINED_MAX:
            self._refusal = _TOO_MANY
            raise _Refused
        if self.parser.get_method() == b"CONNECT":
            raise _Refused
        if self.parser.should_upgrade():
            return  # the parser takes this for the end of HTTP; `data_received` begins anew
        self._head_began_s = None
        self._in_head = False
        super().on_headers_complete()

    def _start_asgi_task(self, cycle: RequestResponseCycle, app: ASGI3Application) -> None:
        self._answered = cycle
        super()._start_asgi_task(cycle, app)

    def on_body(self, body: bytes) -> None:
        self._overhead_bytes = 0
        super().on_body(body)

    def on_message_complete(self) -> None:
        if self._in_head:
            return
        self._overhead_bytes = 0
        self._in_message = False
        self._unread_since_s = None
        super().on_message_complete()

    # What the transport calls

    def connection_lost(self, exc: Exception | None) -> None:
        # uvicorn tells only the newest of pipelined requests; the one that is being answered must know.
        answered = self._answered
        if answered is not None and not answered.response_complete:
            answered.disconnected = True
            answered.message_event.set()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        self._unset_keepalive_if_required()
        self._overhead_bytes += len(data)
        try:
            self._feed(data)
        except httptools.HttpParserError:
            self._refuse(self._refusal)
            return
        if self._overhead_bytes > HEAD_BYTES_MAX and not self.transport.is_closing():
            self._refuse(_TOO_LARGE)

    def _feed(self, data: bytes) -> None:
        """Parse. A request that asks for another protocol is answered in this one, which HTTP allows.

        Some clients ask with every request, Java's for one. The parser would leave out such a request's body, and
        read it as the next request: so a new parser is given the head again, without the wish.
        """
        try:
            self.parser.feed_data(data)
        except httptools.HttpParserUpgrade as upgrade:
            rest = data[upgrade.args[0] :]
            head = self._head_without_upgrade()
            self.parser = httptools.HttpRequestParser(self)
            self.parser.feed_data(head + rest)

    def _head_without_upgrade(self) -> bytes:
        """The head that was just read, but for what is about another protocol."""
        version = self.parser.get_http_version().encode("ascii")
        lines = [b"%b %b HTTP/%b" % (self.parser.get_method(), self.url, version)]
        lines += [b"%b: %b" % header for header in self.headers if header[0] not in _UPGRADE_HEADERS]
        if not self.parser.should_keep_alive():
            lines.append(b"connection: close")
        return b"\r\n".join(lines) + b"\r\n\r\n"

    # What the server calls

    def expire(self, now_s: float, *, head_s: float, answer_s: float) -> None:
        """Close the connection of a client that is too slow: with its head (`head_s`), with the rest of a request
        that has its answer already (`head_s`), or in taking what it is sent (`answer_s` without a byte)."""
        if self._is_stuck(now_s, answer_s):
            self.transport.abort()
        elif self.transport.is_closing():
            return
        elif self._head_began_s is not None and now_s - self._head_began_s >= head_s:
            if self._in_head:
                self._refuse(_TOO_SLOW)
            else:
                self.transport.close()
        elif self._in_message and not self._in_head and self.cycle.response_complete:
            if self._unread_since_s is None:
                self._unread_since_s = now_s
            elif now_s - self._unread_since_s >= head_s:
                self.transport.close()

    def _is_stuck(self, now_s: float, answer_s: float) -> bool:
        unsent_bytes = self.transport.get_write_buffer_size()
        if unsent_bytes == 0 or self._unsent_bytes == 0 or unsent_bytes < self._unsent_bytes:
            self._unsent_since_s = now_s
        self._unsent_bytes = unsent_bytes
        return unsent_bytes > 0 and now_s - self._unsent_since_s >= answer_s

    def _refuse(self, refusal: tuple[bytes, str]) -> None:
        """Say why, unless an answer is under way, in whose middle nothing else may stand; then close."""
        answered = self._answered
        if answered is None or answered.response_complete or not answered.response_started:
            status, message = refusal
            body = b'{"error":{"code":%b,"message":"%b","metadata":{"error_type":"invalid_request"}}}' % (
                status[:3],
                message.encode("ascii"),
            )
            self.transport.write(
                b"HTTP/1.1 %b\r\ncontent-type: application/json\r\ncontent-length: %d\r\nx-request-id: %b\r\n"
                b"access-control-allow-origin: *\r\nconnection: close\r\n\r\n%b"
                % (status, len(body), ids.request_id(_clock.now_ms()).encode("ascii"), body)
            )
        self.transport.close()
