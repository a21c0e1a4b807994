"""One request of a client's connection and the answer to it: the application's side, ASGI.

`send` writes at once and gives back something to wait for only while the client is slow; `receive` gives back what is
there, or a future. So neither costs a coroutine, and an application may ask what it got whether waiting is needed.
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Sequence
from http import HTTPStatus
from typing import Protocol

from starlette.types import ASGIApp, Message, Scope

from trunkline.core.errors import TrunklineError
from trunkline.core.ready import DONE, Later, Ready

BODY_BYTES_WAITING_MAX = 65_536
"""Of a request's body that the application has not taken; then the client is not read until it has."""
JOINED_BODY_BYTES_MAX = 65_536
"""Up to here head and body go out in one write; a larger body is not copied for it."""

_STATUS_LINES = {status.value: f"HTTP/1.1 {status.value} {status.phrase}\r\n".encode() for status in HTTPStatus}
_BODILESS = frozenset({204, 304})
_DISCONNECT: Message = {"type": "http.disconnect"}
_FAILED = b"Internal Server Error"
_logger = logging.getLogger("uvicorn.error")


class Carrier(Protocol):
    """The connection, as far as an answer knows it."""

    is_writable: bool
    """False while the client has much to take."""

    @property
    def default_headers(self) -> Sequence[tuple[bytes, bytes]]: ...

    async def writable(self) -> None:
        """Wait until there is room, or the client is gone."""
        ...

    def resume_reading(self) -> None: ...
    def pause_reading(self) -> None: ...
    def answered(self, answer: "Answer") -> None:
        """The last byte was written."""
        ...

    def close(self) -> None: ...


