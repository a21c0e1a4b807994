"""`/rankings`, and each of its sections as CSV; who may look is the operator's choice (RANK-04)."""

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from trunkline.web.context import WebContext
from trunkline.web.guard import for_audience
from trunkline.web.pages.rankings.kept import KeptRankings
from trunkline.web.pages.rankings.tables import table, to_csv
from trunkline.web.rendering import Document


def routes(context: WebContext) -> list[Route]:
    """The page and the files."""
    kept = KeptRankings(context)

    async def show(request: Request) -> Response:
        document = Document(
            template="rankings/page.html",
            title="Rankings",
            description="Models by the tokens that this instance routed to them.",
            page=await kept.view(request.query_params),
        )
        return await context.respond(request, document)

    async def download(request: Request) -> Response:
        section = request.path_params.get("section", "models")
        view = await kept.view(request.query_params)
        found = table(view, section)
        if found is None:
            raise HTTPException(404)
        made_up = "-demo" if await context.demo.is_demo() else ""
        headers = {
            "content-disposition": f'attachment; filename="rankings-{section}-{view.window.span}{made_up}.csv"',
            "cache-control": "no-store",
        }
        return Response(to_csv(found), media_type="text/csv", headers=headers)

    audience = context.settings.site.rankings
    return [
        Route("/rankings", for_audience(context, audience, show)),
        Route("/rankings.csv", for_audience(context, audience, download)),
        Route("/rankings/{section}.csv", for_audience(context, audience, download)),
    ]
