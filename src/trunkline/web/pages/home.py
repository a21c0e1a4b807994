"""The home page (site.md 1)."""

from msgspec import Struct
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from trunkline.listing.rows import ListedModel
from trunkline.web.context import WebContext
from trunkline.web.rendering import Document

NEWEST = 6


class HomeView(Struct, frozen=True, kw_only=True):
    """What the page shows."""

    models: int
    providers: int
    labs: int
    newest: list[ListedModel]
    sample_model: str


def routes(context: WebContext) -> list[Route]:
    """`/`."""

    async def show(request: Request) -> Response:
        site = context.settings.site
        document = Document(template="home.html", title=site.name, description=site.tagline, page=view(context))
        return await context.respond(request, document)

    return [Route("/", show)]


def view(context: WebContext) -> HomeView:
    """Numbers of the catalog as it is now."""
    rows = context.rows()
    chat = [row for row in rows if row.model.operation == "chat"]
    return HomeView(
        models=len(rows),
        providers=len(context.facts.snapshot().providers),
        labs=len({row.model.author for row in rows}),
        newest=chat[:NEWEST],
        sample_model=chat[0].model.id if chat else "author/model",
    )
