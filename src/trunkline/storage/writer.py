"""The durable writer: one thread, one connection, everything that changes the database (operating.md OP-42).

It takes whatever has gathered, in order, as soon as it is free: a run of settlements becomes one transaction, a
write job has a transaction of its own. Everyone in a transaction is released together, by one wake-up of the event
loop. There is no interval to wait for and nothing to flush.
"""

import asyncio
from collections.abc import Callable, Sequence
from contextlib import suppress
from queue import SimpleQueue
from threading import Thread
from typing import Generic, Protocol, TypeVar

from sqlalchemy import URL, Connection
from sqlalchemy.exc import DBAPIError

from trunkline.storage.checkpoint import Checkpointer
from trunkline.storage.engine import DRIVER_ERRORS, is_away, open_engine, storage_error
from trunkline.storage.interface import GenerationRow, StorageRefused, StorageUnavailable
from trunkline.storage.settlement import SettlementStatements

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


class _AnyJob(Protocol):
    """A Job whatever its result is."""

    def run(self, connection: Connection) -> None: ...
    def fail(self, error: BaseException) -> None: ...
    def release(self) -> None: ...


_Item = Settlement | _AnyJob | None
"""None: the end."""


class Writer:
    """Start it inside the loop that awaits it; `stop` finishes everything handed in before."""

    __slots__ = (
        "_carried",
        "_checkpointer",
        "_connection",
        "_engine",
        "_loop",
        "_queue",
        "_room",
        "_statements",
        "_thread",
        "_url",
    )

    def __init__(self, url: URL) -> None:
        self._url = url
        self._engine = open_engine(url, "writer")
        self._statements = SettlementStatements(self._engine.dialect)
        is_sqlite = url.get_backend_name() == "sqlite"
        self._checkpointer = Checkpointer(url.database or "") if is_sqlite else None
        self._queue: SimpleQueue[_Item] = SimpleQueue()
        self._carried: _Item = None
        self._connection: Connection | None = None
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
        self._queue.put(None)
        await asyncio.to_thread(self._thread.join)
        if self._checkpointer is not None:
            await asyncio.to_thread(self._checkpointer.stop)

    async def settle(self, row: GenerationRow) -> None:
        """See `interface.Database.settle`."""
        await self._room.acquire()
        done = asyncio.get_running_loop().create_future()
        self._queue.put(Settlement(row, done))
        await done

    async def write(self, fn: Callable[[Connection], R]) -> R:
        """See `interface.Database.write`."""
        await self._room.acquire()
        done: asyncio.Future[R] = asyncio.get_running_loop().create_future()
        self._queue.put(Job(fn, done))
        return await done

    def _run(self) -> None:
        while (item := self._carried or self._queue.get()) is not None:
            self._carried = None
            if isinstance(item, Settlement):
                batch = self._gather(item)
                self._settle(batch)
                self._release(batch)
            else:
                self._perform(item)
                self._release((item,))
            if self._checkpointer is not None:
                self._checkpointer.committed()
        self._disconnect()

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
        for item in items:
            self._room.release()
            item.release()

    def _settle(self, batch: Sequence[Settlement]) -> None:
        """Make the batch durable, or leave in each settlement why it is not."""
        rows: dict[str, GenerationRow] = {}
        for settlement in batch:
            rows.setdefault(settlement.row.id, settlement.row)
        error: Exception | None = None
        try:
            if self._commit(list(rows.values())) or len(rows) == 1:
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

    def _commit(self, rows: Sequence[GenerationRow]) -> bool:
        """One transaction. False, and nothing written, when some row was settled before."""
        try:
            raw = self._connected().connection
            cursor = raw.cursor()
            if self._checkpointer is not None:  # SQLite, whose module begins no transaction by itself
                cursor.execute("BEGIN IMMEDIATE")
            fresh = self._statements.write_new(cursor, rows)
            cursor.close()
            if fresh:
                raw.commit()
            else:
                raw.rollback()
        except (*DRIVER_ERRORS, DBAPIError) as error:
            self._recover(error)
            raise storage_error(error, self._url) from error
        except (OverflowError, ValueError, TypeError) as error:
            self._recover(error)
            raise StorageRefused(f"a value cannot be stored: {error}") from error
        return fresh

    def _perform(self, job: _AnyJob) -> None:
        try:
            job.run(self._connected())
        except Exception as error:  # noqa: BLE001 -- it belongs to the one who awaits the job, whatever it is
            if is_away(error):
                self._recover(error)
                error = storage_error(error, self._url)
            job.fail(error)

    def _connected(self) -> Connection:
        if self._connection is None:
            self._connection = self._engine.connect()
        return self._connection

    def _recover(self, error: Exception) -> None:
        """After a failure: keep a sound connection, drop one that may be broken; the next batch opens another."""
        if self._connection is None:
            return
        try:
            self._connection.connection.rollback()
        except (*DRIVER_ERRORS, DBAPIError):
            self._disconnect()
            return
        if is_away(error):
            self._disconnect()

    def _disconnect(self) -> None:
        connection, self._connection = self._connection, None
        if connection is None:
            return
        try:
            connection.invalidate()
            connection.close()
        except (*DRIVER_ERRORS, DBAPIError):
            return  # it was broken already
