"""The home page (site.md 1)."""

import asyncio
from collections.abc import Mapping

from msgspec import Struct
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from trunkline.core.calendar import DAY_MS
from trunkline.listing.rows import ListedModel
from trunkline.statistics.apps import RankedApp, rank_apps
from trunkline.statistics.rankings import tokens_by_model
from trunkline.web.context import WebContext
from trunkline.web.pages.announcements import Post, posts
from trunkline.web.pages.labs import COLLECTIONS, Collection
from trunkline.web.pages.model.samples.types import Sample
from trunkline.web.pages.model.samples.writing import samples
from trunkline.web.rendering import Document

SHOWN = 6
LEAST_SHOWN = 5
"""A section with fewer entries is left out rather than shown thin (HOME-03)."""
COUNTED_DAYS = 30
POSTS = 3


class HomeView(Struct, frozen=True, kw_only=True):
    """What the page shows. `tokens` is None without traffic: no number is invented."""

    models: int
    providers: int
    labs: int
    tokens: int | None
    top: list[ListedModel]
    weekly_tokens: Mapping[str, int]
    newest: list[ListedModel]
    apps: list[RankedApp]
    posts: list[Post]
    collections: tuple[Collection, ...]
    sample: Sample | None
    now_ms: int


def routes(context: WebContext) -> list[Route]:
    """`/`."""

    async def show(request: Request) -> Response:
        site = context.settings.site
        page = await view(context)
        document = Document(template="home.html", title=site.name, description=site.tagline, page=page)
        return await context.respond(request, document)

    return [Route("/", show)]


async def view(context: WebContext) -> HomeView:
    """Numbers of the catalog and the rankings as they are now."""
    rows = context.rows()
    chat = [row for row in rows if row.model.operation == "chat"]
    today = context.facts.now_ms() // DAY_MS
    weekly = await context.weekly_tokens()
    used = await context.tried(context.database.read(tokens_by_model, today - COUNTED_DAYS + 1)) or {}
    top = sorted((row for row in rows if row.model.id in weekly), key=lambda row: -weekly[row.model.id])
    ranked = await context.tried(context.database.read(rank_apps, today - COUNTED_DAYS + 1, today)) or []
    shows_rankings = context.settings.site.rankings == "public"
    return HomeView(
        models=len(rows),
        providers=sum(each.kind != "sandbox" for each in context.facts.snapshot().providers.values()),
        labs=len({row.model.author for row in rows}),
        tokens=sum(used.values()) or None,
        top=top[:SHOWN] if shows_rankings and len(top) >= LEAST_SHOWN else [],
        weekly_tokens=weekly,
        newest=chat[:SHOWN],
        apps=ranked[:SHOWN] if shows_rankings and len(ranked) >= LEAST_SHOWN else [],
        posts=(await asyncio.to_thread(posts, context))[:POSTS],
        collections=COLLECTIONS[:SHOWN],
        sample=samples(chat[0].model, context.settings.public_url)[0] if chat else None,
        now_ms=context.facts.now_ms(),
    )
