"""The discovery of image models (inference.md 22.4)."""

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from trunkline.api.catalog_view import CatalogView
from trunkline.api.image_objects import ImageEndpoints, ImageModels, image_endpoint, image_model
from trunkline.api.operations import Endpoint, Operation, Parameter, build_routes
from trunkline.api.wire import json_response
from trunkline.catalog.types import Endpoint as CatalogEndpoint
from trunkline.catalog.types import Model
from trunkline.core.errors import ModelNotFound, NotFound
from trunkline.gateway.upstreams import is_spoken
from trunkline.routing.slugs import resolve

_PATH = (
    Parameter(name="author", where="path", required=True, description="Part of the id before the slash"),
    Parameter(name="slug", where="path", required=True, description="Part of the id after the slash"),
)

LIST = Operation(
    method="GET",
    path="/images/models",
    id="listImageModels",
    summary="List image models",
    tag="Images",
    response=ImageModels,
    errors=(500,),
    public=True,
)
ENDPOINTS = Operation(
    method="GET",
    path="/images/models/{author}/{slug}/endpoints",
    id="listImageModelEndpoints",
    summary="List who serves an image model",
    tag="Images",
    parameters=_PATH,
    response=ImageEndpoints,
    errors=(404, 500),
    public=True,
)


class ImageModelsApi:
    """The handlers; one for the life of the process."""

    def __init__(self, view: CatalogView) -> None:
        self._view = view

    async def list(self, request: Request) -> Response:
        """`GET /images/models`."""
        models = self._view.snapshot().models.values()
        rows = [image_model(model, _spoken(model)) for model in models if _is_public(model) and _spoken(model)]
        return json_response(ImageModels(rows))

    async def list_endpoints(self, request: Request) -> Response:
        """`GET /images/models/{author}/{slug}/endpoints`."""
        reference = f"{request.path_params['author']}/{request.path_params['slug']}"
        snapshot = self._view.snapshot()
        try:
            model = resolve(snapshot, reference).model
        except ModelNotFound as error:
            raise NotFound(error.message, availability=error.availability) from None
        if not _is_public(model):
            raise NotFound(f"{reference} is no image model. GET /api/v1/images/models lists those that are.")
        found = [image_endpoint(endpoint, snapshot.providers[endpoint.provider]) for endpoint in _spoken(model)]
        return json_response(ImageEndpoints(model.id, found))


def _is_public(model: Model) -> bool:
    return model.operation == "image" and not model.private_to


def _spoken(model: Model) -> list[CatalogEndpoint]:
    return [endpoint for endpoint in model.endpoints if is_spoken(endpoint) and not endpoint.private_to]


def endpoints(view: CatalogView) -> list[Endpoint]:
    """The operations of this file with their handlers."""
    api = ImageModelsApi(view)
    return [Endpoint(LIST, api.list), Endpoint(ENDPOINTS, api.list_endpoints)]


def routes(view: CatalogView) -> list[Route]:
    """Starlette routes relative to the API root."""
    return build_routes(endpoints(view))
