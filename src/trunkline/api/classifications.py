"""`/classifications/task`: what models are used for, as shares of classified traffic (routing-and-catalog.md 22.5).

Classified are the requests whose task was guessed on their way, such as those of the auto router. Volumes are not told.
"""

from collections.abc import Sequence
from typing import Final, Literal

from msgspec import Struct
from starlette.requests import Request
from starlette.responses import Response

from trunkline.api.context import ControlPlane
from trunkline.api.operations import Endpoint, Operation, Parameter
from trunkline.api.public_data import ERRORS, admit
from trunkline.api.wire import json_response
from trunkline.core.calendar import date_text, day_of
from trunkline.listing.filters import choice
from trunkline.statistics.tasks import (
    MACRO_CATEGORIES,
    WINDOW_DAYS,
    MacroCategory,
    TaskUse,
    macro_category,
    task_uses,
)

MODELS_MAX: Final = 10
_LABELS: Final[dict[MacroCategory, str]] = {"code": "Code", "data": "Data", "agent": "Agent", "general": "General"}
_NAMES: Final = {"code:general_impl": "Code Generation", "data:sql": "SQL", "code:devops": "DevOps"}
"""Where the tag's own words would not do."""
_CACHED: Final = {"cache-control": "private, max-age=60, stale-while-revalidate=300"}


class ModelShare(Struct, frozen=True):
    """A model's part of one task."""

    id: str
    tag_usage_share: float
    tag_token_share: float


class TaskShare(Struct, frozen=True):
    """A task's part of everything, and of its macro-category."""

    tag: str
    display_name: str
    macro_category: MacroCategory
    usage_share: float
    token_share: float
    category_usage_share: float
    category_token_share: float
    models: list[ModelShare]


class MacroCategoryShare(Struct, frozen=True):
    """A macro-category's part of everything."""

    key: MacroCategory
    label: str
    usage_share: float
    token_share: float


class TaskClassification(Struct, frozen=True):
    """Tasks by requests, the most used first."""

    window_days: int
    as_of: str
    classifications: list[TaskShare]
    macro_categories: list[MacroCategoryShare]


class TaskClassificationResponse(Struct, frozen=True):
    """The trailing window."""

    data: TaskClassification


GET = Operation(
    method="GET",
    path="/classifications/task",
    id="getTaskClassifications",
    summary="Shares of traffic by task",
    tag="Classifications",
    parameters=(Parameter(name="window", type=Literal["7d"], description="Only `7d`"),),
    response=TaskClassificationResponse,
    errors=ERRORS,
)


class _Classifications:
    __slots__ = ("_context",)

    def __init__(self, context: ControlPlane) -> None:
        self._context = context

    async def get(self, request: Request) -> Response:
        """`GET /classifications/task`."""
        await admit(self._context, request)
        choice(request.query_params, "window", ("7d",))
        yesterday = day_of(self._context.clock.now_ms()) - 1
        uses = await self._context.database.read(task_uses, yesterday - WINDOW_DAYS + 1, yesterday)
        found = TaskClassification(WINDOW_DAYS, date_text(yesterday), _tasks(uses), _macro_categories(uses))
        response = json_response(TaskClassificationResponse(found))
        response.headers.update(_CACHED)
        return response


def endpoints(context: ControlPlane) -> list[Endpoint]:
    """The operations of this file with their handlers."""
    return [Endpoint(GET, _Classifications(context).get)]


def _tasks(uses: Sequence[TaskUse]) -> list[TaskShare]:
    """A row for each task."""
    rows: list[TaskShare] = []
    for task in dict.fromkeys(use.task for use in uses):
        own = [use for use in uses if use.task == task]
        category = macro_category(task)
        siblings = [use for use in uses if macro_category(use.task) == category]
        models = [ModelShare(use.model, *_shares([use], own)) for use in own]
        models.sort(key=lambda share: (-share.tag_usage_share, share.id))
        name = _NAMES.get(task) or task.rpartition(":")[2].replace("_", " ").title()
        shares = (*_shares(own, uses), *_shares(own, siblings))
        rows.append(TaskShare(task, name, category, *shares, models[:MODELS_MAX]))
    return sorted(rows, key=lambda row: (-row.usage_share, row.tag))


def _macro_categories(uses: Sequence[TaskUse]) -> list[MacroCategoryShare]:
    """Always the four."""
    return [
        MacroCategoryShare(key, _LABELS[key], *_shares([u for u in uses if macro_category(u.task) == key], uses))
        for key in MACRO_CATEGORIES
    ]


def _shares(part: Sequence[TaskUse], whole: Sequence[TaskUse]) -> tuple[float, float]:
    """(of requests, of tokens); 0 of nothing."""
    requests, tokens = sum(use.requests for use in whole), sum(use.tokens for use in whole)
    of_requests = sum(use.requests for use in part) / requests if requests else 0.0
    return of_requests, sum(use.tokens for use in part) / tokens if tokens else 0.0
