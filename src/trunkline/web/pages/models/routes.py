"""`/models`: every model of the instance, the matching ones shown (site.md 2)."""

from collections.abc import Mapping, Sequence

from msgspec import Struct
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from trunkline.core.json import encode
from trunkline.listing.filters import select
from trunkline.listing.rows import ListedModel
from trunkline.web.addresses import models_address
from trunkline.web.context import WebContext
from trunkline.web.pages.models.facets import SORT_NAMES, ActiveFilter, Counts, Facet, active, count, facets
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


class Matches(Struct, frozen=True, kw_only=True):
    """For the island: what to show and in which order."""

    ids: list[str]
    summary: str
    title: str
    address: str


class ModelsPage:
    """The page, and the same answer as JSON for the island."""

    def __init__(self, context: WebContext) -> None:
        self._context = context
        self._counted: Sequence[ListedModel] = ()
        self._counts = count((), context.facts.snapshot())

    async def show(self, request: Request) -> Response:
        """`/models`."""
        view = await self._view(read_query(request.query_params, self._context.facts))
        document = Document(
            template="models/page.html",
            title=_title(view.summary),
            description=f"{len(view.lines)} models by price, context, speed and policy.",
            page=view,
            canonical="/models",
            feed=FEED,
        )
        return await self._context.respond(request, document)

    async def match(self, request: Request) -> Response:
        """`/models.json`."""
        context = self._context
        query = read_query(request.query_params, context.facts)
        found = await select(context.rows(), query.api, context.facts)
        summary = self._summary(query, len(found))
        matches = Matches(
            ids=[row.model.id for row in found],
            summary=context.renderer.fragment("models/summary.html", summary),
            title=_title(summary),
            address=models_address({**query.api, "fmt": query.format}),
        )
        return Response(encode(matches), media_type="application/json", headers={"cache-control": "no-store"})

    async def _view(self, query: ModelsQuery) -> ModelsView:
        context = self._context
        rows = context.rows()
        found = await select(rows, query.api, context.facts)
        shown = {row.model.id for row in found}
        hidden = [row for row in rows if row.model.id not in shown]
        return ModelsView(
            summary=self._summary(query, len(found)),
            facets=facets(query, self._count()),
            sorts=SORT_NAMES,
            lines=[*found, *hidden],
            tokens=await context.weekly_tokens(),
            now_ms=context.facts.now_ms(),
        )

    def _summary(self, query: ModelsQuery, count: int) -> Summary:
        return Summary(query, active(query, facets(query, self._count())), count)

    def _count(self) -> Counts:
        rows = self._context.listing.rows()
        if rows is not self._counted:
            self._counts = count(self._context.rows(), self._context.facts.snapshot())
            self._counted = rows
        return self._counts


def routes(context: WebContext) -> list[Route]:
    """Both addresses."""
    page = ModelsPage(context)
    return [Route("/models", page.show), Route("/models.json", page.match)]


def _title(summary: Summary) -> str:
    if not summary.active:
        return "Models"
    return "Models: " + ", ".join(each.text for each in summary.active[:3])
