"""Reading the catalog: models and their endpoints (routing-and-catalog.md 20.1–20.5). No key is needed but for one."""

from collections.abc import Sequence
from urllib.parse import urlencode

from msgspec import Raw, Struct
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from trunkline.api.catalog_view import CatalogView
from trunkline.api.endpoint_objects import PublicEndpoint, public_endpoint
from trunkline.api.model_feed import MEDIA_TYPE, feed
from trunkline.api.model_listing import JsonListing
from trunkline.api.model_objects import architecture
from trunkline.api.model_operations import (
    COUNT,
    EMBEDDINGS,
    ENDPOINTS,
    GET,
    LIST,
    LIST_USER,
    ZDR,
    ModelEndpoints,
    NextLink,
)
from trunkline.api.operations import Endpoint, build_routes
from trunkline.catalog.types import Endpoint as CatalogEndpoint
from trunkline.catalog.types import Model
from trunkline.core.errors import ModelNotFound, NotFound, Unauthenticated
from trunkline.core.json import encode
from trunkline.listing.filters import number, of_output, select
from trunkline.listing.rows import ListedModel
from trunkline.routing.slugs import resolve

PAGE_DEFAULT = 500
PAGE_MAX = 1000

_CREDENTIALS = frozenset({"authorization", "x-api-key"})
_CACHED = {"cache-control": "public, max-age=60"}
_PRIVATE = {"cache-control": "private, no-store"}


class ModelList(Struct, frozen=True):
    """A page of rows that are rendered already."""

    data: list[Raw]
    total_count: int
    links: NextLink


