"""The instance's own traffic of a task, as the auto router asks for it (routing-and-catalog.md 12.1)."""

from collections.abc import Sequence

from trunkline.routing.routers.context import RankedModel
from trunkline.statistics.service import StatisticsService


class MeasuredTasks:
    """TaskRankings from the rollups of all processes, at most a minute old."""

    __slots__ = ("_statistics",)

    def __init__(self, statistics: StatisticsService) -> None:
        self._statistics = statistics

    def ranking(self, task: str) -> Sequence[RankedModel]:
        """See `TaskRankings.ranking`."""
        found = self._statistics.task_rankings.get(task, ())
        return [RankedModel(model.model_id, model.average_cost_nanousd) for model in found]
