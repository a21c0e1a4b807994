"""Operations: what an endpoint is called, takes and answers, declared next to its handler.

The same declaration makes the route and the entry in `/openapi.json`, so nothing can be served that is not described.
"""

from collections.abc import Awaitable, Callable, Sequence
from typing import Literal

from msgspec import Struct
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route
from starlette.types import Receive, Scope, Send

from trunkline.core.errors import MethodNotAllowed

Method = Literal["GET", "POST", "PUT", "PATCH", "DELETE"]
Handler = Callable[[Request], Awaitable[Response]]


class Parameter(Struct, frozen=True, kw_only=True):
    """A query or path parameter. `type` is any type that msgspec has a JSON schema for."""

    name: str
    where: Literal["query", "path", "header"] = "query"
    type: object = str
    required: bool = False
    description: str = ""


class Operation(Struct, frozen=True, kw_only=True):
    """One method on one path, relative to the API root (`/keys/{hash}`)."""

    method: Method
    path: str
    id: str
    """The published `operationId`."""
    summary: str
    tag: str
    parameters: tuple[Parameter, ...] = ()
    request: object | None = None
    """Type of the body; None: no body."""
    request_media_type: str = "application/json"
    response: object | None = None
    """Type of the JSON answer; None: not JSON, or none."""
    response_media_type: str = "application/json"
    other_media_type: str | None = None
    """What a parameter makes of the answer instead."""
    status: int = 200
    errors: tuple[int, ...] = (401, 500)
    error: object | None = None
    """Type of its errors' body; None: the one envelope."""
    public: bool = False
    """Answers without a key."""


class Endpoint(Struct, frozen=True):
    """An operation and what performs it."""

    operation: Operation
    handle: Handler


def build_routes(endpoints: Sequence[Endpoint]) -> list[Route]:
    """A route for each path, and one for the same path with a trailing slash: no redirect (API-02)."""
    by_path: dict[str, dict[str, Handler]] = {}
    for endpoint in endpoints:
        by_path.setdefault(endpoint.operation.path, {})[endpoint.operation.method] = endpoint.handle
    return [
        Route(path + slash, endpoint=_Methods(handlers)) for path, handlers in by_path.items() for slash in ("", "/")
    ]


def refuse_other_methods(operations: Sequence[Operation]) -> list[Route]:
    """Routes for operations that are served elsewhere: whatever arrives here has the wrong method."""
    methods: dict[str, list[Method]] = {}
    for operation in operations:
        methods.setdefault(operation.path, []).append(operation.method)
    return [Route(path + slash, endpoint=_Methods({}, known)) for path, known in methods.items() for slash in ("", "/")]


class _Methods:
    """The methods of one path; ASGI, so that every other method reaches it and is told which there are (API-08)."""

    __slots__ = ("_allowed", "_handlers")

    def __init__(self, handlers: dict[str, Handler], elsewhere: Sequence[Method] = ()) -> None:
        self._handlers = handlers
        self._allowed = ", ".join(sorted((*handlers, *elsewhere, "OPTIONS")))

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        handle = self._handlers.get("GET" if scope["method"] == "HEAD" else scope["method"])
        if handle is None:
            raise MethodNotAllowed(
                f"{scope['method']} is not a method of {scope['path']}; it has {self._allowed}.",
                headers={"Allow": self._allowed},
            )
        response = await handle(Request(scope, receive, send))
        await response(scope, receive, send)
