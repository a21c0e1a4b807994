"""`/keys` for management keys, `/key` for every key (accounts-and-governance.md 2)."""

from datetime import datetime, timedelta

from msgspec import UNSET, UnsetType
from starlette.requests import Request
from starlette.responses import Response

from trunkline.accounts.repository import NO_SPEND
from trunkline.accounts.types import KeyPatch, KeyWithSpend, NewKey
from trunkline.api import bodies
from trunkline.api.authentication import KEY_CREATIONS_PER_MINUTE, actor, authenticate, require_management, take
from trunkline.api.context import ControlPlane
from trunkline.api.current_key import (
    CurrentKeyResponse,
    FreeModelDailyRequests,
    current_key_object,
    free_requests_of_today,
)
from trunkline.api.key_objects import (
    CreatedKeyResponse,
    CreateKeyRequest,
    DeletedResponse,
    KeyListResponse,
    KeyResponse,
    Limit,
    UpdateKeyRequest,
    key_object,
)
from trunkline.api.operations import Endpoint, Operation, Parameter
from trunkline.api.queries import flag, offset, workspace_id
from trunkline.api.wire import json_response, limit_problem, milliseconds, nanousd
from trunkline.core.money import NanoUsd
from trunkline.gateway.admission import free_day_bucket

_TAG = "API Keys"
_HASH = Parameter(name="hash", where="path", required=True, description="SHA-256 of the key's secret, in hex")

LIST = Operation(
    method="GET",
    path="/keys",
    id="list",
    summary="List API keys",
    tag=_TAG,
    parameters=(
        Parameter(name="include_disabled", description='"true" lists disabled keys too'),
        Parameter(name="offset", type=int, description="How many keys to skip; a page has 100"),
        Parameter(name="workspace_id", description="Keys of this workspace; the default one if absent"),
    ),
    response=KeyListResponse,
    errors=(400, 401, 429, 500),
)
CREATE = Operation(
    method="POST",
    path="/keys",
    id="createKeys",
    summary="Create a new API key",
    tag=_TAG,
    request=CreateKeyRequest,
    response=CreatedKeyResponse,
    status=201,
    errors=(400, 401, 403, 429, 500),
)
GET = Operation(
    method="GET",
    path="/keys/{hash}",
    id="getKey",
    summary="Get a single API key",
    tag=_TAG,
    parameters=(_HASH,),
    response=KeyResponse,
    errors=(401, 404, 429, 500),
)
UPDATE = Operation(
    method="PATCH",
    path="/keys/{hash}",
    id="updateKeys",
    summary="Update an API key",
    tag=_TAG,
    parameters=(_HASH,),
    request=UpdateKeyRequest,
    response=KeyResponse,
    errors=(400, 401, 404, 429, 500),
)
DELETE = Operation(
    method="DELETE",
    path="/keys/{hash}",
    id="deleteKeys",
    summary="Delete an API key",
    tag=_TAG,
    parameters=(_HASH,),
    response=DeletedResponse,
    errors=(401, 404, 429, 500),
)
CURRENT = Operation(
    method="GET",
    path="/key",
    id="getCurrentKey",
    summary="Get current API key",
    tag=_TAG,
    response=CurrentKeyResponse,
)
CURRENT_ALIAS = Operation(
    method="GET",
    path="/auth/key",
    id="getCurrentKeyAlias",
    summary="Get current API key (alias for old clients)",
    tag=_TAG,
    response=CurrentKeyResponse,
)


