"""What a router chooses with, and what it answers."""

import random
from collections.abc import Callable, Sequence
from typing import Protocol

from msgspec import Struct

from trunkline.catalog.types import Model, Snapshot
from trunkline.routing.routers.settings import Prompt, RouterTables

CHOSEN_MAX = 3
"""A primary model and two fallbacks."""


class RankedModel(Struct, frozen=True):
    """A model's place in the instance's own traffic of one task."""

    model_id: str
    average_cost_nanousd: int | None = None
    """Of one generation; None: not measured."""


class TaskRankings(Protocol):
    """Which models the instance's users spend on for a kind of task."""

    def ranking(self, task: str) -> Sequence[RankedModel]:
        """By share of spend over the trailing seven days, largest first; empty below 50 generations."""
        ...


class NoRankings:
    """TaskRankings of an instance that keeps none."""

    def ranking(self, task: str) -> Sequence[RankedModel]:
        return ()


class RouterContext(Struct, frozen=True, kw_only=True):
    """Everything that the choice depends on."""

    snapshot: Snapshot
    tables: RouterTables
    rankings: TaskRankings
    prompt: Prompt
    serves: Callable[[Model], bool]
    """Whether the model can serve this request: filters, modalities, tools, length, policies."""
    is_free: Callable[[Model], bool]
    """Whether everything that would serve it costs nothing."""
    cost: Callable[[Model], int]
    """Price score of its cheapest endpoint for this prompt, atto-USD."""
    throughput: Callable[[Model], float | None]
    """The p50 of its fastest endpoint, tokens per second."""
    by_throughput: bool
    """`:nitro` was asked for."""
    remembered: str | None
    """Id of the model that this conversation was given last."""
    dice: random.Random


class Choice(Struct, frozen=True, kw_only=True):
    """The models to try, in order; none: nothing matches."""

    models: tuple[Model, ...]
    task_type: str | None = None
    transient_only: bool = False
    """The fallbacks are tried only after failures that time may heal."""
