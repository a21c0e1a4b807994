"""The page, the same as JSON, and its incidents as a feed."""

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from trunkline.core.json import JsonValue, encode
from trunkline.web.context import WebContext
from trunkline.web.feeds import rss
from trunkline.web.pages.status.incidents import feed_item
from trunkline.web.pages.status.page import StatusPage, StatusView
from trunkline.web.pages.status.states import STATE_TITLES
from trunkline.web.rendering import Document

FEED = "/status.rss"


def routes(context: WebContext) -> list[Route]:
    """All three."""
    page = StatusPage(context)

    async def show(request: Request) -> Response:
        document = Document(
            template="status.html",
            title="Status",
            description="What works now, and what did for ninety days.",
            page={"view": await page.view(), "titles": STATE_TITLES},
            feed=FEED,
        )
        return await context.respond(request, document)

    async def show_json(_: Request) -> Response:
        body = encode(_as_json(await page.view(), is_demo=await context.demo.is_demo()))
        return Response(body, media_type="application/json", headers={"cache-control": "no-store"})

    async def show_feed(_: Request) -> Response:
        base = f"{context.settings.public_url}/status"
        items = [feed_item(incident, base) for incident in (await page.view()).incidents]
        body = rss(f"{context.settings.site.name}: status", base, "Incidents of this instance", items)
        return Response(body, media_type="application/rss+xml")

    return [Route("/status", show), Route("/status.json", show_json), Route(FEED, show_feed)]


def _as_json(view: StatusView, *, is_demo: bool) -> dict[str, JsonValue]:
    return {
        "status": view.overall,
        "as_of": view.as_of,
        "is_demo": is_demo,
        "components": [
            {"name": each.name, "status": each.state, "days": [percent for _, percent in each.bars]}
            for each in view.components
        ],
        "incidents": [
            {
                "title": each.rendered.title,
                "date": each.day,
                "status": each.state,
                "components": list(each.components),
                "is_resolved": each.is_resolved,
            }
            for each in view.incidents
        ],
    }
