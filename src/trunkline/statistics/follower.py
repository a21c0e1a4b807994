"""Follows the settlements: counts what waits, a batch at a time."""

from collections.abc import Callable, Iterable

from trunkline.core.clock import Clock
from trunkline.statistics.counting import BATCH_MAX, Batch, Counter, Overtaken, pending
from trunkline.statistics.outcomes import Attempt
from trunkline.storage.interface import Database

Note = Callable[[Iterable[tuple[int, Attempt]]], None]


class Follower:
    """Counts for one process; any number of them share a database."""

    __slots__ = ("_clock", "_counter", "_database", "_note", "counted")

    def __init__(self, database: Database, clock: Clock, note: Note | None = None) -> None:
        """`note` is told each attempt that was counted, with the time of its end."""
        self._database = database
        self._clock = clock
        self._note = note
        self._counter = Counter()
        self.counted = 0
        """Generations counted by this process."""

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
        if self._note is not None:
            self._note(batch.counted.attempts)
        return len(batch.ids)

    async def catch_up(self) -> int:
        """Count until nothing waits; how many. Raises StorageUnavailable and StorageRefused."""
        before = self.counted
        while await self.step():
            pass
        return self.counted - before
