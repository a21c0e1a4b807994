"""`/activity`: what the account used on the last thirty days, by model and endpoint (accounts-and-governance.md 16)."""

import re
from collections.abc import Mapping
from typing import Final, Literal

from msgspec import UNSET, Struct, UnsetType
from starlette.requests import Request
from starlette.responses import Response

from trunkline.accounts import repository
from trunkline.api.authentication import require_management
from trunkline.api.context import ControlPlane
from trunkline.api.operations import Endpoint, Operation, Parameter
from trunkline.api.wire import Usd, json_response
from trunkline.core.calendar import date_text, day_of, parse_date
from trunkline.core.errors import NotFound
from trunkline.core.money import usd_number
from trunkline.listing.filters import choice, invalid
from trunkline.statistics.activity import WINDOW_DAYS, ActivityQuery, ActivityRow, list_activity, owns_key

_KEY_HASH: Final = re.compile(r"[0-9a-f]{64}", re.ASCII)
_UUID: Final = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.ASCII)


class ActivityItem(Struct, frozen=True, kw_only=True):
    """A day at one endpoint. `usage` is what was charged, `byok_usage_inference` the list price of what was paid
    elsewhere; `reasoning_tokens` are among `completion_tokens` (ACT-22, ACT-23)."""

    date: str
    model: str
    model_permaslug: str
    endpoint_id: str
    provider_name: str
    usage: Usd
    byok_usage_inference: Usd
    requests: int
    prompt_tokens: int
    completion_tokens: int
    reasoning_tokens: int
    cached_tokens: int
    """Newer official clients insist on it."""
    workspace_id: str | UnsetType = UNSET


class ActivityResponse(Struct, frozen=True):
    """Latest day first."""

    data: list[ActivityItem]


GET = Operation(
    method="GET",
    path="/activity",
    id="getUserActivity",
    summary="Activity of the last 30 completed UTC days, by endpoint",
    tag="Analytics",
    parameters=(
        Parameter(name="date", description="One of those days, `YYYY-MM-DD`"),
        Parameter(name="api_key_hash", description="Only this key, deleted ones too: 64 hex digits"),
        Parameter(name="user_id", description="Only this member of an organization"),
        Parameter(name="group_by", type=Literal["workspace"], description="Split each row by workspace"),
        Parameter(name="workspace_id", description="Only this workspace"),
    ),
    response=ActivityResponse,
    errors=(400, 401, 403, 404, 429, 500),
)


class _Activity:
    __slots__ = ("_context",)

    def __init__(self, context: ControlPlane) -> None:
        self._context = context

    async def get(self, request: Request) -> Response:
        """`GET /activity`."""
        caller = await require_management(self._context, request, otherwise=403)
        query = await self._query(caller.account_id, request.query_params)
        rows = await self._context.database.read(list_activity, query)
        return json_response(ActivityResponse([_item(row, query.by_workspace) for row in rows]))

    async def _query(self, account_id: str, given: Mapping[str, str]) -> ActivityQuery:
        """Raises InvalidRequest for what is malformed, NotFound for what is nobody's in this account (ACT-25)."""
        database = self._context.database
        by_workspace = choice(given, "group_by", ("workspace",)) is not None
        first, last = self._days(given.get("date"))
        key_hash, workspace_id = given.get("api_key_hash"), given.get("workspace_id")
        if given.get("user_id") is not None:
            raise invalid("user_id", "only organizations have members; this is a personal account")
        if key_hash is not None:
            if _KEY_HASH.fullmatch(key_hash) is None:
                raise invalid("api_key_hash", "must be 64 lower-case hex digits")
            if not await database.read(owns_key, account_id, key_hash):
                raise NotFound("Resource not found: no key of this account has that `api_key_hash`.")
        if workspace_id is not None:
            workspace_id = workspace_id.lower()
            if _UUID.fullmatch(workspace_id) is None:
                raise invalid("workspace_id", "must be a UUID")
            if not await database.read(repository.has_workspace, account_id, workspace_id):
                raise NotFound("Resource not found: no workspace of this account has that `workspace_id`.")
        return ActivityQuery(
            account_id=account_id,
            first_day=first,
            last_day=last,
            key_hash=key_hash,
            workspace_id=workspace_id,
            default_workspace_id=await database.read(repository.default_workspace_id, account_id) or "",
            by_workspace=by_workspace,
        )

    def _days(self, given: str | None) -> tuple[int, int]:
        """First and last day. Raises InvalidRequest for a date outside the window; today is never in it."""
        today = day_of(self._context.clock.now_ms())
        first, last = today - WINDOW_DAYS, today - 1
        if given is None:
            return first, last
        day = parse_date(given)
        if day is None:
            raise invalid("date", f"{given[:40]!r} is no calendar date of the form YYYY-MM-DD")
        if not first <= day <= last:
            raise invalid("date", f"{given} is not within the last {WINDOW_DAYS} completed UTC days")
        return day, day


def endpoints(context: ControlPlane) -> list[Endpoint]:
    """The operations of this file with their handlers."""
    return [Endpoint(GET, _Activity(context).get)]


def _item(row: ActivityRow, by_workspace: bool) -> ActivityItem:
    return ActivityItem(
        date=date_text(row.day),
        model=row.model,
        model_permaslug=row.permaslug,
        endpoint_id=row.endpoint_id,
        provider_name=row.provider_name,
        usage=usd_number(row.usage_nanousd),
        byok_usage_inference=usd_number(row.byok_nanousd),
        requests=row.requests,
        prompt_tokens=row.prompt_tokens,
        completion_tokens=row.completion_tokens,
        reasoning_tokens=row.reasoning_tokens,
        cached_tokens=row.cached_tokens,
        workspace_id=row.workspace_id if by_workspace else UNSET,
    )
