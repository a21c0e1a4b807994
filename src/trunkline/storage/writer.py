"""The durable writer: everything that changes the database, in order (operating.md OP-42).

What was settled in one turn of the event loop becomes one transaction. On SQLite the loop commits it itself when the
writer's thread is idle (`short_way.py`); otherwise, and for every write job, the thread does. It takes whatever has
gathered as soon as it is free: a run of settlements is one transaction, a job has one of its own. Everyone in a
transaction is released together. There is no interval to wait for and nothing to flush.
"""

import asyncio
from collections.abc import Callable, Sequence
from contextlib import suppress
from queue import SimpleQueue
from threading import Thread
from typing import Generic, Protocol, TypeVar

from sqlalchemy import URL, Connection

from trunkline.storage.checkpoint import Checkpointer
from trunkline.storage.committer import Committer, Work
from trunkline.storage.engine import open_engine
from trunkline.storage.interface import GenerationRow, StorageRefused, StorageUnavailable
from trunkline.storage.settlement import SettlementStatements
from trunkline.storage.short_way import ShortWay

R = TypeVar("R")

BATCH_MAX = 256
"""Settlements in one transaction: enough to amortise a slow commit, few enough to bound its time."""
QUEUE_MAX = 4_096
"""Settlements and jobs that wait; beyond it the callers wait (about 10 MB of records)."""


class Settlement:
    """A record on its way, and who waits for it."""

    __slots__ = ("done", "error", "row")

    def __init__(self, row: GenerationRow, done: "asyncio.Future[None]") -> None:
        self.row = row
        self.done = done
        self.error: Exception | None = None

    def release(self) -> None:
        """Tell the one who waits. Runs on the event loop."""
        if self.done.done():
            return  # cancelled meanwhile; the record is durable all the same
        if self.error is None:
            self.done.set_result(None)
        else:
            self.done.set_exception(self.error)


class Job(Generic[R]):
    """A repository function in a transaction of its own, and who waits for its result."""

    __slots__ = ("_deliver", "_done", "_fn")

    def __init__(self, fn: Callable[[Connection], R], done: "asyncio.Future[R]") -> None:
        self._fn = fn
        self._done = done
        self._deliver: Callable[[], object] = done.cancel

    def run(self, connection: Connection) -> None:
        """Run and commit. Raises what the function or the database raises."""
        with connection.begin():
            result = self._fn(connection)
        self._deliver = lambda: self._done.set_result(result)

    def fail(self, error: BaseException) -> None:
        """Remember what went wrong for the one who waits."""
        self._deliver = lambda: self._done.set_exception(error)

    def release(self) -> None:
        """Tell the one who waits. Runs on the event loop."""
        if not self._done.done():
            self._deliver()


class _AnyJob(Work, Protocol):
    """A Job whatever its result is."""

    def release(self) -> None: ...


_Item = Settlement | _AnyJob | None
"""None: the end."""


