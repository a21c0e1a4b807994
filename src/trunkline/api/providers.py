"""`GET /providers`: who serves models (routing-and-catalog.md 20.3)."""

from msgspec import Struct
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from trunkline.api.catalog_view import CatalogView
from trunkline.api.operations import Endpoint, Operation, build_routes
from trunkline.catalog.types import Provider
from trunkline.core.json import encode


class ProviderObject(Struct, frozen=True):
    """A provider; null where nothing is known."""

    name: str
    slug: str
    privacy_policy_url: str | None
    terms_of_service_url: str | None
    status_page_url: str | None
    headquarters: str | None
    datacenters: tuple[str, ...] | None


class ProvidersResponse(Struct, frozen=True):
    """All providers by name."""

    data: list[ProviderObject]


LIST = Operation(
    method="GET",
    path="/providers",
    id="listProviders",
    summary="List providers",
    tag="Providers",
    response=ProvidersResponse,
    errors=(500,),
    public=True,
)


def endpoints(view: CatalogView) -> list[Endpoint]:
    """The operation on providers, to be routed and described together with all others."""

    async def list_providers(request: Request) -> Response:
        providers = sorted(view.snapshot().providers.values(), key=lambda provider: provider.name.lower())
        body = encode(ProvidersResponse([_object(provider) for provider in providers]))
        return Response(body, headers={"cache-control": "public, max-age=60"}, media_type="application/json")

    return [Endpoint(LIST, list_providers)]


def routes(view: CatalogView) -> list[Route]:
    """Starlette routes relative to the API root, each also with a trailing slash."""
    return build_routes(endpoints(view))


def _object(provider: Provider) -> ProviderObject:
    return ProviderObject(
        name=provider.name,
        slug=provider.slug,
        privacy_policy_url=provider.privacy_url,
        terms_of_service_url=provider.terms_url,
        status_page_url=provider.status_url,
        headquarters=provider.headquarters,
        datacenters=provider.datacenters or None,
    )
