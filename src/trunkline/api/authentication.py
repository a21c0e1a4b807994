"""Who calls, of which kind the key must be, and how often it may (accounts-and-governance.md 0.5, RL-13)."""

from typing import Literal

from starlette.requests import Request
from starlette.types import Scope

from trunkline.accounts import rates
from trunkline.accounts.client_address import client_address
from trunkline.accounts.types import Actor, Principal
from trunkline.api.context import ControlPlane
from trunkline.api.errors import ACCOUNT_ID, REQUEST_ID
from trunkline.core.errors import PermissionDenied, Unauthenticated

MANAGEMENT_ONLY = "Only management keys can perform this operation"
WINDOW_S = 60
KEY_CREATIONS_PER_MINUTE = 60


def header(scope: Scope, name: bytes) -> bytes | None:
    """The first header of this lower-case name, as it was sent."""
    return next((value for sent, value in scope["headers"] if sent == name), None)


async def authenticate(context: ControlPlane, scope: Scope) -> Principal:
    """The caller, of any kind. Raises Unauthenticated, ServiceUnavailable, and for a session what Members raises."""
    authorization, x_api_key = header(scope, b"authorization"), header(scope, b"x-api-key")
    principal = context.directory.identify(authorization, x_api_key)
    if principal is None:
        principal = await context.callers.resolve(scope["method"], scope["headers"])
    scope[ACCOUNT_ID] = principal.account_id
    return principal


async def require_management(context: ControlPlane, request: Request, *, otherwise: Literal[401, 403]) -> Principal:
    """The caller, who must hold a management key and stay within the rate of management calls.

    `otherwise` is the status for an inference key: 401 on operations that document no 403, so that the official SDKs
    raise the exceptions that they know for the operation (MGT-02).
    """
    principal = await authenticate(context, request.scope)
    if principal.key.kind != "management":
        raise PermissionDenied(MANAGEMENT_ONLY) if otherwise == 403 else Unauthenticated(MANAGEMENT_ONLY)
    limit = context.settings.limits.management_requests_per_minute
    if limit:
        await take(context, f"management:{principal.account_id}", limit)
    return principal


async def take(context: ControlPlane, bucket: str, limit: int) -> None:
    """Count a call against a bucket of `limit` in a minute. Raises RateLimited with the headers of RL-07 and RL-08."""
    await rates.take(
        context.shared,
        bucket,
        limit,
        WINDOW_S,
        context.clock.now_ms(),
        what=f"{limit} per minute",
        source=bucket.partition(":")[0],
    )


def actor(context: ControlPlane, principal: Principal, request: Request) -> Actor:
    """The caller as the audit log names it (MK-04)."""
    return Actor(
        account_id=principal.account_id,
        name=f"key {principal.key.label}",
        creator_user_id=principal.key.creator_user_id,
        address=client_address(
            None if request.client is None else request.client.host,
            request.headers.get("x-forwarded-for"),
            context.settings.server.trusted_proxies,
        ),
        request_id=request.scope[REQUEST_ID],
    )