class Writer:
    """Start it inside the loop that awaits it; `stop` finishes everything handed in before."""

    __slots__ = (
        "_carried",
        "_checkpointer",
        "_committer",
        "_gathered",
        "_in_thread",
        "_loop",
        "_queue",
        "_room",
        "_short_way",
        "_statements",
        "_thread",
    )

    def __init__(self, url: URL) -> None:
        engine = open_engine(url, "writer")
        self._statements = SettlementStatements(engine.dialect)
        self._committer = Committer(url, engine, self._statements)
        is_sqlite = url.get_backend_name() == "sqlite"
        self._checkpointer = Checkpointer(url.database or "") if is_sqlite else None
        self._short_way = ShortWay(url, self._statements) if is_sqlite else None
        self._gathered: list[Settlement] = []
        """Settled in this turn of the event loop."""
        self._in_thread = 0
        """Settlements and jobs that the thread has, or whose release has not reached the event loop."""
        self._queue: SimpleQueue[_Item] = SimpleQueue()
        self._carried: _Item = None
        self._room = asyncio.Semaphore(QUEUE_MAX)
        self._loop: asyncio.AbstractEventLoop | None = None
        self._thread = Thread(target=self._run, name="trunkline-writer", daemon=True)

    def start(self) -> None:
        """Begin to work for the running event loop."""
        self._loop = asyncio.get_running_loop()
        if self._checkpointer is not None:
            self._checkpointer.start()
        self._thread.start()

    async def stop(self) -> None:
        """Write everything that was handed in, then end the thread and its connection."""
        self._dispatch(before_a_job=True)
        self._queue.put(None)
        await asyncio.to_thread(self._thread.join)
        if self._short_way is not None:
            self._short_way.close()
        if self._checkpointer is not None:
            await asyncio.to_thread(self._checkpointer.stop)

    async def settle(self, row: GenerationRow) -> None:
        """See `interface.Database.settle`."""
        await self._room.acquire()
        loop = asyncio.get_running_loop()
        done = loop.create_future()
        self._gathered.append(Settlement(row, done))
        if len(self._gathered) == 1:
            loop.call_soon(self._dispatch)
        await done

    async def write(self, fn: Callable[[Connection], R]) -> R:
        """See `interface.Database.write`."""
        await self._room.acquire()
        self._dispatch(before_a_job=True)  # what came before goes before
        done: asyncio.Future[R] = asyncio.get_running_loop().create_future()
        self._in_thread += 1
        self._queue.put(Job(fn, done))
        return await done

    def _dispatch(self, *, before_a_job: bool = False) -> None:
        """Commit what has gathered, or hand it to the thread. Runs on the event loop.

        While the thread works, it is left to gather: the thread could only begin when it is done, and then the loop
        commits it sooner. `before_a_job`: it must be in the thread's hands now, because a job follows.
        """
        if not self._gathered or (self._short_way is not None and self._in_thread and not before_a_job):
            return
        batch, self._gathered = self._gathered, []
        # Nothing is in the thread: so nothing is overtaken, and nobody else uses the statements.
        if self._short_way is not None and self._in_thread == 0 and self._short_way.commit([s.row for s in batch]):
            if self._checkpointer is not None:
                self._checkpointer.committed()
            for settlement in batch:
                self._room.release()
                settlement.release()
            return
        self._in_thread += len(batch)
        for settlement in batch:
            self._queue.put(settlement)

    def _run(self) -> None:
        self._statements.prepare()
        while (item := self._carried or self._queue.get()) is not None:
            self._carried = None
            if isinstance(item, Settlement):
                batch = self._gather(item)
                self._settle(batch)
                self._release(batch)
            else:
                self._committer.perform(item)
                self._release((item,))
            if self._checkpointer is not None:
                self._checkpointer.committed()
        self._committer.disconnect()

    def _gather(self, first: Settlement) -> list[Settlement]:
        """`first` and the settlements that already wait behind it. What ends the run is carried to the next turn."""
        batch = [first]
        # This thread is the only reader of the queue: what it counted is there.
        for _ in range(min(self._queue.qsize(), BATCH_MAX - 1)):
            item = self._queue.get_nowait()
            if not isinstance(item, Settlement):
                self._carried = item
                if item is None:
                    self._queue.put(None)
                break
            batch.append(item)
        return batch

    def _release(self, items: Sequence[Settlement | _AnyJob]) -> None:
        if self._loop is None:
            return
        with suppress(RuntimeError):  # the loop is closed: nobody waits any more, but the rest is still written
            self._loop.call_soon_threadsafe(self._release_in_loop, items)

    def _release_in_loop(self, items: Sequence[Settlement | _AnyJob]) -> None:
        self._in_thread -= len(items)
        for item in items:
            self._room.release()
            item.release()
        if not self._in_thread:
            self._dispatch()

    def _settle(self, batch: Sequence[Settlement]) -> None:
        """Make the batch durable, or leave in each settlement why it is not."""
        rows: dict[str, GenerationRow] = {}
        for settlement in batch:
            rows.setdefault(settlement.row.id, settlement.row)
        error: Exception | None = None
        try:
            if self._committer.commit(list(rows.values())) or len(rows) == 1:
                return
        except StorageRefused as refused:
            error = refused
        except StorageUnavailable as unavailable:
            error = unavailable
        if isinstance(error, StorageUnavailable) or len(batch) == 1:
            for settlement in batch:
                settlement.error = error
            return
        # Something in it was settled before, or is refused: nobody else shall suffer for it.
        for settlement in batch:
            self._settle((settlement,))
