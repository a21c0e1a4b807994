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

from trunkline.storage.engine import is_away, open_engine, parse_url, storage_error
from trunkline.storage.interface import GenerationRow
from trunkline.storage.schema import require_current
from trunkline.storage.writer import Writer

P = ParamSpec("P")
R = TypeVar("R")


def open_database(url: str, *, pool_size: int) -> "SqlDatabase":
    """The database at `url` (`sqlite:///path`, `postgresql://…`). Connects to nothing before `start`.

    `pool_size`: how many reads may run at once, each on a thread and a connection of its own.
    Raises StorageUnavailable when the URL is none of ours.
    """
    parsed = parse_url(url)
    return SqlDatabase(parsed, open_engine(parsed, "reader", pool_size=pool_size), pool_size)


class SqlDatabase:
    """Implements `interface.Database` for SQLite and PostgreSQL. Belongs to the event loop that starts it."""

    __slots__ = ("_readers", "_threads", "_url", "_writer")

    def __init__(self, url: URL, readers: Engine, pool_size: int) -> None:
        self._url = url
        self._readers = readers
        self._threads = ThreadPoolExecutor(pool_size, thread_name_prefix="trunkline-reader")
        self._writer = Writer(url)

    async def start(self) -> None:
        """Begin to serve. Raises StorageUnavailable when the database is away or its schema is another one."""
        self._writer.start()
        try:
            # Through the writer: the first connection to a SQLite file must be one that may create its WAL.
            await self.write(require_current, self._url)
        except BaseException:
            await self.close()
            raise

    async def close(self) -> None:
        """Finish every write that was asked for, then let go of all connections."""
        await self._writer.stop()
        await asyncio.to_thread(self._threads.shutdown)
        self._readers.dispose()

    async def read(self, fn: Callable[Concatenate[Connection, P], R], *args: P.args, **kwargs: P.kwargs) -> R:
        """Run `fn` in a read transaction. Raises StorageUnavailable, or whatever `fn` raises."""

        def bound(connection: Connection) -> R:
            return fn(connection, *args, **kwargs)

        return await asyncio.get_running_loop().run_in_executor(self._threads, self._read, bound)

    async def write(self, fn: Callable[Concatenate[Connection, P], R], *args: P.args, **kwargs: P.kwargs) -> R:
        """Run `fn` in a transaction on the writer. Raises StorageUnavailable, or whatever `fn` raises."""

        def bound(connection: Connection) -> R:
            return fn(connection, *args, **kwargs)

        return await self._writer.write(bound)

    async def settle(self, row: GenerationRow) -> None:
        """See `interface.Database.settle`."""
        await self._writer.settle(row)

    async def check(self) -> None:
        """Raise StorageUnavailable unless the database answers."""
        await self.read(_answer)

    async def barrier(self) -> None:
        """Return when every write asked for before this call is durable or has failed."""
        await self._writer.write(_answer)

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


def _answer(connection: Connection) -> None:
    connection.execute(text("SELECT 1"))
