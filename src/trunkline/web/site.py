"""The site as one ASGI application: every page's routes behind one boundary."""

from collections.abc import Callable
from pathlib import Path

from starlette.exceptions import HTTPException
from starlette.routing import Route, Router
from starlette.types import ASGIApp, Receive, Scope, Send

from trunkline.core.clock import Clock
from trunkline.gateway.world import World
from trunkline.listing.facts import InstanceFacts
from trunkline.listing.rows import Listing
from trunkline.settings import Settings
from trunkline.storage.interface import Database
from trunkline.web.assets import Assets
from trunkline.web.boundary import SiteBoundary
from trunkline.web.context import WebContext
from trunkline.web.demo_notice import DemoNotice
from trunkline.web.documentation.library import Library
from trunkline.web.pages import (
    announcements,
    api_reference,
    apps,
    artifact,
    chat,
    compare,
    design,
    docs,
    fees,
    home,
    labs,
    preferences,
    providers,
    rooms,
    search,
    shares,
    sign_in,
)
from trunkline.web.pages.account import (
    activity,
    credits,
    first_steps,
    keys,
    logs,
    management_keys,
    own_keys,
    privacy,
    profile,
    routing,
)
from trunkline.web.pages.errors import error_page
from trunkline.web.pages.model import routes as model
from trunkline.web.pages.models import routes as models
from trunkline.web.pages.rankings import routes as rankings
from trunkline.web.pages.status import routes as status
from trunkline.web.rendering import Renderer
from trunkline.web.services import AccountServices


def create_site(
    *,
    settings: Settings,
    clock: Clock,
    database: Database,
    facts: InstanceFacts,
    world: Callable[[], World],
    openapi: bytes,
    accounts: AccountServices,
) -> ASGIApp:
    """Everything people see in a browser. It answers what the API's routes do not; it raises HTTPException for what is
    not its business."""
    assets = Assets(
        brand_color=settings.site.color, logo=None if settings.site.logo is None else Path(settings.site.logo)
    )
    context = WebContext(
        settings=settings,
        database=database,
        facts=facts,
        world=world,
        listing=Listing(facts),
        library=Library(),
        openapi=openapi,
        renderer=Renderer(settings.site, settings.public_url, assets),
        accounts=accounts,
        demo=DemoNotice(database, facts.now_ms),
    )
    router = _ByMethod(
        Router([*assets.routes(), *_pages(context)], redirect_slashes=False, default=_nothing),
        Router(_actions(context), redirect_slashes=False, default=_nothing),
    )
    return SiteBoundary(router, clock=clock, error_page=error_page(context))


def _pages(context: WebContext) -> list[Route]:
    """Fixed paths first: a model's path is two segments of any name."""
    return [
        *home.routes(context),
        *search.routes(context),
        *models.routes(context),
        *chat.routes(context),
        *compare.routes(context),
        *providers.routes(context),
        *labs.routes(context),
        *fees.routes(context),
        *rankings.routes(context),
        *apps.routes(context),
        *status.routes(context),
        *announcements.routes(context),
        *api_reference.routes(context),
        *docs.routes(context),
        *design.routes(context),
        *artifact.routes(),
        *rooms.routes(context),
        *shares.routes(context),
        *sign_in.routes(context),
        *keys.routes(context),
        *management_keys.routes(context),
        *credits.routes(context),
        *activity.routes(context),
        *logs.routes(context),
        *routing.routes(context),
        *own_keys.routes(context),
        *privacy.routes(context),
        *profile.routes(context),
        *labs.author_routes(context),
        *model.routes(context),
    ]


def _actions(context: WebContext) -> list[Route]:
    """What forms do."""
    return [
        *preferences.actions(context),
        *sign_in.actions(context),
        *keys.actions(context),
        *first_steps.actions(context),
        *management_keys.actions(context),
        *credits.actions(context),
        *routing.actions(context),
        *own_keys.actions(context),
        *privacy.actions(context),
        *profile.actions(context),
        *rooms.actions(context),
        *shares.actions(context),
    ]


class _ByMethod:
    """Pages are read, forms are posted: a path never mixes the two."""

    __slots__ = ("_actions", "_pages")

    def __init__(self, pages: ASGIApp, actions: ASGIApp) -> None:
        self._pages = pages
        self._actions = actions

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        is_read = scope["type"] != "http" or scope["method"] in ("GET", "HEAD")
        await (self._pages if is_read else self._actions)(scope, receive, send)


async def _nothing(scope: Scope, receive: Receive, send: Send) -> None:
    raise HTTPException(404)
