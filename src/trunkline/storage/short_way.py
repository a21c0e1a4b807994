"""Committing on the event loop itself: SQLite's commit is a write into the kernel's cache, 0.05 ms for a record.

Handing that to a thread costs several times as much, because every statement there gives up the interpreter lock and
must win it back from a busy event loop, which may take milliseconds. So the loop commits by itself whatever is small
and goes without waiting. All else takes the long way, the writer's thread: a database that somebody else is writing
to, a slow disk, rows that need a second look (settled before, refused).
"""

from collections.abc import Sequence
from time import perf_counter

from sqlalchemy import URL

from trunkline.storage.committer import Committer
from trunkline.storage.engine import open_engine
from trunkline.storage.interface import GenerationRow, StorageRefused, StorageUnavailable
from trunkline.storage.settlement import SettlementStatements

ROWS_MAX = 64
"""In one commit: about a millisecond of the loop's time."""
SLOW_S = 0.020
"""A commit that takes longer says that the disk or a checkpoint is in the way."""
PAUSE_S_MIN = 0.05
PAUSE_S_MAX = 1.0
"""After a slow or impossible commit, the long way is taken for a while; after each further one for twice as long."""


class ShortWay:
    """A connection of the event loop's own, which never waits for a lock."""

    __slots__ = ("_committer", "_not_before_s", "_pause_s")

    def __init__(self, url: URL, statements: SettlementStatements) -> None:
        self._committer = Committer(url, open_engine(url, "writer", lock_wait_s=0.0), statements)
        self._not_before_s = 0.0
        self._pause_s = PAUSE_S_MIN

    def commit(self, rows: Sequence[GenerationRow]) -> bool:
        """One transaction. False, and nothing written: take the long way, which also knows what to say."""
        began_s = perf_counter()
        if began_s < self._not_before_s or len(rows) > ROWS_MAX or len({row.id for row in rows}) < len(rows):
            return False
        try:
            done = self._committer.commit(rows)
        except (StorageUnavailable, StorageRefused):
            done = False
        ended_s = perf_counter()
        if done and ended_s - began_s <= SLOW_S:
            self._pause_s = PAUSE_S_MIN
        else:
            self._not_before_s = ended_s + self._pause_s
            self._pause_s = min(2 * self._pause_s, PAUSE_S_MAX)
        return done

    def close(self) -> None:
        """Let go of the connection."""
        self._committer.disconnect()
