"""`/logs` and `/logs/{id}`: the account's generations, newest first (site.md 18). Never their content."""

import re
from collections.abc import Mapping
from urllib.parse import urlencode

from msgspec import Struct
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from trunkline.accounts.repository import key_names
from trunkline.core.calendar import DAY_MS, HOUR_MS
from trunkline.generations.listing import Cursor, ListQuery, list_generations
from trunkline.generations.repository import find
from trunkline.generations.types import Generation, GenerationStatus, ProviderResponse
from trunkline.statistics.activity import owns_key
from trunkline.web.context import WebContext
from trunkline.web.guard import for_members
from trunkline.web.pages.account.log_histogram import Histogram, histogram
from trunkline.web.rendering import Document
from trunkline.web.visitors import Visitor

PAGE = 50
SPANS_MS: Mapping[str, tuple[str, int]] = {
    "hour": ("Past hour", HOUR_MS),
    "day": ("Past day", DAY_MS),
    "week": ("Past week", 7 * DAY_MS),
    "month": ("Past 30 days", 30 * DAY_MS),
}
STATUSES: tuple[GenerationStatus, ...] = ("completed", "failed", "cancelled", "interrupted")
_CURSOR = re.compile(r"(\d{1,15})\.([A-Za-z0-9_-]{1,40})", re.ASCII)
_ID = re.compile(r"[A-Za-z0-9_-]{1,40}", re.ASCII)


class LogsView(Struct, frozen=True, kw_only=True):
    """What the list shows. `older` leads to what comes after the last row."""

    rows: list[Generation]
    histogram: Histogram | None
    keys: Mapping[str, str]
    chosen: Mapping[str, str]
    is_filtered: bool
    older: str | None
    spans: Mapping[str, tuple[str, int]]
    statuses: tuple[GenerationStatus, ...]


class Step(Struct, frozen=True, kw_only=True):
    """A bar of the waterfall, in percent of the whole time."""

    name: str
    outcome: str
    is_good: bool
    took_ms: int | None
    left: float
    width: float


class LogView(Struct, frozen=True, kw_only=True):
    """One generation's page."""

    generation: Generation
    key_name: str | None
    steps: list[Step]
    total_ms: int
    tokens_per_second: float | None


def routes(context: WebContext) -> list[Route]:
    """The list, and a page for each."""

    async def show(request: Request, visitor: Visitor) -> Response:
        given = {name: value for name, value in request.query_params.items() if value}
        key_hash = given.get("api_key_hash")
        if key_hash is not None and not await context.database.read(owns_key, visitor.account_id, key_hash):
            raise HTTPException(404)
        rows = await context.database.read(list_generations, _query(visitor.account_id, given, context.facts.now_ms()))
        view = LogsView(
            rows=rows[:PAGE],
            histogram=await histogram(context, visitor.account_id, given),
            keys=await context.database.read(key_names, visitor.account_id),
            chosen=given,
            is_filtered=any(name in given for name in ("api_key_hash", "model", "status", "since")),
            older=_older(given, rows),
            spans=SPANS_MS,
            statuses=STATUSES,
        )
        document = Document(template="account/logs.html", title="Logs", page=view, is_indexed=False, is_private=True)
        return await context.respond(request, document)

    async def show_one(request: Request, visitor: Visitor) -> Response:
        generation_id: str = request.path_params["id"]
        found = None
        if _ID.fullmatch(generation_id):
            found = await context.database.read(find, visitor.account_id, generation_id)
        if found is None:
            raise HTTPException(404)
        names = await context.database.read(key_names, visitor.account_id)
        document = Document(
            template="account/log.html",
            title=found.id,
            page=view_of(found, names.get(found.key_hash)),
            is_indexed=False,
            is_private=True,
        )
        return await context.respond(request, document)

    return [Route("/logs", for_members(context, show)), Route("/logs/{id}", for_members(context, show_one))]


def view_of(generation: Generation, key_name: str | None) -> LogView:
    """The waterfall: each attempt in turn up to its first byte, then what the last one generated."""
    total_ms = max(1, generation.finished_at_ms - generation.created_at_ms)
    steps: list[Step] = []
    at_ms = 0
    for attempt in generation.provider_responses:
        took_ms = attempt.latency or 0
        status = attempt.status
        steps.append(
            Step(
                name=attempt.provider_name,
                outcome=_outcome(attempt),
                is_good=attempt.outpaced or (status is not None and status < 400),
                took_ms=attempt.latency,
                left=_percent(at_ms, total_ms),
                width=_percent(took_ms, total_ms),
            )
        )
        at_ms += took_ms
    generating_ms = total_ms - at_ms
    if generation.status == "completed" and generating_ms > 0:
        left = _percent(at_ms, total_ms)
        steps.append(
            Step(
                name="Generation",
                outcome=f"{generation.tokens_completion} tokens",
                is_good=True,
                took_ms=generating_ms,
                left=left,
                width=100.0 - left,
            )
        )
    return LogView(
        generation=generation,
        key_name=key_name,
        steps=steps,
        total_ms=total_ms,
        tokens_per_second=_speed(generation),
    )


def _query(account_id: str, given: Mapping[str, str], now_ms: int) -> ListQuery:
    """One more than a page, to know whether there is another. What is unknown does not filter."""
    span = SPANS_MS.get(given.get("since", ""))
    after = _CURSOR.fullmatch(given.get("before", ""))
    return ListQuery(
        account_id=account_id,
        limit=PAGE + 1,
        key_hash=given.get("api_key_hash"),
        model=given.get("model"),
        status=next((status for status in STATUSES if status == given.get("status")), None),
        since_ms=None if span is None else now_ms - span[1],
        before=None if after is None else Cursor(int(after[1]), after[2]),
    )


def _older(given: Mapping[str, str], rows: list[Generation]) -> str | None:
    if len(rows) <= PAGE:
        return None
    last = rows[PAGE - 1]
    return f"/logs?{urlencode({**given, 'before': f'{last.created_at_ms}.{last.id}'})}"


def _speed(generation: Generation) -> float | None:
    took_ms = generation.generation_time_ms
    if not took_ms or not generation.tokens_completion:
        return None
    return 1000.0 * generation.tokens_completion / took_ms


def _outcome(attempt: ProviderResponse) -> str:
    if attempt.outpaced:
        return "outpaced"  # another was asked beside it and spoke first
    return "no answer" if attempt.status is None else str(attempt.status)


def _percent(part: int, whole: int) -> float:
    return min(100.0, 100.0 * part / whole)
