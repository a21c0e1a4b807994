"""Failures as pages inside the shell (site.md SH-05)."""

from msgspec import Struct
from starlette.requests import Request
from starlette.responses import Response

from trunkline.web.boundary import ErrorPage, Failure
from trunkline.web.context import WebContext
from trunkline.web.rendering import Document


class ErrorView(Struct, frozen=True):
    """What the page tells."""

    failure: Failure


def error_page(context: WebContext) -> ErrorPage:
    """Makes the page of a failure."""

    async def respond(request: Request, failure: Failure) -> Response:
        document = Document(
            template="error.html",
            title=failure.title,
            page=ErrorView(failure),
            status=failure.status,
            is_indexed=False,
        )
        return await context.respond(request, document)

    return respond
