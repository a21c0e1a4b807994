"""`/models`: every model of the instance, the matching ones shown (site.md 2)."""

from collections.abc import Mapping

from msgspec import Struct
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from trunkline.core.json import encode
from trunkline.listing.filters import select
from trunkline.listing.rows import ListedModel
from trunkline.web.addresses import models_address
from trunkline.web.context import WebContext
from trunkline.web.pages.models.facets import SORT_NAMES, ActiveFilter, Facet, active, facets
from trunkline.web.pages.models.query import ModelsQuery, read_query
from trunkline.web.rendering import Document

FEED = "/api/v1/models?use_rss=true"


class Summary(Struct, frozen=True):
    """Which filters are on, and what was left out."""

    query: ModelsQuery
    active: list[ActiveFilter]
    count: int


class ModelsView(Struct, frozen=True, kw_only=True):
    """What the page shows. `lines` are all models, matching ones first and in order; `count` of them match."""

    summary: Summary
    facets: list[Facet]
    sorts: Mapping[str, str]
    lines: list[ListedModel]
    tokens: Mapping[str, int]
    now_ms: int

    def address(self, **changes: str) -> str:
        """This page with another sort or format."""
        return models_address({**self.summary.query.api, "fmt": self.summary.query.format, **changes})


class Matches(Struct, frozen=True):
    """For the island: what to show and in which order."""

    ids: list[str]
    summary: str
    title: str
    address: str


def routes(context: WebContext) -> list[Route]:
    """The page, and the same answer as JSON for the island."""

    async def show(request: Request) -> Response:
        query = read_query(request.query_params, context.facts)
        view = await _view(context, query)
        document = Document(
            template="models/page.html",
            title=_title(view.summary),
            description=f"{len(view.lines)} models by price, context, speed and policy.",
            page=view,
            canonical="/models",
            feed=FEED,
        )
        return await context.respond(request, document)

    async def match(request: Request) -> Response:
        query = read_query(request.query_params, context.facts)
        rows = context.rows()
        found = await select(rows, query.api, context.facts)
        summary = _summary(context, query, len(found))
        html = context.renderer.fragment("models/summary.html", summary)
        address = models_address({**query.api, "fmt": query.format})
        body = encode(Matches([row.model.id for row in found], html, _title(summary), address))
        return Response(body, media_type="application/json", headers={"cache-control": "no-store"})

    return [Route("/models", show), Route("/models.json", match)]


async def _view(context: WebContext, query: ModelsQuery) -> ModelsView:
    rows = context.rows()
    found = await select(rows, query.api, context.facts)
    shown = {row.model.id for row in found}
    hidden = [row for row in rows if row.model.id not in shown]
    return ModelsView(
        summary=_summary(context, query, len(found)),
        facets=facets(query, rows, context.facts.snapshot()),
        sorts=SORT_NAMES,
        lines=[*found, *hidden],
        tokens=await context.weekly_tokens(),
        now_ms=context.facts.now_ms(),
    )


def _summary(context: WebContext, query: ModelsQuery, count: int) -> Summary:
    return Summary(query, active(query, facets(query, context.rows(), context.facts.snapshot())), count)


def _title(summary: Summary) -> str:
    if not summary.active:
        return "Models"
    return "Models: " + ", ".join(each.text for each in summary.active[:3])
