"""Search over everything that a visitor may see: models, providers, apps, labs, docs, own keys (site.md SH-03)."""

import asyncio
from collections.abc import Callable, Iterable
from urllib.parse import urlencode

from msgspec import Struct
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from trunkline.accounts.repository import key_names
from trunkline.core.calendar import DAY_MS
from trunkline.core.json import encode
from trunkline.statistics.apps import rank_apps
from trunkline.web.context import WebContext
from trunkline.web.rendering import Document

QUERY_CHARACTERS_MAX = 100
RESULTS_PER_GROUP_MAX = 8
PAGE_RESULTS_PER_GROUP_MAX = 100
APPS_DAYS = 30
_APPS_AT = 2
"""Behind models and providers."""


class Hit(Struct, frozen=True):
    """One result. `hint` is a second line, such as the slug."""

    title: str
    href: str
    hint: str = ""


class Group(Struct, frozen=True):
    """Results of one kind, best first."""

    title: str
    hits: list[Hit]


class SearchView(Struct, frozen=True):
    """What the page shows."""

    query: str
    groups: list[Group]


def routes(context: WebContext) -> list[Route]:
    """The page, and the same as JSON for the palette."""

    async def show(request: Request) -> Response:
        query = _query(request)
        view = SearchView(query, await find_all(context, request, query, PAGE_RESULTS_PER_GROUP_MAX))
        document = Document(template="search.html", title="Search", page=view, canonical="/search", is_indexed=False)
        return await context.respond(request, document)

    async def suggest(request: Request) -> Response:
        groups = await find_all(context, request, _query(request), RESULTS_PER_GROUP_MAX)
        return Response(encode(groups), media_type="application/json", headers={"cache-control": "no-store"})

    return [Route("/search", show), Route("/search.json", suggest)]


async def find_all(context: WebContext, request: Request, query: str, limit: int) -> list[Group]:
    """What everybody finds, the apps of this instance, and one's own keys (SH-03)."""
    groups = await asyncio.to_thread(find, context, query, limit)
    if context.settings.site.rankings == "public":
        today = context.facts.now_ms() // DAY_MS
        apps = await context.tried(context.database.read(rank_apps, today - APPS_DAYS + 1, today)) or []
        hits = [Hit(app.name, f"/apps?{urlencode({'url': app.origin})}", app.origin) for app in apps]
        groups.insert(_APPS_AT, Group("Apps", _best(hits, query, limit)))
    visitor = await context.tried(context.accounts.visitors.find(request))
    if visitor is not None:
        keys = await context.tried(context.database.read(key_names, visitor.account_id)) or {}
        hits = [Hit(name, f"/keys/{key_hash}", "API key") for key_hash, name in keys.items()]
        groups.append(Group("Your keys", _best(hits, query, limit)))
    return groups


def find(context: WebContext, query: str, limit: int) -> list[Group]:
    """What stands in the catalog and the guides; a kind without a result stays, empty."""
    snapshot = context.facts.snapshot()
    models = [Hit(row.model.name, f"/{row.model.id}", row.model.id) for row in context.rows()]
    providers = [Hit(each.name, f"/provider/{each.slug}", each.slug) for each in snapshot.providers.values()]
    authors = sorted({row.model.author for row in context.rows()})
    guides = [Hit(guide.rendered.title, guide.href, guide.section) for guide in context.library.guides]
    return [
        Group(title, _best(hits, query, limit))
        for title, hits in (
            ("Models", models),
            ("Providers", providers),
            ("Labs", [Hit(author, f"/{author}") for author in authors]),
            ("Docs", guides),
            ("Pages", list(_PAGES)),
        )
    ]


_PAGES = (
    Hit("Models", "/models"),
    Hit("Chat", "/chat"),
    Hit("Compare models", "/compare"),
    Hit("Rankings", "/rankings"),
    Hit("Apps", "/apps"),
    Hit("Providers", "/providers"),
    Hit("Labs", "/labs"),
    Hit("Collections", "/collections"),
    Hit("Pricing and fees", "/pricing"),
    Hit("Status", "/status"),
    Hit("Announcements", "/announcements"),
    Hit("Documentation", "/docs"),
    Hit("API reference", "/docs/api-reference"),
    Hit("Design", "/design"),
)


def _query(request: Request) -> str:
    return request.query_params.get("q", "")[:QUERY_CHARACTERS_MAX].strip()


def _best(hits: Iterable[Hit], query: str, limit: int) -> list[Hit]:
    """Those that contain every word; a title that begins with the query first. The order of equals stays."""
    rank = matcher(query)
    found = [(position, hit) for hit in hits if (position := rank(hit.title, hit.hint)) is not None]
    return [hit for _, hit in sorted(found, key=lambda pair: pair[0])][:limit]


def matcher(query: str) -> Callable[[str, str], int | None]:
    """(title, hint) → how well they match, 0 best; None: not at all. Spaces and dashes count alike (MOD-06)."""
    words = _fold(query).split()
    whole = " ".join(words)

    def rank(title: str, hint: str) -> int | None:
        name, other = _fold(title), _fold(hint)
        if not all(word in name or word in other for word in words):
            return None
        return 0 if name.startswith(whole) else 1 if whole in name else 2

    return rank


def _fold(text: str) -> str:
    return text.lower().replace("-", " ").replace("_", " ")
