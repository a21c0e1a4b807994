"""Keys by hash from the database, one query at a time however many callers wait.

Whoever sends random keys causes a lookup for each. Waiting lookups gather and are read together, so a flood occupies
one connection and a bounded number of waiters, and the first requests after a start share their queries.
"""

import asyncio
from itertools import islice

from trunkline.accounts import repository
from trunkline.accounts.types import ApiKey
from trunkline.core.tasks import TaskSet
from trunkline.storage.interface import Database, StorageUnavailable

BATCH_MAX = 500
WAITING_MAX = 10_000


class KeyLookup:
    """`find` for the Directory. A lookup never joins a query that already runs: it could miss a change made since."""

    __slots__ = ("_database", "_reading", "_tasks", "_waiting")

    def __init__(self, database: Database, tasks: TaskSet) -> None:
        self._database = database
        self._tasks = tasks
        self._waiting: dict[str, asyncio.Future[ApiKey | None]] = {}
        self._reading = False

    async def find(self, key_hash: str) -> ApiKey | None:
        """The key, None when there is none. Raises StorageUnavailable when the database is away or too many wait."""
        answer = self._waiting.get(key_hash)
        if answer is None:
            if len(self._waiting) >= WAITING_MAX:
                raise StorageUnavailable(f"{WAITING_MAX} key lookups are waiting already")
            answer = self._waiting[key_hash] = asyncio.get_running_loop().create_future()
            if not self._reading:
                self._reading = True
                self._tasks.start(self._read_waiting(), "key lookup")
        return await asyncio.shield(answer)

    async def _read_waiting(self) -> None:
        try:
            while self._waiting:
                batch = dict(islice(self._waiting.items(), BATCH_MAX))
                for key_hash in batch:
                    del self._waiting[key_hash]
                await self._read(batch)
        finally:
            self._reading = False

    async def _read(self, batch: dict[str, asyncio.Future[ApiKey | None]]) -> None:
        try:
            keys = await self._database.read(repository.keys_by_hash, tuple(batch))
        except StorageUnavailable as unavailable:
            for answer in batch.values():
                answer.set_exception(unavailable)
        else:
            found = {key.hash: key for key in keys}
            for key_hash, answer in batch.items():
                answer.set_result(found.get(key_hash))
        finally:
            for answer in batch.values():
                if not answer.done():
                    answer.set_exception(StorageUnavailable("the key lookup was stopped"))
