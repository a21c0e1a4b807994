"""Follows the settlements: counts what waits, a batch at a time, for as long as the process lives."""

import asyncio

import structlog

from trunkline.core.clock import Clock
from trunkline.statistics.counting import BATCH_MAX, Batch, Counter, Overtaken, pending
from trunkline.storage.interface import Database, StorageUnavailable

PAUSE_S = 1.0
"""Between two looks at an empty queue; pages are this far behind (site.md 26 allows ten seconds)."""

_log = structlog.get_logger("trunkline.statistics")


class Follower:
    """Counts for one process; any number of them share a database."""

    __slots__ = ("_clock", "_counter", "_database", "counted")

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock
        self._counter = Counter()
        self.counted = 0
        """Generations counted by this process."""

    async def run(self) -> None:
        """For ever. While the database is away nothing is lost: what is settled then waits in turn."""
        while True:
            try:
                more = await self.step() == BATCH_MAX
            except StorageUnavailable:
                more = False
            except Exception:  # noqa: BLE001 -- the boundary of a loop that must not end
                _log.exception("rollups cannot be written; the next look is in a second")
                more = False
            # After a full batch there is probably another one; settlements get their turn in between.
            await asyncio.sleep(0 if more else PAUSE_S)

    async def step(self) -> int:
        """Count one batch; how many generations it had. Raises StorageUnavailable and StorageRefused."""
        batch: Batch = await self._database.read(pending)
        if not batch.ids:
            return 0
        try:
            await self._database.write(self._counter.count, batch, self._clock.now_ms())
        except Overtaken:
            return BATCH_MAX  # another process is at it; look again
        self.counted += len(batch.ids)
        return len(batch.ids)

    async def catch_up(self) -> int:
        """Count until nothing waits; how many. Raises StorageUnavailable and StorageRefused."""
        before = self.counted
        while await self.step():
            pass
        return self.counted - before
