"""What scripts of a signed-in person's pages ask and change: JSON, by session alone.

The page proves itself with the token that forms carry, in a header, for reading too. Errors are the API's envelope.
"""

import asyncio
from collections.abc import Awaitable, Callable
from typing import TypeVar

import msgspec
from msgspec import Struct
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response

from trunkline.accounts.types import Actor
from trunkline.core import json
from trunkline.core.errors import InvalidRequest, PayloadTooLarge, Unauthenticated
from trunkline.web.context import WebContext
from trunkline.web.forms import TOKEN_FIELD, require_token
from trunkline.web.guard import Handler
from trunkline.web.headers import PRIVATE
from trunkline.web.rendering import REQUEST_ID
from trunkline.web.visitors import Visitor

TOKEN_HEADER = "x-form-token"  # noqa: S105 -- the name of a header

T = TypeVar("T")


class Called(Struct, frozen=True, kw_only=True):
    """A call of a signed-in person's page."""

    request: Request
    visitor: Visitor
    actor: Actor
    body: bytes

    def read(self, type_: type[T]) -> T:
        """The body as this type. Raises InvalidRequest saying where it differs."""
        try:
            return msgspec.json.decode(self.body, type=type_)
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
            raise InvalidRequest(f"The body cannot be used: {error}.") from None


def for_members_scripts(
    context: WebContext, act: Callable[[Called], Awaitable[Response]], *, body_bytes_max: int = 0
) -> Handler:
    """What a script of a signed-in person's page asks for.

    Raises Unauthenticated, PermissionDenied for a call that no page of theirs made, PayloadTooLarge and InvalidRequest.
    """

    async def guarded(request: Request) -> Response:
        visitors = context.accounts.visitors
        visitor = await visitors.find(request)
        if visitor is None:
            raise Unauthenticated("Nobody is signed in here. Sign in again.")
        require_token({TOKEN_FIELD: request.headers.get(TOKEN_HEADER, "")}, visitor.form_token)
        actor = visitors.actor(request, visitor, request.scope[REQUEST_ID])
        timeout_s = context.settings.server.body_timeout_seconds
        body = await _read_body(request, timeout_s, body_bytes_max)
        return await act(Called(request=request, visitor=visitor, actor=actor, body=body))

    return guarded


def answered(payload: object, status: int = 200) -> Response:
    """JSON that nothing keeps a copy of."""
    return Response(json.encode(payload), status, {"cache-control": PRIVATE}, "application/json")


def done() -> Response:
    """It is done, and there is nothing to say."""
    return Response(status_code=204, headers={"cache-control": PRIVATE})


async def _read_body(request: Request, timeout_s: float, bytes_max: int) -> bytes:
    body = bytearray()
    try:
        async with asyncio.timeout(timeout_s):
            async for chunk in request.stream():
                body += chunk
                if len(body) > bytes_max:
                    raise PayloadTooLarge(f"That is more than the {bytes_max} bytes that may be sent here.")
    except TimeoutError:
        raise InvalidRequest(f"The body did not arrive within {timeout_s:g} s.", status=408) from None
    except ClientDisconnect:
        raise InvalidRequest("The connection ended before the body did.") from None
    return bytes(body)
