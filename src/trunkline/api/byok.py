"""`/byok`: callers' own provider keys, for management keys (accounts-and-governance.md 8.1)."""

from msgspec import UNSET
from starlette.requests import Request
from starlette.responses import Response

from trunkline.accounts.byok.types import CredentialPatch, NewCredential
from trunkline.api import bodies
from trunkline.api.authentication import actor, require_management
from trunkline.api.byok_objects import (
    RULES,
    CreateCredentialRequest,
    CredentialListResponse,
    CredentialResponse,
    UpdateCredentialRequest,
    credential_object,
)
from trunkline.api.context import ControlPlane
from trunkline.api.key_objects import DeletedResponse
from trunkline.api.operations import Endpoint, Operation, Parameter
from trunkline.api.paging import PAGING, paging
from trunkline.api.queries import WORKSPACE, workspace_id
from trunkline.api.wire import json_response

_TAG = "BYOK"
_ID = Parameter(name="id", where="path", required=True, description="The credential's id, as the list has it")

LIST = Operation(
    method="GET",
    path="/byok",
    id="listBYOKKeys",
    summary="List BYOK provider credentials",
    tag=_TAG,
    parameters=(
        *PAGING,
        WORKSPACE,
        Parameter(name="provider", description="Of this provider only; its slug"),
    ),
    response=CredentialListResponse,
    errors=(400, 401, 429, 500),
)
CREATE = Operation(
    method="POST",
    path="/byok",
    id="createBYOKKey",
    summary="Create a BYOK provider credential",
    tag=_TAG,
    request=CreateCredentialRequest,
    response=CredentialResponse,
    status=201,
    errors=(400, 401, 403, 429, 500),
)
GET = Operation(
    method="GET",
    path="/byok/{id}",
    id="getBYOKKey",
    summary="Get a BYOK provider credential",
    tag=_TAG,
    parameters=(_ID,),
    response=CredentialResponse,
    errors=(401, 404, 429, 500),
)
UPDATE = Operation(
    method="PATCH",
    path="/byok/{id}",
    id="updateBYOKKey",
    summary="Update a BYOK provider credential",
    tag=_TAG,
    parameters=(_ID,),
    request=UpdateCredentialRequest,
    response=CredentialResponse,
    errors=(400, 401, 404, 429, 500),
)
DELETE = Operation(
    method="DELETE",
    path="/byok/{id}",
    id="deleteBYOKKey",
    summary="Delete a BYOK provider credential",
    tag=_TAG,
    parameters=(_ID,),
    response=DeletedResponse,
    errors=(401, 404, 429, 500),
)


class _Credentials:
    """The handlers. Only `POST` documents a 403, so a key of the wrong kind gets 401 elsewhere (MGT-02)."""

    __slots__ = ("_context",)

    def __init__(self, context: ControlPlane) -> None:
        self._context = context

    async def list(self, request: Request) -> Response:
        caller = await require_management(self._context, request, otherwise=401)
        query = request.query_params
        offset, limit = paging(query)
        found, total = await self._context.credentials.page(
            caller.account_id,
            workspace_id=workspace_id(query.get("workspace_id")),
            provider=query.get("provider"),
            offset=offset,
            limit=limit,
        )
        return json_response(CredentialListResponse([credential_object(one) for one in found], total))

    async def create(self, request: Request) -> Response:
        caller = await require_management(self._context, request, otherwise=403)
        body = bodies.decode(await self._body(request), CreateCredentialRequest, RULES)
        new = NewCredential(
            provider=body.provider,
            secret=body.key,
            name=body.name,
            workspace_id=UNSET if body.workspace_id is UNSET else workspace_id(body.workspace_id),
            disabled=body.disabled,
            is_fallback=body.is_fallback,
            always_use=body.is_required,
            allowed_models=body.allowed_models,
            allowed_api_key_hashes=body.allowed_api_key_hashes,
            allowed_user_ids=body.allowed_user_ids,
        )
        made = await self._context.credentials.create(actor(self._context, caller, request), new)
        return json_response(CredentialResponse(credential_object(made)), 201)

    async def get(self, request: Request) -> Response:
        caller = await require_management(self._context, request, otherwise=401)
        found = await self._context.credentials.get(caller.account_id, request.path_params["id"])
        return json_response(CredentialResponse(credential_object(found)))

    async def update(self, request: Request) -> Response:
        caller = await require_management(self._context, request, otherwise=401)
        body = bodies.decode(await self._body(request) or b"{}", UpdateCredentialRequest, RULES)
        patch = CredentialPatch(
            secret=body.key,
            name=body.name,
            disabled=body.disabled,
            is_fallback=body.is_fallback,
            always_use=body.is_required,
            allowed_models=body.allowed_models,
            allowed_api_key_hashes=body.allowed_api_key_hashes,
            allowed_user_ids=body.allowed_user_ids,
        )
        by = actor(self._context, caller, request)
        changed = await self._context.credentials.change(by, request.path_params["id"], patch)
        return json_response(CredentialResponse(credential_object(changed)))

    async def delete(self, request: Request) -> Response:
        caller = await require_management(self._context, request, otherwise=401)
        await self._context.credentials.delete(actor(self._context, caller, request), request.path_params["id"])
        return json_response(DeletedResponse())

    async def _body(self, request: Request) -> bytes:
        return await bodies.read_body(request, timeout_s=self._context.settings.server.body_timeout_seconds)


def endpoints(context: ControlPlane) -> list[Endpoint]:
    """The operations of this file with their handlers."""
    credentials = _Credentials(context)
    return [
        Endpoint(LIST, credentials.list),
        Endpoint(CREATE, credentials.create),
        Endpoint(GET, credentials.get),
        Endpoint(UPDATE, credentials.update),
        Endpoint(DELETE, credentials.delete),
    ]
