"""Errors over HTTP: one envelope for everything under the API root (accounts-and-governance.md 0.3, inference.md 5).

`ErrorBoundary` goes around the API. It gives each request its id, adds the headers that every response carries, answers
preflight, and turns what is raised inside into the envelope. What nobody expected becomes a generic 500 for the caller
and a log entry, under the same request id, for the operator.
"""

import structlog
from starlette.exceptions import HTTPException
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from trunkline.api.cors import CORS_HEADERS, preflight_headers
from trunkline.api.error_formats import format_of
from trunkline.core import ids
from trunkline.core.clock import Clock
from trunkline.core.errors import Internal, InvalidRequest, NotFound, ServiceUnavailable, TrunklineError
from trunkline.storage.interface import StorageRefused, StorageUnavailable

REQUEST_ID = "trunkline.request_id"
"""Scope key of the request's id."""
ACCOUNT_ID = "trunkline.account_id"
"""Scope key of the caller's account, once authenticated: `user_id` of the envelope (ERR-04)."""
RETRY_AFTER_S = 2
PATH_SHOWN = 200
"""Characters of an unknown path that a message repeats."""

_log = structlog.get_logger("trunkline.api")


def error_headers(error: TrunklineError, body: bytes) -> list[tuple[bytes, bytes]]:
    """Headers of an error response, without those that every response carries."""
    headers = [
        (b"content-type", b"application/json"),
        (b"content-length", b"%d" % len(body)),
        *((name.lower().encode("ascii"), value.encode("latin-1")) for name, value in error.headers.items()),
    ]
    if error.retry_after_s is not None:
        headers.append((b"retry-after", b"%d" % error.retry_after_s))
    return headers


async def send_error(send: Send, scope: Scope, error: TrunklineError, *, docs_base: str) -> None:
    """Answer with the envelope of the path's format, without a body to HEAD. The response must not have begun."""
    body = format_of(scope["path"]).render_error(
        error, docs_base=docs_base, user_id=scope.get(ACCOUNT_ID), generation_id=None
    )
    await send({"type": "http.response.start", "status": error.http_status, "headers": error_headers(error, body)})
    await send({"type": "http.response.body", "body": b"" if scope["method"] == "HEAD" else body})


async def not_found(scope: Scope, receive: Receive, send: Send) -> None:
    """The router's last resort: the envelope, never a page (API-08)."""
    raise HTTPException(404)


class ErrorBoundary:
    """Pure ASGI; wraps the API's router."""

    __slots__ = ("_app", "_clock", "_docs_base")

    def __init__(self, app: ASGIApp, *, clock: Clock, docs_base: str) -> None:
        self._app = app
        self._clock = clock
        self._docs_base = docs_base

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        # Boundaries may stand inside each other; the outermost names the request.
        request_id: str = scope.setdefault(REQUEST_ID, ids.request_id(self._clock.now_ms()))
        common = [(b"x-request-id", request_id.encode("ascii")), *CORS_HEADERS]
        started = False

        async def send_with_headers(message: Message) -> None:
            nonlocal started
            if message["type"] == "http.response.start":
                started = True
                if not any(name == b"x-request-id" for name, _ in message["headers"]):
                    message["headers"] = [*message["headers"], *common]
            await send(message)

        if scope["method"] == "OPTIONS":
            await _answer_preflight(scope, send_with_headers)
            return
        try:
            await self._app(scope, receive, send_with_headers)
        except Exception as error:  # the boundary: whatever was raised, the caller gets the envelope
            if started:
                raise  # the status line is gone; the server closes the connection, which tells the client
            await send_error(send_with_headers, scope, presentable(error, scope), docs_base=self._docs_base)


async def _answer_preflight(scope: Scope, send: Send) -> None:
    await send({"type": "http.response.start", "status": 204, "headers": preflight_headers(scope["headers"])})
    await send({"type": "http.response.body", "body": b""})


def presentable(error: Exception, scope: Scope) -> TrunklineError:
    """What the caller is told of an exception."""
    match error:
        case TrunklineError():
            return error
        case HTTPException(status_code=404):
            return NotFound(
                f"There is no {scope['method']} {scope['path'][:PATH_SHOWN]} here; /openapi.json lists what there is."
            )
        case StorageUnavailable():
            _log.warning("database away", request_id=scope[REQUEST_ID], reason=str(error))
            return ServiceUnavailable(
                "Service temporarily unavailable: the database does not answer. Try again in a moment.",
                retry_after_s=RETRY_AFTER_S,
            )
        case StorageRefused():
            _log.warning("database refused a record", request_id=scope[REQUEST_ID], reason=str(error))
            return InvalidRequest(
                "Invalid request parameters: a value cannot be stored (too long, or a NUL in a text)."
            )
        case _:
            _log.error("request failed", request_id=scope[REQUEST_ID], path=scope["path"], exc_info=error)
            return Internal("Internal Server Error")
