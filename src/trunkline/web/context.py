"""What every page works with."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import TypeVar

import structlog
from starlette.requests import Request
from starlette.responses import Response

from trunkline.gateway.world import World
from trunkline.listing.facts import InstanceFacts
from trunkline.listing.rows import ListedModel, Listing
from trunkline.settings import Settings
from trunkline.storage.interface import Database, StorageUnavailable
from trunkline.web.demo_notice import DemoNotice
from trunkline.web.documentation.library import Library
from trunkline.web.rendering import Document, Renderer
from trunkline.web.services import AccountServices
from trunkline.web.visitors import Visitor

R = TypeVar("R")

_log = structlog.get_logger("trunkline.web")


@dataclass(frozen=True, slots=True)
class WebContext:
    """Made once by the site; every page gets the same."""

    settings: Settings
    database: Database
    facts: InstanceFacts
    world: Callable[[], World]
    """Asked each time, because it is replaced whole on reload."""
    listing: Listing
    library: Library
    openapi: bytes
    """The description of the API, as it is served."""
    renderer: Renderer
    accounts: AccountServices
    demo: DemoNotice

    def rows(self) -> list[ListedModel]:
        """The models that everybody may know of, newest first."""
        return [row for row in self.listing.rows() if not row.model.private_to]

    async def tried(self, reading: Awaitable[R]) -> R | None:
        """What the database answers; None while it is away, so that only the region that needs it says so."""
        try:
            return await reading
        except StorageUnavailable as unavailable:
            _log.warning("a region of a page has no data", reason=str(unavailable))
            return None

    async def weekly_tokens(self) -> Mapping[str, int]:
        """Model id → tokens of the last seven days; nothing while the database is away, so that rows show a dash."""
        try:
            return await self.facts.weekly_tokens(None)
        except StorageUnavailable:
            return {}

    async def respond(self, request: Request, document: Document) -> Response:
        """A page in its shell."""
        is_sandboxed = self.world().providers.sandbox_answers_all
        visitor = await self._known_visitor(request)
        return await self.renderer.respond(
            request, document, is_sandboxed=is_sandboxed, is_demo=await self.demo.is_demo(), visitor=visitor
        )

    async def _known_visitor(self, request: Request) -> Visitor | None:
        """Who is signed in; nobody while the database is away, so that public pages stand."""
        try:
            return await self.accounts.visitors.find(request)
        except StorageUnavailable:
            return None
