"""The server's side of HTTP: uvicorn's parser with bounds on a request's head (operating.md OP-50).

uvicorn bounds neither the size of a head nor the time it may take. A body's bounds are the application's.
"""

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

HEAD_BYTES_MAX = 65_536
HEADERS_MAX = 128

_TOO_LARGE = f"The request's head has more than {HEAD_BYTES_MAX} bytes or {HEADERS_MAX} headers."
_TOO_SLOW = "The request's head did not arrive in time."


class _HeadTooLarge(Exception):
    """Raised inside the parser's callback: the parser stops, nothing of the request is run."""


class BoundedHttpProtocol(HttpToolsProtocol):
    """One client connection. `GatewayServer` calls `expire_head` now and then, so that no request needs a timer."""

    _head_began_s: float | None = None
    """When the client began to owe us a head; None while it owes none."""
    _in_head = False
    _head_bytes = 0
    _too_large = False

    def connection_made(self, transport: object) -> None:
        super().connection_made(transport)  # pyright: ignore[reportArgumentType] -- uvicorn narrows asyncio's type
        self._head_began_s = self.loop.time()

    def on_message_begin(self) -> None:
        super().on_message_begin()
        self._in_head = True
        if self._head_began_s is None:
            self._head_began_s = self.loop.time()

    def on_headers_complete(self) -> None:
        self._head_began_s = None
        self._head_bytes = 0
        self._in_head = False
        if len(self.headers) > HEADERS_MAX:
            self._too_large = True
            raise _HeadTooLarge
        super().on_headers_complete()

    def data_received(self, data: bytes) -> None:
        # Only reads that begin inside a head count: the one that ends a body may hold the next request's first bytes.
        owed_head = self._head_began_s is not None
        super().data_received(data)
        if owed_head and self._head_began_s is not None:
            self._head_bytes += len(data)
            if self._head_bytes > HEAD_BYTES_MAX and not self.transport.is_closing():
                self._refuse(b"431 Request Header Fields Too Large", _TOO_LARGE)

    def send_400_response(self, msg: str) -> None:
        """What uvicorn calls when its parser stopped."""
        if self._too_large:
            self._refuse(b"431 Request Header Fields Too Large", _TOO_LARGE)
        else:
            self._refuse(b"400 Bad Request", msg)

    def expire_head(self, now_s: float, timeout_s: float) -> None:
        """Close the connection if it has owed the rest of a request's head for too long."""
        if self._head_began_s is None or now_s - self._head_began_s < timeout_s or self.transport.is_closing():
            return
        if self._in_head:
            self._refuse(b"408 Request Timeout", _TOO_SLOW)
        else:
            self.transport.close()

    def _refuse(self, status: bytes, message: str) -> None:
        code = int(status[:3])
        body = b'{"error":{"code":%d,"message":"%b"}}' % (code, message.encode("ascii"))
        self.transport.write(
            b"HTTP/1.1 %b\r\ncontent-type: application/json\r\ncontent-length: %d\r\nconnection: close\r\n\r\n%b"
            % (status, len(body), body)
        )
        self.transport.close()
