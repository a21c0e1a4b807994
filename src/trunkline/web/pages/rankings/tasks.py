"""What models are used for: a tree of tasks with the models that did most of each (routing-and-catalog.md 22.5)."""

from collections.abc import Iterable

from msgspec import Struct

from trunkline.listing.rows import ListedModel
from trunkline.statistics.tasks import MACRO_CATEGORIES, MacroCategory, TaskUse, macro_category, task_uses
from trunkline.web.context import WebContext
from trunkline.web.pages.rankings.spans import Window

MODELS = 3


class Task(Struct, frozen=True, kw_only=True):
    """One task, its share of all that was sorted, and the models with the most tokens in it."""

    name: str
    tokens: int
    percent: float
    models: list[tuple[ListedModel | None, str, float]]
    """(model, its id, percent of the task)."""

    @property
    def title(self) -> str:
        return self.name.rpartition(":")[2].replace("_", " ")


class Branch(Struct, frozen=True):
    """Tasks of one kind, largest first."""

    kind: MacroCategory
    percent: float
    tasks: list[Task]


async def task_tree(context: WebContext, window: Window) -> list[Branch] | None:
    """As of now; None while the database is away."""
    uses = await context.tried(context.database.read(task_uses, window.first, window.today))
    if uses is None:
        return None
    rows = {row.model.id: row for row in context.rows()}
    total = sum(use.tokens for use in uses)
    names = {use.task for use in uses}
    tasks = [_task(name, [use for use in uses if use.task == name], total, rows) for name in names]
    branches = [
        _branch(kind, (task for task in tasks if macro_category(task.name) == kind)) for kind in MACRO_CATEGORIES
    ]
    return [branch for branch in branches if branch.tasks]


def _branch(kind: MacroCategory, tasks: Iterable[Task]) -> Branch:
    found = sorted(tasks, key=lambda task: (-task.tokens, task.name))
    return Branch(kind, sum(task.percent for task in found), found)


def _task(name: str, uses: list[TaskUse], total: int, rows: dict[str, ListedModel]) -> Task:
    tokens = sum(use.tokens for use in uses)
    first = sorted(uses, key=lambda use: (-use.tokens, use.model))[:MODELS]
    return Task(
        name=name,
        tokens=tokens,
        percent=100 * tokens / total if total else 0,
        models=[(rows.get(use.model), use.model, 100 * use.tokens / tokens if tokens else 0) for use in first],
    )
