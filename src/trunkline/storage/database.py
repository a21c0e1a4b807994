"""The database as the rest of the program sees it: reads on a pool of threads, writes through the one writer.

Who opens it migrates first (`schema.migrate`); `start` refuses a schema that this program does not know.
"""

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Concatenate, ParamSpec, TypeVar

from sqlalchemy import URL, Connection, Engine, text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.exc import TimeoutError as PoolTimeout

from trunkline.storage.backlog import Backlog, JournalPlace, replay_dead
from trunkline.storage.engine import is_away, open_engine, parse_url, storage_error
from trunkline.storage.interface import GenerationRow, StorageUnavailable
from trunkline.storage.schema import require_current
from trunkline.storage.writer import Writer

P = ParamSpec("P")
R = TypeVar("R")


def open_database(url: str, *, pool_size: int, journal: JournalPlace | None = None) -> "SqlDatabase":
    """The database at `url` (`sqlite:///path`, `postgresql://…`). Connects to nothing before `start`.

    `pool_size`: how many reads may run at once, each on a thread and a connection of its own. `journal`: where
    settlements wait while the database is away; without one they fail.
    Raises StorageUnavailable when the URL is none of ours.
    """
    parsed = parse_url(url)
    return SqlDatabase(parsed, open_engine(parsed, "reader", pool_size=pool_size), pool_size, journal)


class SqlDatabase:
    """Implements `interface.Database` for SQLite and PostgreSQL. Belongs to the event loop that starts it."""

    __slots__ = ("_place", "_readers", "_threads", "_url", "_writer", "backlog")

    def __init__(self, url: URL, readers: Engine, pool_size: int, place: JournalPlace | None) -> None:
        self._url = url
        self._readers = readers
        self._threads = ThreadPoolExecutor(pool_size, thread_name_prefix="trunkline-reader")
        self._writer = Writer(url)
        self._place = place
        self.backlog: Backlog | None = None
        """What waits for the database; None before `start` and without a journal."""

    async def start(self) -> None:
        """Begin to serve, and settle first what dead processes left in their journals.

        Raises StorageUnavailable when the database is away or its schema is another one, OSError when there can be no
        journal.
        """
        self._writer.start()
        try:
            # Through the writer: the first connection to a SQLite file must be one that may create its WAL.
            await self.write(require_current, self._url)
            if self._place is not None:
                await replay_dead(self._place.home, self._writer.settle)
                self.backlog = Backlog(self._place, self._writer.settle)
        except BaseException:
            await self.close()
            raise

    async def close(self) -> None:
        """Finish every write that was asked for, then let go of all connections. Idempotent."""
        if self.backlog is not None:
            await self.backlog.stop_replaying()
        await self._writer.stop()
        await asyncio.to_thread(self._threads.shutdown)
        self._readers.dispose()
        backlog, self.backlog = self.backlog, None
        if backlog is not None:
            backlog.close()

    async def read(self, fn: Callable[Concatenate[Connection, P], R], *args: P.args, **kwargs: P.kwargs) -> R:
        """Run `fn` in a read transaction. Raises StorageUnavailable, or whatever `fn` raises."""
        bound = _bound(fn, *args, **kwargs)
        return await asyncio.get_running_loop().run_in_executor(self._threads, self._read, bound)

    async def write(self, fn: Callable[Concatenate[Connection, P], R], *args: P.args, **kwargs: P.kwargs) -> R:
        """Run `fn` in a transaction on the writer. Raises StorageUnavailable, or whatever `fn` raises.

        While settlements go to the journal it is refused at once: it would only hold up the attempts to replay.
        """
        self._require_present()
        return await self._writer.write(_bound(fn, *args, **kwargs))

    async def settle(self, row: GenerationRow) -> None:
        """See `interface.Database.settle`."""
        backlog = self.backlog
        if backlog is None:
            await self._writer.settle(row)
            return
        reason = backlog.away
        if reason is None:
            try:
                await self._writer.settle(row)
            except StorageUnavailable as unavailable:
                reason = str(unavailable)
            else:
                return
        backlog.keep(row, reason)

    @property
    def has_room(self) -> bool:
        """See `interface.Database.has_room`."""
        return self.backlog is None or self.backlog.has_room

    def is_waiting(self, account_id: str, generation_id: str) -> bool:
        """See `interface.Database.is_waiting`."""
        return self.backlog is not None and self.backlog.is_waiting(account_id, generation_id)

    async def check(self) -> None:
        """Raise StorageUnavailable unless the database answers and takes what is settled."""
        self._require_present()
        await self.read(_answer)

    async def barrier(self) -> None:
        """Return when every write asked for before this call is durable or has failed."""
        await self._writer.write(_answer)

    def _require_present(self) -> None:
        if self.backlog is not None and self.backlog.away is not None:
            raise StorageUnavailable(self.backlog.away)

    def _read(self, fn: Callable[[Connection], R]) -> R:
        try:
            try:
                return self._read_once(fn)
            except DBAPIError as error:
                if not error.connection_invalidated:
                    raise
                # The server ended an idle connection (restart, failover); a read may simply be asked again.
                return self._read_once(fn)
        except (DBAPIError, PoolTimeout) as error:
            if not is_away(error):
                raise
            raise storage_error(error, self._url) from error

    def _read_once(self, fn: Callable[[Connection], R]) -> R:
        with self._readers.connect() as connection, connection.begin():
            return fn(connection)


def _bound(fn: Callable[Concatenate[Connection, P], R], *args: P.args, **kwargs: P.kwargs) -> Callable[[Connection], R]:
    """`fn` with its arguments. A future cannot be given a StopIteration: whoever waits for it would wait for ever."""

    def bound(connection: Connection) -> R:
        try:
            return fn(connection, *args, **kwargs)
        except StopIteration as error:
            raise RuntimeError("StopIteration came out of a transaction.") from error

    return bound


def _answer(connection: Connection) -> None:
    connection.execute(text("SELECT 1"))
