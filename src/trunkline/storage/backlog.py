"""Settlements that wait for the database: kept in the journal, replayed when it is back (operating.md OP-44).

Replaying is exactly once because settling is idempotent: a crash in the middle replays some records again, and they
change nothing. Records are independent of each other, so new settlements need not wait for old ones to be replayed.
"""

import asyncio
import os
from collections.abc import Awaitable, Callable
from pathlib import Path

import structlog
from msgspec import Struct

from trunkline.core.tasks import TaskSet
from trunkline.storage.interface import GenerationRow, StorageRefused, StorageUnavailable
from trunkline.storage.journal import Journal, Unreadable, await_turn, dead_journals, set_aside

RETRY_S = 1.0
"""Between two attempts to replay."""
BATCH_MAX = 64
"""Records replayed at once: a common commit, and decoding them holds the event loop up for less than a millisecond."""

Settle = Callable[[GenerationRow], Awaitable[None]]

_log = structlog.get_logger("trunkline.storage")


class JournalPlace(Struct, frozen=True):
    """Where journals are, and from which size on no new requests are taken."""

    home: Path
    bytes_max: int


class Backlog:
    """What this process has settled while the database was away. Belongs to one event loop."""

    __slots__ = (
        "_journal",
        "_offset",
        "_place",
        "_replaying",
        "_settle",
        "_stopped",
        "_tasks",
        "_waiting",
        "away",
        "replayed",
    )

    def __init__(self, place: JournalPlace, settle: Settle) -> None:
        """`settle` writes into the database, or raises. Raises OSError when there can be no journal."""
        self._place = place
        self._settle = settle
        self._journal = Journal.create(place.home)
        self._offset = 0
        self._waiting: dict[str, str] = {}
        self._tasks = TaskSet()
        self._replaying = False
        self._stopped = False
        self.away: str | None = None
        """Why the database cannot be used; None when it can. Somebody tries again while this is set."""
        self.replayed = 0
        """Records brought into the database since the start."""

    def __len__(self) -> int:
        """Records that wait."""
        return len(self._waiting)

    @property
    def size_bytes(self) -> int:
        """Of the journal."""
        return self._journal.size

    @property
    def has_room(self) -> bool:
        """Whether new requests may begin. Those that have begun are kept beyond the bound as well."""
        return self._journal.size < self._place.bytes_max

    def is_waiting(self, account_id: str, generation_id: str) -> bool:
        """Whether the account's generation is here and not yet in the database."""
        return self._waiting.get(generation_id) == account_id

    def keep(self, row: GenerationRow, reason: str) -> None:
        """Make the settlement durable without the database, which is away for `reason`.

        Raises StorageUnavailable when the disk does not take it either, StorageRefused when nothing ever will.
        """
        try:
            self._journal.append(row)
        except OSError as error:
            raise StorageUnavailable(f"{reason}; nor does the journal take records: {error.strerror}") from error
        self._waiting[row.id] = row.account_id
        self._note_away(reason)
        if not self._replaying and not self._stopped:
            self._replaying = True
            self._tasks.start(self._replay(), "journal replay")

    async def stop_replaying(self) -> None:
        """Try no more; records are still kept."""
        self._stopped = True
        await self._tasks.drain(timeout_s=0.0)

    def close(self) -> None:
        """Let go of the journal. What still waits is for the next start."""
        if self._waiting:
            _log.warning("records wait in the journal for the next start", count=len(self._waiting))
        self._journal.close()

    async def _replay(self) -> None:
        """Try until nothing waits any more."""
        before = self.replayed
        try:
            while self._offset < self._journal.size:
                try:
                    self._offset = await replay_batch(self._place.home, self._journal, self._offset, self._replayed)
                except (StorageUnavailable, OSError) as error:
                    self._note_away(str(error))
                    await asyncio.sleep(RETRY_S)
                else:
                    self.away = None
            self._journal.clear()
            self._offset = 0
            self._waiting.clear()
            _log.warning("the database is back: the journal is replayed", count=self.replayed - before)
        finally:
            self._replaying = False

    async def _replayed(self, row: GenerationRow) -> None:
        await self._settle(row)
        if self._waiting.pop(row.id, None) is not None:
            self.replayed += 1

    def _note_away(self, reason: str) -> None:
        if self.away is None:
            _log.warning("database away: records go to the journal", reason=reason)
        self.away = reason


async def replay_dead(home: Path, settle: Settle) -> int:
    """Settle what dead processes left in their journals; how many records. Raises StorageUnavailable, OSError."""
    turn = await asyncio.to_thread(await_turn, home)
    try:
        return sum([await _replay_whole(home, journal, settle) for journal in dead_journals(home)])
    finally:
        os.close(turn)


async def _replay_whole(home: Path, journal: Journal, settle: Settle) -> int:
    count = 0

    async def counted(row: GenerationRow) -> None:
        nonlocal count
        await settle(row)
        count += 1

    try:
        offset = 0
        while offset < journal.size:
            offset = await replay_batch(home, journal, offset, counted)
        journal.clear()
    finally:
        journal.close()
    return count


async def replay_batch(home: Path, journal: Journal, start: int, settle: Settle) -> int:
    """Settle the records from the byte `start` on; where the next ones begin.

    What the database refuses for good is set aside and blocks nobody. Raises StorageUnavailable when the database is
    away, OSError when nothing can be set aside; then the same batch is to be tried again.
    """
    entries = list(journal.entries(start, BATCH_MAX))
    outcomes = await asyncio.gather(*(_settled(entry.found, settle) for entry in entries))
    for entry, refusal in zip(entries, outcomes, strict=True):
        if refusal is not None:
            path = set_aside(home, entry.found, refusal)
            _log.error("a record of the journal was set aside", file=str(path), reason=refusal)
    return entries[-1].end


async def _settled(found: GenerationRow | Unreadable, settle: Settle) -> str | None:
    """None when the database has it, else why it never will."""
    if isinstance(found, Unreadable):
        return found.why
    try:
        await settle(found)
    except StorageRefused as refused:
        return str(refused)
    return None
