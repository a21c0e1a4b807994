"""What models are used for (routing-and-catalog.md 22.5): of the requests that were sorted into tasks."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Final, Literal

from msgspec import Struct
from sqlalchemy import Connection, func, select

from trunkline.storage.tables import task_days

WINDOW_DAYS: Final = 7
GENERATIONS_MIN: Final = 50
"""Fewer of a task say nothing about who is good at it (12.1)."""
OTHER: Final = "other"
"""What no task fits: in no share."""
MacroCategory = Literal["code", "data", "agent", "general"]
MACRO_CATEGORIES: Final[tuple[MacroCategory, ...]] = ("code", "data", "agent", "general")


class TaskUse(Struct, frozen=True):
    """A model's use for one task over a window."""

    task: str
    model: str
    requests: int
    tokens: int
    usage_nanousd: int


class RankedModel(Struct, frozen=True):
    """A model's place in the traffic of one task."""

    model_id: str
    average_cost_nanousd: int | None = None


def macro_category(task: str) -> MacroCategory:
    """`code:debugging` is code; what has no prefix is general."""
    match task.partition(":")[0]:
        case "code" | "data" | "agent" as prefix:
            return prefix
        case _:
            return "general"


def task_uses(connection: Connection, first_day: int, last_day: int) -> list[TaskUse]:
    """Each task and model of the window."""
    days = task_days.c
    rows = connection.execute(
        select(
            days.task,
            days.model,
            func.sum(days.requests),
            func.sum(days.prompt_tokens + days.completion_tokens),
            func.sum(days.usage_nanousd),
        )
        .where(days.day >= first_day, days.day <= last_day, days.task != OTHER)
        .group_by(days.task, days.model)
    )
    return [
        TaskUse(task, model, int(requests), int(tokens), int(spent)) for task, model, requests, tokens, spent in rows
    ]


def rankings_of(uses: Iterable[TaskUse]) -> Mapping[str, Sequence[RankedModel]]:
    """Models of each task by spend, of tasks with enough generations."""
    by_task: dict[str, list[TaskUse]] = {}
    for use in uses:
        by_task.setdefault(use.task, []).append(use)
    return {
        task: [RankedModel(use.model, use.usage_nanousd // max(1, use.requests)) for use in _by_spend(found)]
        for task, found in by_task.items()
        if sum(use.requests for use in found) >= GENERATIONS_MIN
    }


def _by_spend(found: Iterable[TaskUse]) -> list[TaskUse]:
    return sorted(found, key=lambda use: (-use.usage_nanousd, use.model))
