"""`/docs/api-reference` and `/openapi.yaml`: every operation that is served (site.md DOC-02, SH-04)."""

import asyncio
from functools import cached_property

from msgspec import Struct
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from trunkline.core.json import value
from trunkline.web.context import WebContext
from trunkline.web.documentation.library import Guide
from trunkline.web.documentation.reference import Reference, read_reference
from trunkline.web.documentation.yaml import to_yaml
from trunkline.web.rendering import Document


class ReferenceView(Struct, frozen=True, kw_only=True):
    """What the page shows."""

    reference: Reference
    base_url: str
    sections: list[tuple[str, list[Guide]]]


class ReferencePage:
    """The description does not change while the process lives, so it is read once, when it is first asked for."""

    def __init__(self, context: WebContext) -> None:
        self._context = context

    @cached_property
    def view(self) -> ReferenceView:
        base_url = f"{self._context.settings.public_url}/api/v1"
        return ReferenceView(
            reference=read_reference(self._context.openapi, base_url),
            base_url=base_url,
            sections=self._context.library.sections(),
        )

    @cached_property
    def yaml(self) -> str:
        """What `/openapi.json` is, to be read by people."""
        return to_yaml(value(self._context.openapi))


def routes(context: WebContext) -> list[Route]:
    """Both."""
    page = ReferencePage(context)

    async def show(request: Request) -> Response:
        document = Document(
            template="docs/reference.html",
            title="API reference",
            description="Every operation of this instance, with what it takes and answers.",
            page=await asyncio.to_thread(lambda: page.view),
        )
        return await context.respond(request, document)

    async def show_yaml(_: Request) -> Response:
        return Response(await asyncio.to_thread(lambda: page.yaml), media_type="application/yaml")

    return [Route("/docs/api-reference", show), Route("/openapi.yaml", show_yaml)]
