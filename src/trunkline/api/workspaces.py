"""`/workspaces` for management keys (accounts-and-governance.md 9.1)."""

from typing import Final

from msgspec import UNSET, UnsetType
from starlette.requests import Request
from starlette.responses import Response

from trunkline.accounts.workspaces.service import WorkspacePatch
from trunkline.api import bodies
from trunkline.api.authentication import actor, require_management
from trunkline.api.context import ControlPlane
from trunkline.api.key_objects import DeletedResponse
from trunkline.api.operations import Endpoint, Operation, Parameter
from trunkline.api.paging import PAGING, paging
from trunkline.api.wire import json_response
from trunkline.api.workspace_objects import (
    CreateWorkspaceRequest,
    UpdateWorkspaceRequest,
    WorkspaceListResponse,
    WorkspaceResponse,
    workspace_object,
)
from trunkline.routing.reach import default_model_name

_TAG: Final = "Workspaces"
_ID: Final = Parameter(name="id", where="path", required=True, description="The workspace's id or slug")

LIST = Operation(
    method="GET",
    path="/workspaces",
    id="listWorkspaces",
    summary="List workspaces",
    tag=_TAG,
    parameters=PAGING,
    response=WorkspaceListResponse,
    errors=(400, 401, 429, 500),
)
CREATE = Operation(
    method="POST",
    path="/workspaces",
    id="createWorkspace",
    summary="Create a workspace",
    tag=_TAG,
    request=CreateWorkspaceRequest,
    response=WorkspaceResponse,
    status=201,
    errors=(400, 401, 403, 429, 500),
)
GET = Operation(
    method="GET",
    path="/workspaces/{id}",
    id="getWorkspace",
    summary="Get a workspace",
    tag=_TAG,
    parameters=(_ID,),
    response=WorkspaceResponse,
    errors=(401, 404, 429, 500),
)
UPDATE = Operation(
    method="PATCH",
    path="/workspaces/{id}",
    id="updateWorkspace",
    summary="Update a workspace",
    tag=_TAG,
    parameters=(_ID,),
    request=UpdateWorkspaceRequest,
    response=WorkspaceResponse,
    errors=(400, 401, 403, 404, 429, 500),
)
DELETE = Operation(
    method="DELETE",
    path="/workspaces/{id}",
    id="deleteWorkspace",
    summary="Delete a workspace",
    tag=_TAG,
    parameters=(_ID,),
    response=DeletedResponse,
    errors=(400, 401, 403, 404, 429, 500),
)


class _Workspaces:
    """The handlers. Operations that document no 403 answer a key of the wrong kind with 401 (MGT-02)."""

    __slots__ = ("_context",)

    def __init__(self, context: ControlPlane) -> None:
        self._context = context

    async def list(self, request: Request) -> Response:
        caller = await require_management(self._context, request, otherwise=401)
        offset, limit = paging(request.query_params)
        found, total = await self._context.workspaces.page(caller.account_id, offset, limit)
        return json_response(WorkspaceListResponse([workspace_object(each) for each in found], total))

    async def create(self, request: Request) -> Response:
        caller = await require_management(self._context, request, otherwise=403)
        said = self._patch(bodies.decode(await self._body(request), CreateWorkspaceRequest))
        made = await self._context.workspaces.create(actor(self._context, caller, request), said)
        return json_response(WorkspaceResponse(workspace_object(made)), 201)

    async def get(self, request: Request) -> Response:
        caller = await require_management(self._context, request, otherwise=401)
        found = await self._context.workspaces.get(caller.account_id, request.path_params["id"])
        return json_response(WorkspaceResponse(workspace_object(found)))

    async def update(self, request: Request) -> Response:
        caller = await require_management(self._context, request, otherwise=403)
        patch = self._patch(bodies.decode(await self._body(request) or b"{}", UpdateWorkspaceRequest))
        by = actor(self._context, caller, request)
        changed = await self._context.workspaces.change(by, request.path_params["id"], patch)
        await self._context.directory.refresh()
        return json_response(WorkspaceResponse(workspace_object(changed)))

    async def delete(self, request: Request) -> Response:
        caller = await require_management(self._context, request, otherwise=403)
        await self._context.workspaces.delete(actor(self._context, caller, request), request.path_params["id"])
        return json_response(DeletedResponse())

    def _patch(self, body: CreateWorkspaceRequest | UpdateWorkspaceRequest) -> WorkspacePatch:
        """What of it is kept. Raises InvalidRequest for a default model that nobody knows."""
        return WorkspacePatch(
            name=body.name,
            slug=body.slug,
            description=body.description,
            default_text_model=self._model(body.default_text_model, "default_text_model"),
            default_image_model=self._model(body.default_image_model, "default_image_model"),
            default_provider_sort=body.default_provider_sort,
        )

    def _model(self, name: str | UnsetType | None, field: str) -> str | UnsetType | None:
        if name is None or name is UNSET:
            return name
        return default_model_name(self._context.world().snapshot, name, field)

    async def _body(self, request: Request) -> bytes:
        return await bodies.read_body(request, timeout_s=self._context.settings.server.body_timeout_seconds)


def endpoints(context: ControlPlane) -> list[Endpoint]:
    """The operations of this file with their handlers."""
    workspaces = _Workspaces(context)
    return [
        Endpoint(LIST, workspaces.list),
        Endpoint(CREATE, workspaces.create),
        Endpoint(GET, workspaces.get),
        Endpoint(UPDATE, workspaces.update),
        Endpoint(DELETE, workspaces.delete),
    ]