class _Keys:
    """The handlers. `/keys` other than POST documents no 403, so a key of the wrong kind gets 401 there (MGT-02)."""

    __slots__ = ("_context",)

    def __init__(self, context: ControlPlane) -> None:
        self._context = context

    async def list(self, request: Request) -> Response:
        caller = await require_management(self._context, request, otherwise=401)
        query = request.query_params
        keys = await self._context.keys.page(
            caller.account_id,
            workspace_id=workspace_id(query.get("workspace_id")),
            include_disabled=flag("include_disabled", query),
            offset=offset(query),
        )
        return json_response(KeyListResponse([key_object(item) for item in keys]))

    async def create(self, request: Request) -> Response:
        caller = await require_management(self._context, request, otherwise=403)
        await take(self._context, f"key_creation:{caller.account_id}", KEY_CREATIONS_PER_MINUTE)
        body = bodies.decode(
            await self._body(request), CreateKeyRequest, {"limit": limit_problem, "expires_at": self._expiry_problem}
        )
        new = NewKey(
            name=body.name,
            limit_nanousd=None if body.limit is None else nanousd(body.limit),
            limit_reset=body.limit_reset,
            include_byok_in_limit=body.include_byok_in_limit,
            expires_at_ms=None if body.expires_at is None else milliseconds(body.expires_at),
            # A person's account: its keys are the person's own, whatever the body names (KEY-11).
            creator_user_id=caller.account_id,
            workspace_id=None if body.workspace_id is UNSET else workspace_id(body.workspace_id),
        )
        key, secret = await self._context.keys.create(actor(self._context, caller, request), new)
        item = KeyWithSpend(key=key, spend=NO_SPEND)
        return json_response(CreatedKeyResponse(key_object(item, secret), secret), 201)

    async def get(self, request: Request) -> Response:
        caller = await require_management(self._context, request, otherwise=401)
        item = await self._context.keys.get(caller.account_id, request.path_params["hash"])
        return json_response(KeyResponse(key_object(item)))

    async def update(self, request: Request) -> Response:
        caller = await require_management(self._context, request, otherwise=401)
        key_hash: str = request.path_params["hash"]
        data = await self._body(request)
        body = bodies.decode(data or b"{}", UpdateKeyRequest, {"limit": limit_problem})
        patch = KeyPatch(
            name=body.name,
            disabled=body.disabled,
            limit_nanousd=_patched_limit(body.limit),
            limit_reset=body.limit_reset,
            include_byok_in_limit=body.include_byok_in_limit,
        )
        item = await self._context.keys.change(actor(self._context, caller, request), key_hash, patch)
        self._context.directory.forget(key_hash)
        return json_response(KeyResponse(key_object(item)))

    async def delete(self, request: Request) -> Response:
        caller = await require_management(self._context, request, otherwise=401)
        key_hash: str = request.path_params["hash"]
        await self._context.keys.delete(actor(self._context, caller, request), key_hash)
        self._context.directory.forget(key_hash)
        return json_response(DeletedResponse())

    async def current(self, request: Request) -> Response:
        caller = await authenticate(self._context, request.scope)
        item = await self._context.keys.spend_of(caller.key)
        is_free_tier = not await self._context.keys.has_credits_added(caller.account_id)
        return json_response(
            CurrentKeyResponse(
                current_key_object(
                    item,
                    is_free_tier=is_free_tier,
                    free_requests=await self._free_requests(caller.account_id),
                    now_ms=self._context.clock.now_ms(),
                )
            )
        )

    async def _free_requests(self, account_id: str) -> FreeModelDailyRequests:
        """What the account has used of its free quota (RL-02); nothing is counted where there is none."""
        per_day = self._context.settings.limits.free_requests_per_day
        if not per_day:
            return free_requests_of_today(0, 0)
        used = await self._context.shared.taken(free_day_bucket(account_id), self._context.clock.now_ms())
        return free_requests_of_today(per_day, used)

    async def _body(self, request: Request) -> bytes:
        return await bodies.read_body(request, timeout_s=self._context.settings.server.body_timeout_seconds)

    def _expiry_problem(self, value: object) -> str | None:
        if not isinstance(value, datetime):
            return None
        if value.utcoffset() != timedelta(0):
            return "must be in UTC: end in `Z` or `+00:00`"
        return None if milliseconds(value) > self._context.clock.now_ms() else "must lie in the future"


def endpoints(context: ControlPlane) -> list[Endpoint]:
    """The operations of this file with their handlers."""
    keys = _Keys(context)
    return [
        Endpoint(LIST, keys.list),
        Endpoint(CREATE, keys.create),
        Endpoint(GET, keys.get),
        Endpoint(UPDATE, keys.update),
        Endpoint(DELETE, keys.delete),
        Endpoint(CURRENT, keys.current),
        Endpoint(CURRENT_ALIAS, keys.current),
    ]


def _patched_limit(limit: Limit | UnsetType | None) -> NanoUsd | UnsetType | None:
    return limit if limit is None or limit is UNSET else nanousd(limit)
