"""What is said to a client whose request could not even be read, before any application sees it."""

from typing import Final

from trunkline.core import ids
from trunkline.core.clock import SystemClock

HEAD_BYTES_MAX = 65_536
"""Of a head, and of anything else that is not body: trailers, chunk sizes and their extensions."""
HEADERS_MAX = 128
PIPELINED_MAX = 64
"""Requests that wait behind one that is being answered."""

Refusal = tuple[bytes, str]
"""Status line and message."""
BAD_REQUEST: Final[Refusal] = (b"400 Bad Request", "Invalid HTTP request received.")
TOO_LARGE: Final[Refusal] = (
    b"431 Request Header Fields Too Large",
    f"The request's head has more than {HEAD_BYTES_MAX} bytes or {HEADERS_MAX} headers.",
)
TOO_SLOW: Final[Refusal] = (b"408 Request Timeout", "The request's head did not arrive in time.")
TOO_MANY: Final[Refusal] = (
    b"400 Bad Request",
    f"More than {PIPELINED_MAX} requests wait on this connection for their turn.",
)

_clock = SystemClock()


def refusal_bytes(refusal: Refusal) -> bytes:
    """The whole answer, after which the connection ends."""
    status, message = refusal
    body = b'{"error":{"code":%b,"message":"%b","metadata":{"error_type":"invalid_request"}}}' % (
        status[:3],
        message.encode("ascii"),
    )
    return (
        b"HTTP/1.1 %b\r\ncontent-type: application/json\r\ncontent-length: %d\r\nx-request-id: %b\r\n"
        b"access-control-allow-origin: *\r\nconnection: close\r\n\r\n%b"
        % (status, len(body), ids.request_id(_clock.now_ms()).encode("ascii"), body)
    )
