"""The site's edge: request id, one address for each page, errors as pages, no writing from other sites.

What is not the site's business (an API path, an error of who did not ask for HTML) is raised again: the API's own
boundary around this one answers it in the API's envelope.
"""

from collections.abc import Awaitable, Callable

import structlog
from msgspec import Struct
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from trunkline.accounts.browsers import is_own_page
from trunkline.core import ids
from trunkline.core.clock import Clock
from trunkline.core.errors import NotFound, PermissionDenied, TrunklineError
from trunkline.storage.interface import StorageUnavailable
from trunkline.web.rendering import REQUEST_ID

ErrorPage = Callable[[Request, "Failure"], Awaitable[Response]]
_API_ROOTS = ("/api", "/v1")
_READING = ("GET", "HEAD")

_log = structlog.get_logger("trunkline.web")


class Failure(Struct, frozen=True):
    """What a visitor is told: a status, a heading and what to do."""

    status: int
    title: str
    advice: str


NOT_FOUND = Failure(404, "There is nothing here", "The address may be mistyped, or what it named is gone.")
AWAY = Failure(503, "This page needs the database", "It does not answer at the moment. Try again in a few seconds.")
BROKEN = Failure(500, "Something went wrong", "It was written to the log under the id below. Trying again may help.")


class SiteBoundary:
    """Pure ASGI; wraps the site's router."""

    __slots__ = ("_app", "_clock", "_error_page")

    def __init__(self, app: ASGIApp, *, clock: Clock, error_page: ErrorPage) -> None:
        self._app = app
        self._clock = clock
        self._error_page = error_page

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        if _is_api(scope["path"]):
            raise HTTPException(404)
        request_id: str = scope.setdefault(REQUEST_ID, ids.request_id(self._clock.now_ms()))
        started = False

        async def send_with_id(message: Message) -> None:
            nonlocal started
            if message["type"] == "http.response.start":
                started = True
                message["headers"] = [*message["headers"], (b"x-request-id", request_id.encode("ascii"))]
            await send(message)

        request = Request(scope, receive)
        try:
            if (bare := _bare_path(request)) is not None:
                response: Response = RedirectResponse(bare, 308)
                await response(scope, receive, send_with_id)
                return
            _refuse_foreign(request)
            await self._app(scope, receive, send_with_id)
        except Exception as error:  # the boundary: whatever was raised, the visitor gets a page
            if started or not _wants_page(request):
                raise
            response = await self._error_page(request, _failure(error, request))
            await response(scope, receive, send_with_id)


def _is_api(path: str) -> bool:
    return any(path == root or path.startswith(f"{root}/") for root in _API_ROOTS)


def _wants_page(request: Request) -> bool:
    """Browsers name HTML; a program that mistyped a path does not, and understands the envelope better."""
    return "text/html" in request.headers.get("accept", "")


def _bare_path(request: Request) -> str | None:
    """The same address without its trailing slash (SH-04), None when it has none."""
    path = request.url.path
    if request.method not in _READING or path == "/" or not path.endswith("/"):
        return None
    bare = "/" + path.strip("/")
    return f"{bare}?{request.url.query}" if request.url.query else bare


def _refuse_foreign(request: Request) -> None:
    """A form may come from this site's own pages only (operating.md OP-52). Browsers say where it comes from."""
    if request.method in _READING:
        return
    said = request.headers
    if not is_own_page(
        said.get("sec-fetch-site"), said.get("origin"), said.get("host"), allows_typed=True, allows_silence=True
    ):
        raise PermissionDenied("The form was sent from another site. Go back to the page and send it from there.")


def _failure(error: Exception, request: Request) -> Failure:
    """What the visitor is told of an exception."""
    match error:
        case HTTPException(status_code=404) | NotFound():
            return NOT_FOUND
        case PermissionDenied():
            return Failure(403, "Not allowed", error.message)
        case TrunklineError() if error.http_status < 500:
            return Failure(error.http_status, "That could not be done", error.message)
        case StorageUnavailable():
            _log.warning("database away", request_id=request.scope[REQUEST_ID], reason=str(error))
            return AWAY
        case _:
            _log.error("page failed", request_id=request.scope[REQUEST_ID], path=request.url.path, exc_info=error)
            return BROKEN
