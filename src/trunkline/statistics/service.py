"""The statistics of one process: counts what was settled, keeps what routing asks in memory, notes changed prices,
drops what is old."""

import asyncio
from collections.abc import Callable, Mapping, Sequence

import structlog

from trunkline.catalog.types import Snapshot
from trunkline.core.calendar import day_of
from trunkline.core.clock import Clock
from trunkline.statistics.counting import BATCH_MAX
from trunkline.statistics.endpoints import MeasuredEndpoints
from trunkline.statistics.follower import Follower
from trunkline.statistics.prices import record_prices
from trunkline.statistics.session_costs import due_cells, store_cells
from trunkline.statistics.tasks import WINDOW_DAYS, RankedModel, rankings_of, task_uses
from trunkline.statistics.upkeep import drop_old
from trunkline.storage.interface import Database, StorageUnavailable

PAUSE_S = 1.0
"""Between two looks at an empty queue; pages are this far behind (site.md 26 allows ten seconds)."""
RANKING_MS = 60_000
UPKEEP_MS = 3_600_000

_log = structlog.get_logger("trunkline.statistics")


class StatisticsService:
    """Made once by the composition root, which runs `run` for as long as the instance serves."""

    __slots__ = (
        "_clock",
        "_database",
        "_follower",
        "_priced",
        "_ranked_ms",
        "_snapshot",
        "_upkept_ms",
        "endpoints",
        "task_rankings",
    )

    def __init__(self, database: Database, clock: Clock, snapshot: Callable[[], Snapshot]) -> None:
        """`snapshot` gives the catalog of the moment, whose prices are kept when they change."""
        self._database = database
        self._clock = clock
        self._snapshot = snapshot
        self._priced: Snapshot | None = None
        self._upkept_ms = 0
        self._ranked_ms = 0
        self.task_rankings: Mapping[str, Sequence[RankedModel]] = {}
        """Models of each task by spend over the trailing seven days (routing-and-catalog.md 12.1)."""
        self.endpoints = MeasuredEndpoints(database, clock)
        """Implements `routing.types.EndpointStatistics`."""
        self._follower = Follower(database, clock, self.endpoints.note)

    @property
    def counted(self) -> int:
        """Generations that this process has counted."""
        return self._follower.counted

    async def run(self) -> None:
        """For ever. While the database is away nothing is lost: what is settled meanwhile waits in turn."""
        while True:
            more = False
            try:
                more = await self.step() == BATCH_MAX
            except StorageUnavailable:
                more = False
            except Exception:  # noqa: BLE001 -- the boundary of a loop that must not end
                _log.exception("statistics cannot be kept; the next try is in a second")
            # After a full batch there is probably another one; settlements get their turn in between.
            await asyncio.sleep(0 if more else PAUSE_S)

    async def step(self) -> int:
        """Everything that is due now; how many generations were counted. Raises StorageUnavailable."""
        counted = await self._follower.step()
        await self.endpoints.refresh()
        now_ms = self._clock.now_ms()
        if now_ms - self._ranked_ms >= RANKING_MS:
            self._ranked_ms = now_ms
            day = day_of(now_ms)
            self.task_rankings = rankings_of(await self._database.read(task_uses, day - WINDOW_DAYS + 1, day))
        if now_ms - self._upkept_ms >= UPKEEP_MS:
            self._upkept_ms = now_ms
            await self._database.write(drop_old, now_ms)
            self._priced = None  # announced changes of prices come into force without a new catalog
            if (cells := await self._database.read(due_cells, now_ms)) is not None:
                await self._database.write(store_cells, cells)
        if self._priced is not (snapshot := self._snapshot()):
            await self._database.write(record_prices, snapshot, now_ms)
            self._priced = snapshot
        return counted
