"""`/presets`: read them, and make versions of them from request bodies (routing-and-catalog.md 15.2 and 15.3)."""

import re
from collections.abc import Mapping
from typing import Final

from msgspec import Raw
from starlette.requests import Request
from starlette.responses import Response

from trunkline.accounts.types import Principal
from trunkline.api.authentication import authenticate
from trunkline.api.bodies import Issue, invalid, read_body
from trunkline.api.context import ControlPlane
from trunkline.api.generation_routes import ROUTES, Route, parse_limits
from trunkline.api.operations import Endpoint, Handler, Operation, Parameter
from trunkline.api.paging import PAGING, paging
from trunkline.api.preset_objects import (
    PresetListResponse,
    PresetResponse,
    PresetVersionListResponse,
    PresetVersionResponse,
    preset_object,
    preset_with_version_object,
    version_object,
)
from trunkline.api.wire import json_response
from trunkline.core import json
from trunkline.core.errors import InvalidRequest
from trunkline.presets.creation import require_slug
from trunkline.presets.types import APIS, PresetApi
from trunkline.protocols.validation import top_level

_TAG: Final = "Presets"
_NUMBER: Final = re.compile(r"\d{1,9}", re.ASCII)
_SLUG: Final = Parameter(name="slug", where="path", required=True, description="The preset's slug")
_ERRORS: Final = (400, 401, 404, 429, 500)

_IDS: Final[Mapping[PresetApi, str]] = {
    "chat": "createPresetsChatCompletions",
    "messages": "createPresetsMessages",
    "responses": "createPresetsResponses",
}
_STAND_INS: Final[Mapping[PresetApi, Mapping[str, Raw]]] = {
    "chat": {"messages": Raw(b'[{"role":"user","content":"-"}]')},
    "messages": {"messages": Raw(b'[{"role":"user","content":"-"}]'), "max_tokens": Raw(b"1")},
    "responses": {"input": Raw(b'"-"')},
}
"""What a body needs to be a request, but a preset does not keep; taken where it is absent."""

LIST = Operation(
    method="GET",
    path="/presets",
    id="listPresets",
    summary="List presets",
    tag=_TAG,
    parameters=PAGING,
    response=PresetListResponse,
    errors=(400, 401, 429, 500),
)
GET = Operation(
    method="GET",
    path="/presets/{slug}",
    id="getPreset",
    summary="Get a preset",
    tag=_TAG,
    parameters=(_SLUG,),
    response=PresetResponse,
    errors=_ERRORS,
)
VERSIONS = Operation(
    method="GET",
    path="/presets/{slug}/versions",
    id="listPresetVersions",
    summary="List versions of a preset",
    tag=_TAG,
    parameters=(_SLUG, *PAGING),
    response=PresetVersionListResponse,
    errors=_ERRORS,
)
VERSION = Operation(
    method="GET",
    path="/presets/{slug}/versions/{version}",
    id="getPresetVersion",
    summary="Get a version of a preset",
    tag=_TAG,
    parameters=(_SLUG, Parameter(name="version", where="path", required=True, type=int, description="Its number")),
    response=PresetVersionResponse,
    errors=_ERRORS,
)


class _Presets:
    __slots__ = ("_context",)

    def __init__(self, context: ControlPlane) -> None:
        self._context = context

    async def list(self, request: Request) -> Response:
        _, workspace_id = await self._caller(request)
        offset, limit = paging(request.query_params)
        presets, total = await self._context.presets.page(workspace_id, offset, limit)
        return json_response(PresetListResponse([preset_object(preset) for preset in presets], total))

    async def get(self, request: Request) -> Response:
        _, workspace_id = await self._caller(request)
        found = await self._context.presets.get(workspace_id, request.path_params["slug"])
        return json_response(PresetResponse(preset_with_version_object(found)))

    async def versions(self, request: Request) -> Response:
        _, workspace_id = await self._caller(request)
        offset, limit = paging(request.query_params)
        slug = request.path_params["slug"]
        versions, total = await self._context.presets.versions(workspace_id, slug, offset, limit)
        return json_response(PresetVersionListResponse([version_object(version) for version in versions], total))

    async def version(self, request: Request) -> Response:
        _, workspace_id = await self._caller(request)
        number = request.path_params["version"]
        if _NUMBER.fullmatch(number) is None:
            raise invalid([Issue("version", "must be a whole number")])
        slug = request.path_params["slug"]
        return json_response(
            PresetVersionResponse(version_object(await self._context.presets.version(workspace_id, slug, int(number))))
        )

    def creator(self, route: Route, api: PresetApi) -> Handler:
        """The handler that makes a version from the body of this inference route."""

        async def create(request: Request) -> Response:
            caller, workspace_id = await self._caller(request)
            slug = require_slug(request.path_params["slug"])
            members = await self._members(request, route, api)
            creator_id = caller.key.creator_user_id or caller.account_id
            made = await self._context.presets.create(workspace_id, slug, members, api, creator_id)
            return json_response(PresetResponse(preset_with_version_object(made)))

        return create

    async def _members(self, request: Request, route: Route, api: PresetApi) -> dict[str, Raw]:
        """The body's members, valid as a request of that route."""
        settings = self._context.settings
        body = await read_body(
            request,
            timeout_s=settings.server.body_timeout_seconds,
            max_bytes=settings.server.request_limit_mb * 1024 * 1024,
        )
        members = top_level(body)
        standing_in = {name: raw for name, raw in _STAND_INS[api].items() if name not in members}
        route.parse(json.encode({**members, **standing_in}) if standing_in else body, parse_limits(settings))
        return members

    async def _caller(self, request: Request) -> tuple[Principal, str]:
        """Who asks, and the workspace of the key."""
        caller = await authenticate(self._context, request.scope)
        workspace_id = await self._context.presets.workspace_of(caller.account_id, caller.workspace_id)
        if workspace_id is None:
            raise InvalidRequest(
                "The account has no default workspace: use a key of a workspace.", field="workspace_id"
            )
        return caller, workspace_id


def endpoints(context: ControlPlane) -> list[Endpoint]:
    presets = _Presets(context)
    creators = [
        Endpoint(_creation(route.path, api), presets.creator(route, api))
        for route in ROUTES
        if (api := APIS.get(route.path)) is not None
    ]
    return [
        Endpoint(LIST, presets.list),
        Endpoint(GET, presets.get),
        Endpoint(VERSIONS, presets.versions),
        Endpoint(VERSION, presets.version),
        *creators,
    ]


def _creation(path: str, api: PresetApi) -> Operation:
    return Operation(
        method="POST",
        path="/presets/{slug}" + path,
        id=_IDS[api],
        summary=f"Create a preset from a {api} request body",
        tag=_TAG,
        parameters=(_SLUG,),
        request=dict[str, Raw],
        response=PresetResponse,
        errors=(400, 401, 403, 404, 409, 413, 429, 500),
    )