class ModelsApi:
    """The handlers; one for the life of the process."""

    def __init__(self, view: CatalogView) -> None:
        self._view = view
        self._listing = JsonListing(view)

    async def list(self, request: Request) -> Response:
        """`GET /models`, as JSON or RSS."""
        query = request.query_params
        rows = await select(self._rows(request), query, self._view)
        chat_links = _is_on(query.get("use_rss_chat_links"))
        if chat_links or _is_on(query.get("use_rss")):
            known = self._view.snapshot().models  # an alias is no news
            shown = (row.model for row in rows if row.model.id in known)
            body = feed(shown, public_url=self._view.public_url(), chat_links=chat_links)
            return Response(body, headers=_CACHED, media_type=MEDIA_TYPE)
        return self._page(request, rows, _CACHED)

    async def count(self, request: Request) -> Response:
        """`GET /models/count`."""
        matches = of_output(request.query_params)
        return _json({"data": {"count": sum(map(matches, self._rows(request)))}}, _CACHED)

    async def list_user(self, request: Request) -> Response:
        """`GET /models/user`: what the caller may use, all outputs."""
        left = self._view.usable_by(await self._view.authenticate(request), self._view.region_of(request))
        rows = self._listing.rows()
        return self._page(request, rows if left is None else [row for row in rows if row.model.id in left], _PRIVATE)

    async def list_embeddings(self, request: Request) -> Response:
        """`GET /embeddings/models`."""
        rows = [row for row in self._listing.rows() if "embeddings" in row.model.output_modalities]
        return self._page(request, rows, _CACHED)

    async def get(self, request: Request) -> Response:
        """`GET /model/{author}/{slug}`."""
        return _json({"data": self._listing.body(self._named(request))}, _CACHED)

    async def list_endpoints(self, request: Request) -> Response:
        """`GET /models/{author}/{slug}/endpoints`; a caller with a key sees percentiles."""
        model = self._named(request)
        known = await self._has_key(request)
        return _json({"data": self._with_endpoints(model, known)}, _PRIVATE if known else _CACHED)

    async def list_zdr(self, request: Request) -> Response:
        """`GET /endpoints/zdr`."""
        known = await self._has_key(request)
        found = [
            self._public(model, endpoint, known)
            for model in self._view.snapshot().models.values()
            for endpoint in model.endpoints
            if endpoint.data_policy.zdr
        ]
        return _json({"data": found}, _PRIVATE if known else _CACHED)

    def _rows(self, request: Request) -> Sequence[ListedModel]:
        """All that is listed; on a regional host, what has an endpoint there (routing-and-catalog.md 14)."""
        region, rows = self._view.region_of(request), self._listing.rows()
        if region is None:
            return rows
        return [row for row in rows if any(region in endpoint.data_regions for endpoint in row.model.endpoints)]

    def _page(self, request: Request, rows: Sequence[ListedModel], headers: dict[str, str]) -> Response:
        """Everything, or the page that `offset` and `limit` ask for (routing-and-catalog.md 20.1)."""
        query = request.query_params
        offset = number(query, "offset", whole=True)
        limit = number(query, "limit", least=1, most=PAGE_MAX, whole=True)
        page, following = rows, None
        if offset is not None or limit is not None:
            start, size = int(offset or 0), int(limit or PAGE_DEFAULT)
            page = rows[start : start + size]
            if start + size < len(rows):
                kept = [(key, value) for key, value in query.multi_items() if key not in ("offset", "limit")]
                following = f"{request.url.path}?{urlencode([*kept, ('offset', start + size), ('limit', size)])}"
        return _json(
            ModelList([self._listing.body(row.model) for row in page], len(rows), NextLink(following)), headers
        )

    async def _has_key(self, request: Request) -> bool:
        """Public operations: a key that does not work is ignored."""
        if not _CREDENTIALS.intersection(request.headers):
            return False
        try:
            await self._view.authenticate(request)
        except Unauthenticated:
            return False
        return True

    def _named(self, request: Request) -> Model:
        """The model of the path, where variants and other names lead to it too; of routers and `~latest` aliases the
        row that they are listed with."""
        reference = f"{request.path_params['author']}/{request.path_params['slug']}"
        if (indirect := self._listing.named(reference)) is not None:
            return indirect
        try:
            found = resolve(self._view.snapshot(), reference)
        except ModelNotFound as error:
            raise NotFound(error.message, availability=error.availability) from None
        if found.is_free_gone:
            raise NotFound(f"{reference} has no free variant. The paid one is {found.model.id}.")
        return found.model

    def _with_endpoints(self, model: Model, with_percentiles: bool) -> ModelEndpoints:
        return ModelEndpoints(
            id=model.id,
            name=model.name,
            created=model.created_s,
            description=model.description,
            architecture=architecture(model),
            endpoints=[self._public(model, endpoint, with_percentiles) for endpoint in model.endpoints],
        )

    def _public(self, model: Model, endpoint: CatalogEndpoint, with_percentiles: bool) -> PublicEndpoint:
        view = self._view
        return public_endpoint(
            model,
            endpoint,
            provider_name=view.snapshot().providers[endpoint.provider].name,
            at_ms=view.now_ms(),
            is_callable=view.is_callable(endpoint),
            health=view.health,
            statistics=view.statistics,
            with_percentiles=with_percentiles,
        )


def endpoints(view: CatalogView) -> list[Endpoint]:
    """The operations on models, to be routed and described together with all others."""
    api = ModelsApi(view)
    return [
        Endpoint(LIST, api.list),
        Endpoint(COUNT, api.count),
        Endpoint(LIST_USER, api.list_user),
        Endpoint(GET, api.get),
        Endpoint(ENDPOINTS, api.list_endpoints),
        Endpoint(ZDR, api.list_zdr),
        Endpoint(EMBEDDINGS, api.list_embeddings),
    ]


def routes(view: CatalogView) -> list[Route]:
    """Starlette routes relative to the API root, each also with a trailing slash."""
    return build_routes(endpoints(view))


def _json(payload: object, headers: dict[str, str]) -> Response:
    return Response(encode(payload), headers=headers, media_type="application/json")


def _is_on(value: str | None) -> bool:
    """A switch in a query: any value except empty, `0` and `false`."""
    return value is not None and value.lower() not in ("", "0", "false")
