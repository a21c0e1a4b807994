"""`/apps`: who uses this instance and says so, and an app's page, `/apps?url=…` (site.md 8)."""

from collections.abc import Mapping, Sequence

from msgspec import Struct
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from trunkline.core.calendar import DAY_MS
from trunkline.statistics.apps import GROUPS, ModelUse, RankedApp, rank_apps, use_of_app
from trunkline.web.context import WebContext
from trunkline.web.formats import times
from trunkline.web.guard import for_audience
from trunkline.web.pages.rankings.stacking import stack
from trunkline.web.rendering import Document

DAYS = 30
LISTED_MAX = 50


class AppsView(Struct, frozen=True, kw_only=True):
    """What the list shows; the lists are None while the database is away."""

    popular: list[RankedApp] | None
    trending: list[RankedApp] | None
    groups: list[str]
    group: str


class AppView(Struct, frozen=True, kw_only=True):
    """What an app's page shows."""

    app: RankedApp
    rank: int
    split: list[tuple[int, str, tuple[int, int, int]]]
    """Prompt, completion without reasoning, reasoning by day."""
    columns: list[str]
    models: list[tuple[int, str, tuple[int, ...]]]


def routes(context: WebContext) -> list[Route]:
    """Both pages have one path; the operator chooses who sees them."""

    async def show(request: Request) -> Response:
        origin = request.query_params.get("url")
        document = await (_list(context, request.query_params) if origin is None else _one(context, origin))
        return await context.respond(request, document)

    return [Route("/apps", for_audience(context, context.settings.site.rankings, show))]


async def _list(context: WebContext, query: Mapping[str, str]) -> Document:
    today = context.facts.now_ms() // DAY_MS
    wanted = query.get("group", "")
    group, categories = next(((name, each) for name, each in GROUPS.items() if name == wanted), ("", ()))
    popular = await context.tried(context.database.read(rank_apps, today - DAYS + 1, today, categories=categories))
    trending = await context.tried(
        context.database.read(rank_apps, today - 6, today, sort="trending", categories=categories)
    )
    view = AppsView(
        popular=None if popular is None else popular[:LISTED_MAX],
        trending=None if trending is None else trending[:LISTED_MAX],
        groups=list(GROUPS),
        group=group,
    )
    return Document(template="apps.html", title="Apps", description="Apps that use this instance.", page=view)


async def _one(context: WebContext, origin: str) -> Document:
    today = context.facts.now_ms() // DAY_MS
    first = today - DAYS + 1
    ranked = await context.tried(context.database.read(rank_apps, first, today)) or []
    bare = origin.removeprefix("https://").removeprefix("http://").rstrip("/").lower()
    at = next((at for at, app in enumerate(ranked) if bare in (app.origin.lower(), _bare(app.origin))), None)
    if at is None:
        raise HTTPException(404)
    uses = await context.tried(context.database.read(use_of_app, ranked[at].app_id, first, today)) or []
    columns, models = stack(
        [(use.day, use.permaslug, use.prompt_tokens + use.completion_tokens) for use in uses], first, today
    )
    view = AppView(app=ranked[at], rank=at + 1, split=_split(uses, first, today), columns=columns, models=models)
    return Document(template="app.html", title=ranked[at].name, page=view)


def _bare(origin: str) -> str:
    return origin.lower().partition("://")[2].rstrip("/")


def _split(uses: Sequence[ModelUse], first: int, last: int) -> list[tuple[int, str, tuple[int, int, int]]]:
    by_day: dict[int, tuple[int, int, int]] = {}
    for use in uses:
        prompt, completion, reasoning = by_day.get(use.day, (0, 0, 0))
        by_day[use.day] = (
            prompt + use.prompt_tokens,
            completion + use.completion_tokens - use.reasoning_tokens,
            reasoning + use.reasoning_tokens,
        )
    return [
        (day * DAY_MS, times.day(day * DAY_MS // 1000), by_day.get(day, (0, 0, 0))) for day in range(first, last + 1)
    ]
