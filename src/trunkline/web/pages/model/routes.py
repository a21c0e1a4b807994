"""`/{author}/{slug}` and its tabs (site.md SH-04, 3)."""

from collections.abc import Awaitable, Callable

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from trunkline.web.context import WebContext
from trunkline.web.headers import SECURITY_HEADERS
from trunkline.web.pages.model import history, traffic
from trunkline.web.pages.model.api import api
from trunkline.web.pages.model.benchmarks import benchmarks
from trunkline.web.pages.model.endpoint_list import endpoint_list
from trunkline.web.pages.model.head import TABS, Head, find_model, make_head
from trunkline.web.pages.model.overview import overview
from trunkline.web.pages.model.pricing import estimates, pricing, read_amounts
from trunkline.web.rendering import Document

Tab = Callable[[WebContext, Head, Request], Awaitable[object]]


async def _overview(context: WebContext, head: Head, request: Request) -> object:
    return await overview(context, head)


async def _providers(context: WebContext, head: Head, request: Request) -> object:
    return endpoint_list(context, head, request.query_params)


async def _performance(context: WebContext, head: Head, request: Request) -> object:
    query = request.query_params
    of, percentile = history.read_range(query.get("range")), history.read_percentile(query.get("percentile"))
    return await history.performance(context, head, of, percentile)


async def _pricing(context: WebContext, head: Head, request: Request) -> object:
    return await pricing(context, head, read_amounts(request.query_params))


async def _benchmarks(context: WebContext, head: Head, request: Request) -> object:
    return benchmarks(context, head)


async def _apps(context: WebContext, head: Head, request: Request) -> object:
    return await traffic.apps(context, head)


async def _activity(context: WebContext, head: Head, request: Request) -> object:
    return await traffic.activity(context, head, request.query_params)


async def _uptime(context: WebContext, head: Head, request: Request) -> object:
    return await history.uptime(context, head)


async def _api(context: WebContext, head: Head, request: Request) -> object:
    return api(context, head, request.query_params)


_TABS: dict[str, Tab] = {
    "": _overview,
    "providers": _providers,
    "performance": _performance,
    "pricing": _pricing,
    "benchmarks": _benchmarks,
    "apps": _apps,
    "activity": _activity,
    "uptime": _uptime,
    "api": _api,
}
assert list(_TABS) == [segment for _, segment in TABS]


def routes(context: WebContext) -> list[Route]:
    """The page of every model, under every tab's address."""

    async def show(request: Request) -> Response:
        author, slug = request.path_params["author"], request.path_params["slug"]
        segment = request.path_params.get("tab", "")
        if segment not in _TABS:
            raise HTTPException(404)
        model = find_model(context, author, slug)
        if model.id != f"{author}/{slug}":
            return RedirectResponse(f"/{model.id}/{segment}".rstrip("/"), 302)
        title = next(title for title, each in TABS if each == segment)
        head = make_head(context, model, title, (await context.weekly_tokens()).get(model.id))
        document = Document(
            template=f"model/{segment or 'overview'}.html",
            title=model.name if not segment else f"{model.name}: {title}",
            description=model.description,
            page=await _TABS[segment](context, head, request),
        )
        return await context.respond(request, document)

    async def calculate(request: Request) -> Response:
        model = find_model(context, request.path_params["author"], request.path_params["slug"])
        found = estimates(context, model, read_amounts(request.query_params))
        html = context.renderer.fragment("model/estimates.html", found)
        return Response(html, media_type="text/html", headers={**SECURITY_HEADERS, "cache-control": "no-store"})

    return [
        Route("/{author}/{slug}", show),
        Route("/{author}/{slug}/pricing/estimates", calculate),
        Route("/{author}/{slug}/{tab}", show),
    ]
