"""Pages and forms that only a signed-in person gets to. A stranger signs in first and then comes back (AUTH-02)."""

from collections.abc import Awaitable, Callable, Mapping
from typing import Literal
from urllib.parse import urlencode, urlsplit

from msgspec import Struct
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from trunkline.accounts.types import Actor
from trunkline.core.errors import Conflict, InvalidRequest, PermissionDenied, RateLimited, TrunklineError
from trunkline.web.context import WebContext
from trunkline.web.forms import own_path, read_form, require_token
from trunkline.web.rendering import REQUEST_ID
from trunkline.web.visitors import Visitor

Handler = Callable[[Request], Awaitable[Response]]
Audience = Literal["public", "members", "off"]


class Sent(Struct, frozen=True, kw_only=True):
    """A form of a signed-in person, proven to come from a page of ours."""

    request: Request
    visitor: Visitor
    actor: Actor
    form: Mapping[str, str]

    def text(self, name: str) -> str:
        """A field without the space around it, empty when it was not sent."""
        return self.form.get(name, "").strip()


def for_members(context: WebContext, show: Callable[[Request, Visitor], Awaitable[Response]]) -> Handler:
    """A page for whoever is signed in."""

    async def guarded(request: Request) -> Response:
        visitor = await context.accounts.visitors.find(request)
        return _sign_in_first(_address(request)) if visitor is None else await show(request, visitor)

    return guarded


def for_audience(context: WebContext, audience: Audience, show: Handler) -> Handler:
    """A page for whom the operator chose: everybody, whoever is signed in, nobody."""

    async def guarded(request: Request) -> Response:
        match audience:
            case "off":
                raise HTTPException(404)
            case "members" if await context.accounts.visitors.find(request) is None:
                return _sign_in_first(_address(request))
            case _:
                return await show(request)

    return guarded


def for_members_forms(
    context: WebContext,
    act: Callable[[Sent], Awaitable[Response]],
    refuse: Callable[[Request, Visitor, TrunklineError], Awaitable[Response]] | None = None,
) -> Handler:
    """What a form of a signed-in person does. Raises PermissionDenied for one that did not come from our page.

    `refuse` shows the form's page again with what was wrong; without it, the error is raised.
    """

    async def guarded(request: Request) -> Response:
        visitors = context.accounts.visitors
        visitor = await visitors.find(request)
        if visitor is None:
            return _sign_in_first(own_path(urlsplit(request.headers.get("referer", "/")).path))
        form = await read_form(request)
        require_token(form, visitor.form_token)
        actor = visitors.actor(request, visitor, request.scope[REQUEST_ID])
        sent = Sent(request=request, visitor=visitor, actor=actor, form=form)
        try:
            return await act(sent)
        except (InvalidRequest, Conflict, PermissionDenied, RateLimited) as error:
            if refuse is None:
                raise
            return await refuse(request, visitor, error)

    return guarded


def see(path: str) -> Response:
    """What a form answers with when it is done: the page to look at next."""
    return RedirectResponse(path, 303)


def moved(source: str, target: str) -> Route:
    """A short form of an address (SH-04)."""

    async def redirect(_: Request) -> Response:
        return RedirectResponse(target, 308)

    return Route(source, redirect)


def _address(request: Request) -> str:
    return f"{request.url.path}?{request.url.query}" if request.url.query else request.url.path


def _sign_in_first(back: str) -> Response:
    return RedirectResponse(f"/sign-in?{urlencode({'next': back})}", 303)
