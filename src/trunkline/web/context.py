"""What every page works with."""

from collections.abc import Callable
from dataclasses import dataclass

from starlette.requests import Request
from starlette.responses import Response

from trunkline.gateway.world import World
from trunkline.listing.facts import InstanceFacts
from trunkline.listing.rows import Listing
from trunkline.settings import Settings
from trunkline.web.documentation.library import Library
from trunkline.web.rendering import Document, Renderer


@dataclass(frozen=True, slots=True)
class WebContext:
    """Made once by the site; every page gets the same."""

    settings: Settings
    facts: InstanceFacts
    world: Callable[[], World]
    """Asked each time, because it is replaced whole on reload."""
    listing: Listing
    library: Library
    openapi: bytes
    """The description of the API, as it is served."""
    renderer: Renderer

    async def respond(self, request: Request, document: Document) -> Response:
        """A page in its shell."""
        is_sandboxed = self.world().providers.sandbox_answers_all
        return await self.renderer.respond(request, document, is_sandboxed=is_sandboxed)