class Answer:
    """From a request's head to the last byte of its answer."""

    __slots__ = (
        "_body",
        "_body_bytes",
        "_carrier",
        "_head",
        "_is_chunked",
        "_loop",
        "_more_body",
        "_must_continue",
        "_owed_bytes",
        "_told_end",
        "_transmit",
        "_waiting",
        "complete",
        "disconnected",
        "keep_alive",
        "scope",
        "started",
    )

    def __init__(
        self,
        loop: asyncio.AbstractEventLoop,
        carrier: Carrier,
        transmit: Callable[[bytes], None],
        scope: Scope,
        *,
        keep_alive: bool,
        must_continue: bool,
    ) -> None:
        """`transmit` hands bytes to the socket. `must_continue`: the client sends the body only when it is told to."""
        self._loop = loop
        self._carrier = carrier
        self._transmit = transmit
        self.scope = scope
        self.keep_alive = keep_alive
        self._must_continue = must_continue
        self._body: list[bytes] = []
        self._body_bytes = 0
        self._more_body = True
        self._told_end = False
        self._waiting: asyncio.Future[Message] | None = None
        self._head = b""
        """Waits for the first piece of the body, to go out with it, as ASGI wants it."""
        self._is_chunked = False
        self._owed_bytes = 0
        """Of the length that was promised."""
        self.started = False
        self.complete = False
        self.disconnected = False

    async def run(self, app: ASGIApp) -> None:
        """Let the application answer. What it raises ends in a 500, or in the connection's end once it has begun."""
        try:
            await app(self.scope, self.receive, self.send)
        except TrunklineError as failure:  # sound that broke off: its end is the only way to tell
            _logger.warning("An answer broke off: %s", failure)
            await self._fail()
        except (Exception, asyncio.CancelledError):  # the boundary of the program: nothing is above it
            _logger.exception("Exception in ASGI application")
            await self._fail()
        else:
            if not self.complete and not self.disconnected:
                _logger.error("The ASGI application returned without completing its response.")
                await self._fail()

    async def _fail(self) -> None:
        if self.started:
            self._carrier.close()
            return
        length = b"%d" % len(_FAILED)
        headers = [(b"content-type", b"text/plain"), (b"content-length", length), (b"connection", b"close")]
        await self.send({"type": "http.response.start", "status": 500, "headers": headers})
        await self.send({"type": "http.response.body", "body": _FAILED})

    # What the connection tells

    def feed(self, data: bytes) -> None:
        """A piece of the request's body came."""
        if self.complete:
            return
        self._body.append(data)
        self._body_bytes += len(data)
        if self._body_bytes > BODY_BYTES_WAITING_MAX:
            self._carrier.pause_reading()
        self._tell()

    def feed_end(self) -> None:
        """The request is complete."""
        self._more_body = False
        self._tell()

    def disconnect(self) -> None:
        """The client is gone."""
        self.disconnected = True
        self._tell()

    def _tell(self) -> None:
        waiting, self._waiting = self._waiting, None
        if waiting is None or waiting.done():  # done: whoever waited was cancelled
            return
        news = self._news()
        assert news is not None
        waiting.set_result(news)

    # What the application calls

    def receive(self) -> Awaitable[Message]:
        """The next piece of the request's body, or that the client is gone or has its answer."""
        if self._must_continue:
            self._must_continue = False
            if not self.disconnected:
                self._transmit(b"HTTP/1.1 100 Continue\r\n\r\n")
        news = self._news()
        if news is not None:
            return Ready(news)
        self._carrier.resume_reading()
        waiting = self._waiting = self._loop.create_future()
        return waiting

    def _news(self) -> Message | None:
        if self.disconnected or self.complete:
            return _DISCONNECT
        if not self._body and (self._more_body or self._told_end):
            return None
        body = self._body[0] if len(self._body) == 1 else b"".join(self._body)
        self._body.clear()
        self._body_bytes = 0
        self._told_end = not self._more_body
        return {"type": "http.request", "body": body, "more_body": self._more_body}

    def send(self, message: Message) -> Awaitable[None]:
        """Write. What is given back is `DONE`, or the wait for a client that is slow."""
        if self.disconnected:
            return DONE
        if not self.started:
            if message["type"] != "http.response.start":
                raise RuntimeError(f"the answer must begin with 'http.response.start', not with {message['type']!r}")
            self._start(message["status"], message.get("headers", ()))
        elif message["type"] != "http.response.body" or self.complete:
            raise RuntimeError(f"{message['type']!r} cannot be sent in the middle or after the end of an answer")
        else:
            self._write(message.get("body", b""), is_last=not message.get("more_body", False))
        return DONE if self._carrier.is_writable else Later(self._carrier.writable)

    def _start(self, status: int, headers: Sequence[tuple[bytes, bytes]]) -> None:
        lines = [_STATUS_LINES.get(status) or b"HTTP/1.1 %d \r\n" % status]
        lines += [b"%b: %b\r\n" % header for header in self._carrier.default_headers]
        framed = closes = False
        for name, value in headers:
            lines.append(b"%b: %b\r\n" % (name, value))
            if name == b"content-length":
                framed, self._owed_bytes = True, int(value)
            elif name == b"connection":
                closes = b"close" in value.lower()
        if self.scope["method"] == "HEAD":
            self._owed_bytes = 0
        if closes:
            self.keep_alive = False
        elif not self.keep_alive:
            lines.append(b"connection: close\r\n")
        if not framed and status not in _BODILESS and self.scope["method"] != "HEAD":
            # A client of HTTP/1.0 knows no chunks: for it, the connection's end is the body's.
            self._is_chunked = self.scope["http_version"] != "1.0"
            if self._is_chunked:
                lines.append(b"transfer-encoding: chunked\r\n")
            else:
                self._owed_bytes = -1
        lines.append(b"\r\n")
        head = b"".join(lines)
        if head.count(b"\n") != len(lines) or head.count(b"\r") != len(lines) or b"\0" in head:
            raise RuntimeError("a header of the answer holds a control character")
        self.started = True
        self._must_continue = False
        self._head = head

    def _write(self, body: bytes, *, is_last: bool) -> None:
        if self._is_chunked:
            body = b"%x\r\n%b\r\n" % (len(body), body) if body else b""
            if is_last:
                body += b"0\r\n\r\n"
        elif self.scope["method"] != "HEAD":
            if self._owed_bytes >= 0:
                self._owed_bytes -= len(body)
                if self._owed_bytes < 0 or (is_last and self._owed_bytes):
                    raise RuntimeError("the answer's body is not as long as its Content-Length says")
        else:
            body = b""
        if self._head:
            head, self._head = self._head, b""
            if len(body) <= JOINED_BODY_BYTES_MAX:
                body = head + body
            else:
                self._transmit(head)
        if body:
            self._transmit(body)
        if is_last:
            self.complete = True
            self._tell()
            self._carrier.answered(self)
