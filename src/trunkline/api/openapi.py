"""`/openapi.json`: the description of what is served, made from the same declarations as the routes."""

from collections.abc import Iterable, Mapping
from http import HTTPStatus
from typing import cast

import msgspec
from msgspec import UNSET, Raw, Struct, UnsetType
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from trunkline import __version__
from trunkline.api import generation_operations, images, models, providers, statistics
from trunkline.api import routes as control_plane
from trunkline.api.catalog_view import CatalogView
from trunkline.api.context import ControlPlane
from trunkline.api.operations import Operation, Parameter
from trunkline.api.video_operations import CONTENT, MODELS, POLL
from trunkline.core import json
from trunkline.core.errors import ErrorType

_REFERENCE = "#/components/schemas/{name}"
_SECURITY = "bearer"

Schema = Mapping[str, object]


class ErrorObject(Struct, frozen=True):
    """What was wrong, with which field, and what to do. `code` equals the HTTP status."""

    code: int
    message: str
    metadata: dict[str, Raw]
    error_type: ErrorType | UnsetType = UNSET


class ErrorResponse(Struct, frozen=True):
    """The one error envelope; `user_id` is the caller's account."""

    error: ErrorObject
    user_id: str | UnsetType | None = UNSET


def document(operations: Iterable[Operation], *, server_url: str) -> bytes:
    """The OpenAPI 3.1 description. `server_url`: the API root that clients use (`https://host/api/v1`)."""
    described = list(operations)
    schemas = _Schemas(described)
    paths: dict[str, dict[str, object]] = {}
    for operation in described:
        paths.setdefault(operation.path, {})[operation.method.lower()] = _operation(operation, schemas)
    return json.encode(
        {
            "openapi": "3.1.0",
            "info": {"title": "Trunkline API", "version": __version__},
            "servers": [{"url": server_url}],
            "security": [{_SECURITY: []}],
            "paths": paths,
            "components": {
                "securitySchemes": {_SECURITY: {"type": "http", "scheme": "bearer"}},
                "schemas": schemas.components,
            },
        }
    )


def describe(context: ControlPlane, view: CatalogView) -> bytes:
    """The description of everything that this instance serves."""
    read = [
        *models.endpoints(view),
        *images.endpoints(view),
        *providers.endpoints(view),
        *statistics.endpoints(context, view),
    ]
    served = [*control_plane.endpoints(context), *read]
    operations = [
        *generation_operations.OPERATIONS,
        POLL,
        CONTENT,
        MODELS,
        *(endpoint.operation for endpoint in served),
    ]
    return document(operations, server_url=f"{context.settings.public_url}/api/v1")


def routes(body: bytes) -> list[Route]:
    """`GET /openapi.json`, without a key."""

    async def openapi(_: Request) -> Response:
        return Response(body, media_type="application/json")

    return [Route("/openapi.json", openapi)]


class _Schemas:
    """JSON schemas of every type that an operation names, under names that differ."""

    def __init__(self, operations: list[Operation]) -> None:
        types: list[object] = [ErrorResponse]
        for operation in operations:
            named = (operation.request, operation.response, operation.error)
            types += [kind for kind in named if kind is not None]
            types += [parameter.type for parameter in operation.parameters]
        schemas, self.components = msgspec.json.schema_components(types, ref_template=_REFERENCE)
        for component in self.components.values():
            _write_decimals_as_numbers(component)
        self._schemas: dict[int, Schema] = {id(kind): schema for kind, schema in zip(types, schemas, strict=True)}

    def of(self, kind: object) -> Schema:
        return self._schemas[id(kind)]

    def content(self, kind: object) -> dict[str, object]:
        return {"application/json": {"schema": self.of(kind)}}


def _operation(operation: Operation, schemas: _Schemas) -> Schema:
    described: dict[str, object] = {
        "operationId": operation.id,
        "summary": operation.summary,
        "tags": [operation.tag],
        "responses": _responses(operation, schemas),
    }
    if operation.parameters:
        described["parameters"] = [_parameter(parameter, schemas) for parameter in operation.parameters]
    if operation.request is not None:
        content = {operation.request_media_type: {"schema": schemas.of(operation.request)}}
        described["requestBody"] = {"required": True, "content": content}
    if operation.public:
        described["security"] = []
    return described


def _responses(operation: Operation, schemas: _Schemas) -> Schema:
    success: dict[str, object] = {"description": _phrase(operation.status)}
    content = schemas.content(operation.response) if operation.response is not None else {}
    if operation.response is None and operation.response_media_type != "application/json":
        content |= {operation.response_media_type: {}}
    if operation.other_media_type is not None:
        content |= {operation.other_media_type: {}}
    if content:
        success["content"] = content
    errors = {
        str(status): {"description": _phrase(status), "content": schemas.content(operation.error or ErrorResponse)}
        for status in operation.errors
    }
    return {str(operation.status): success} | errors


def _parameter(parameter: Parameter, schemas: _Schemas) -> Schema:
    return {
        "name": parameter.name,
        "in": parameter.where,
        "required": parameter.required or parameter.where == "path",
        "description": parameter.description,
        "schema": schemas.of(parameter.type),
    }


def _phrase(status: int) -> str:
    """The status in words; 524 and 529 are not in the standard."""
    return HTTPStatus(status).phrase if status in HTTPStatus.__members__.values() else f"Status {status}"


def _write_decimals_as_numbers(schema: object) -> None:
    """msgspec describes a Decimal as a text; in this API amounts of money are JSON numbers (VAL-01)."""
    if isinstance(schema, dict):
        members = cast("dict[str, object]", schema)
        if members.get("format") == "decimal":
            members |= {"type": "number", "format": "double"}
        for member in members.values():
            _write_decimals_as_numbers(member)
    elif isinstance(schema, list):
        for item in cast("list[object]", schema):
            _write_decimals_as_numbers(item)
