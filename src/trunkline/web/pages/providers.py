"""`/providers` and a provider's page (site.md 9)."""

from collections import Counter
from collections.abc import Callable, Mapping

from msgspec import Struct
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from trunkline.catalog.types import Model, Provider
from trunkline.core.calendar import DAY_MS
from trunkline.statistics.history import days_of_all, measured
from trunkline.statistics.tally import Measurements
from trunkline.statistics.windows import Summary, summarise
from trunkline.web.context import WebContext
from trunkline.web.formats import text
from trunkline.web.pages.model.endpoints import EndpointView, endpoint_views
from trunkline.web.pages.uptime_days import by_provider, day_bars
from trunkline.web.rendering import Document

UPTIME_DAYS = 90


class ProviderLine(Struct, frozen=True, kw_only=True):
    """A provider in the list."""

    provider: Provider
    models: int
    is_enabled: bool
    measured: Summary
    """Of today and yesterday, all of its endpoints together."""


class ProvidersView(Struct, frozen=True, kw_only=True):
    """What the list shows, and the filters and order that are on."""

    lines: list[ProviderLine]
    filters: tuple[tuple[str, str], ...]
    only: str
    sort: str
    total: int


class ServedModel(Struct, frozen=True):
    """A model, and the provider's endpoint for it."""

    model: Model
    view: EndpointView


class ProviderView(Struct, frozen=True, kw_only=True):
    """What a provider's page shows; `bars` is None while the database is away."""

    provider: Provider
    is_enabled: bool
    retention: str
    training: str
    served: list[ServedModel]
    bars: list[tuple[str, float | None]] | None


_FILTERS: Mapping[str, Callable[[ProviderLine], bool]] = {
    "enabled": lambda line: line.is_enabled,
    "zdr": lambda line: line.provider.data_policy.zdr,
    "no-training": lambda line: not line.provider.data_policy.training,
    "eu": lambda line: bool(_EUROPE.intersection(line.provider.datacenters)) or line.provider.headquarters in _EUROPE,
}
FILTERS = (
    ("", "All"),
    ("enabled", "Set up here"),
    ("zdr", "Zero data retention"),
    ("no-training", "Does not train"),
    ("eu", "In Europe"),
)
_EUROPE = frozenset({"EU", "FR", "DE", "NL", "FI", "SE", "NO", "IE", "ES", "IT", "PL", "BE", "AT", "DK", "CH", "GB"})


def routes(context: WebContext) -> list[Route]:
    """Both pages."""

    async def show_all(request: Request) -> Response:
        document = Document(
            template="providers.html",
            title="Providers",
            description="Who serves models: policies, places, and how they did here.",
            page=await _list(context, request.query_params),
        )
        return await context.respond(request, document)

    async def show_one(request: Request) -> Response:
        slug = context.facts.snapshot().provider_names.get(request.path_params["slug"].lower())
        if slug is None:
            raise HTTPException(404)
        view = await _one(context, context.facts.snapshot().providers[slug])
        document = Document(
            template="provider.html",
            title=view.provider.name,
            description=f"{view.provider.name}: models, prices, data policy, uptime.",
            page=view,
            canonical=f"/provider/{slug}",
        )
        return await context.respond(request, document)

    return [Route("/providers", show_all), Route("/provider/{slug}", show_one)]


async def _list(context: WebContext, query: Mapping[str, str]) -> ProvidersView:
    snapshot = context.facts.snapshot()
    counts = Counter(slug for row in context.rows() for slug in {e.provider for e in row.model.endpoints})
    today = context.facts.now_ms() // DAY_MS
    parts = await _measured(context, today - 1)
    enabled = context.world().providers.by_slug
    lines = [
        ProviderLine(
            provider=provider,
            models=counts[slug],
            is_enabled=slug in enabled,
            measured=summarise(parts.get(slug, ())),
        )
        for slug, provider in snapshot.providers.items()
        if provider.kind != "sandbox"
    ]
    wanted = _FILTERS.get(query.get("only", ""))
    shown = lines if wanted is None else [line for line in lines if wanted(line)]
    if query.get("sort") == "models":
        shown.sort(key=lambda line: (-line.models, line.provider.name.lower()))
    else:
        shown.sort(key=lambda line: line.provider.name.lower())
    return ProvidersView(
        lines=shown, filters=FILTERS, only=query.get("only", ""), sort=query.get("sort", ""), total=len(lines)
    )


async def _measured(context: WebContext, first: int) -> Mapping[str, list[Measurements]]:
    """What was measured of each provider's endpoints since that day; nothing while the database is away."""
    providers = {endpoint.id: endpoint.provider for row in context.rows() for endpoint in row.model.endpoints}
    found = await context.tried(context.database.read(measured, "days", list(providers), first)) or {}
    parts: dict[str, list[Measurements]] = {}
    for (_, endpoint_id), measurements in found.items():
        parts.setdefault(providers[endpoint_id], []).append(measurements)
    return parts


async def _one(context: WebContext, provider: Provider) -> ProviderView:
    today = context.facts.now_ms() // DAY_MS
    first = today - UPTIME_DAYS + 1
    found = await context.tried(context.database.read(days_of_all, first))
    percents = by_provider(found or [])
    return ProviderView(
        provider=provider,
        is_enabled=provider.slug in context.world().providers.by_slug,
        retention=text.retention(provider.data_policy),
        training=text.training(provider.data_policy),
        served=[
            ServedModel(row.model, view)
            for row in context.rows()
            if any(endpoint.provider == provider.slug for endpoint in row.model.endpoints)
            for view in endpoint_views(context, row.model)
            if view.endpoint.provider == provider.slug
        ],
        bars=None if found is None else day_bars(percents, provider.slug, first, today),
    )
