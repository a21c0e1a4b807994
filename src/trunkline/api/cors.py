"""Cross-origin calls: every path of the API answers preflight and allows any origin, without cookies (API-05)."""

from collections.abc import Iterable

Headers = Iterable[tuple[bytes, bytes]]

EXPOSED_HEADERS = (
    "X-Generation-Id,X-Provider-Name,X-Request-Id,Retry-After,"
    "X-RateLimit-Limit,X-RateLimit-Remaining,X-RateLimit-Reset,"
    "X-OpenRouter-Cache-Status,X-OpenRouter-Cache-Age,X-OpenRouter-Cache-TTL"
)
CORS_HEADERS: tuple[tuple[bytes, bytes], ...] = (
    (b"access-control-allow-origin", b"*"),
    (b"access-control-expose-headers", EXPOSED_HEADERS.encode("ascii")),
)
"""On every response (inference.md 1.3)."""

_METHODS = b"GET, POST, PUT, PATCH, DELETE, OPTIONS"
_PREFLIGHT_SECONDS = b"86400"


def preflight_headers(request_headers: Headers) -> list[tuple[bytes, bytes]]:
    """The answer to a preflight: the headers that the browser asks for are the ones that are allowed.

    `*` would not do: it never covers `Authorization`.
    """
    asked = next((value for name, value in request_headers if name == b"access-control-request-headers"), b"*")
    return [
        (b"access-control-allow-methods", _METHODS),
        (b"access-control-allow-headers", asked),
        (b"access-control-max-age", _PREFLIGHT_SECONDS),
        (b"vary", b"access-control-request-headers"),
        (b"content-length", b"0"),
    ]
