"""`/announcements`: the operator's posts, one Markdown file each, with RSS (site.md PRC-01).

A file is named `2026-11-22-what-is-new.md`: its date is its name's, its title its first heading.
"""

import asyncio
import re
from pathlib import Path

from msgspec import Struct
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from trunkline.web.context import WebContext
from trunkline.web.documentation.markdown import Rendered, render
from trunkline.web.feeds import Item, rss
from trunkline.web.rendering import Document

FOLDER = "announcements"
FEED = "/announcements.rss"
POSTS_MAX = 200
_NAME = re.compile(r"(\d{4}-\d{2}-\d{2})-([a-z0-9-]+)\.md")


class Post(Struct, frozen=True):
    """One announcement."""

    slug: str
    day: str
    rendered: Rendered


class AnnouncementsView(Struct, frozen=True):
    """All of them, newest first."""

    posts: list[Post]


class PostView(Struct, frozen=True):
    """One of them."""

    post: Post


def routes(context: WebContext) -> list[Route]:
    """The list, its feed, and each post."""

    async def show_all(request: Request) -> Response:
        view = AnnouncementsView(await asyncio.to_thread(posts, context))
        document = Document(template="announcements.html", title="Announcements", page=view, feed=FEED)
        return await context.respond(request, document)

    async def show_one(request: Request) -> Response:
        slug = request.path_params["slug"]
        found = next((post for post in await asyncio.to_thread(posts, context) if post.slug == slug), None)
        if found is None:
            raise HTTPException(404)
        document = Document(template="announcement.html", title=found.rendered.title, page=PostView(found), feed=FEED)
        return await context.respond(request, document)

    async def show_feed(_: Request) -> Response:
        body = feed(context, await asyncio.to_thread(posts, context))
        return Response(body, media_type="application/rss+xml")

    return [
        Route("/announcements", show_all),
        Route(FEED, show_feed),
        Route("/announcements/{slug}", show_one),
    ]


def posts(context: WebContext) -> list[Post]:
    """What is in the folder now; other files are left alone."""
    configured = context.settings.site.announcements
    folder = context.settings.home / FOLDER if configured is None else Path(configured)
    if not folder.is_dir():
        return []
    named = [(match, path) for path in folder.iterdir() if (match := _NAME.fullmatch(path.name))]
    named.sort(key=lambda pair: pair[1].name, reverse=True)
    return [
        Post(match[2], match[1], render(path.read_text(encoding="utf-8", errors="replace")))
        for match, path in named[:POSTS_MAX]
    ]


def feed(context: WebContext, found: list[Post]) -> bytes:
    """RSS 2.0."""
    base = f"{context.settings.public_url}/announcements"
    items = [Item(title=post.rendered.title, link=f"{base}/{post.slug}", day=post.day) for post in found]
    return rss(f"{context.settings.site.name}: announcements", base, "What is new on this instance", items)
