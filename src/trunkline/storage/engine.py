"""Engines for the two databases, and what their errors mean (docs/develop/decisions/0003-storage.md).

Both are synchronous: SQLite through sqlite3, PostgreSQL through psycopg. A process has a write connection, used
by the writer's thread alone (on SQLite a second one, `short_way.py`), and a pool of read-only ones.
"""

import sqlite3
from pathlib import Path
from typing import Literal

import psycopg
from sqlalchemy import URL, Connection, Engine, NullPool, create_engine, event, make_url
from sqlalchemy.engine.interfaces import DBAPIConnection
from sqlalchemy.exc import ArgumentError, DBAPIError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from sqlalchemy.pool import ConnectionPoolEntry

from trunkline.storage.interface import StorageRefused, StorageUnavailable

Role = Literal["reader", "writer"]

LOCK_WAIT_S = 5.0
_CONNECT_TIMEOUT_S = 5
_POOL_WAIT_S = 10.0
# KiB of page cache for each SQLite connection. The writer keeps the right-hand edges of its indexes warm in it.
# The kernel caches the file anyway; this holds the upper pages of the indexes, twice for the writer (its thread, and
# the event loop's short way).
_CACHE_KIB: dict[Role, int] = {"reader": 4_096, "writer": 4_096}
# A commit of one record touches about nine pages, so SQLite's default of 1,000 would put a checkpoint (with its two
# fsyncs) behind every hundredth commit. The checkpointer copies pages beside the writer (storage/checkpoint.py); but
# the WAL begins anew only when all of it is copied, which under a steady load never happens by itself: so at 128 MiB
# the writer copies the rest, some 5 ms, once in thousands of commits. To keep the file's size spares growing it again.
_WAL_PAGES_MAX = 32_768
_WAL_BYTES_KEPT = 128 * 2**20
# A peer that vanished (no RST) is noticed after this, instead of after the kernel's quarter of an hour.
_PEER_TIMEOUT_MS = 10_000

_REFUSED = (
    sqlite3.IntegrityError,
    sqlite3.DataError,
    sqlite3.ProgrammingError,
    psycopg.IntegrityError,
    psycopg.DataError,
    psycopg.ProgrammingError,
)
DRIVER_ERRORS = (sqlite3.Error, psycopg.Error)


def parse_url(url: str) -> URL:
    """`sqlite:///path` or `postgresql://user:password@host/name` with the driver that we use.

    Raises StorageUnavailable when it is neither.
    """
    try:
        parsed = make_url(url)
    except ArgumentError:
        raise StorageUnavailable("database.url is not a URL; use sqlite:///path or postgresql://…") from None
    match parsed.get_backend_name():
        case "sqlite" if parsed.database not in (None, "", ":memory:"):
            return parsed.set(drivername="sqlite+pysqlite")
        case "sqlite":
            raise StorageUnavailable("database.url must name a file: sqlite:///path (memory outlives no process)")
        case "postgresql" | "postgres":
            return parsed.set(drivername="postgresql+psycopg")
        case other:
            raise StorageUnavailable(f"database.url has {other}://; only sqlite:/// and postgresql:// are supported")


def open_engine(url: URL, role: Role, *, pool_size: int = 1, lock_wait_s: float | None = None) -> Engine:
    """An engine whose connections are set up for `role`. Connects to nothing yet.

    `lock_wait_s`: how long SQLite waits while another connection writes, before it fails as "locked" (LOCK_WAIT_S).
    Raises StorageUnavailable when the folder of a SQLite file cannot be made.
    """
    if url.get_backend_name() == "sqlite":
        return _sqlite_engine(url, role, pool_size, LOCK_WAIT_S if lock_wait_s is None else lock_wait_s)
    return _postgresql_engine(url, role, pool_size)


def _sqlite_engine(url: URL, role: Role, pool_size: int, lock_wait_s: float) -> Engine:
    folder = Path(url.database or "").parent
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise StorageUnavailable(f"cannot make the folder {folder}: {error.strerror}") from error
    # isolation_level None: the module issues no BEGIN of its own; the "begin" event below does.
    arguments = {"isolation_level": None, "timeout": lock_wait_s, "check_same_thread": False}
    if role == "writer":
        engine = create_engine(url, poolclass=NullPool, connect_args=arguments)
    else:
        engine = create_engine(
            url, pool_size=pool_size, max_overflow=0, pool_timeout=_POOL_WAIT_S, connect_args=arguments
        )

    def set_up(connection: DBAPIConnection, _: ConnectionPoolEntry) -> None:
        cursor = connection.cursor()
        # NORMAL: a commit is in the kernel's hands and survives kill -9 (0004-durability.md about power cuts).
        # temp_store stays at its default, a file: `audit` sorts more than memory should hold.
        for pragma in (
            "journal_mode = WAL",
            "synchronous = NORMAL",
            f"cache_size = -{_CACHE_KIB[role]}",
            f"wal_autocheckpoint = {_WAL_PAGES_MAX}",
            f"journal_size_limit = {_WAL_BYTES_KEPT}",
            f"query_only = {int(role == 'reader')}",
        ):
            cursor.execute(f"PRAGMA {pragma}")
        cursor.close()

    # IMMEDIATE takes the write lock at once, so that a transaction never fails half way for having read too early.
    start = "BEGIN IMMEDIATE" if role == "writer" else "BEGIN"

    def begin(connection: Connection) -> None:
        connection.exec_driver_sql(start)

    event.listen(engine, "connect", set_up)
    event.listen(engine, "begin", begin)
    return engine


def _postgresql_engine(url: URL, role: Role, pool_size: int) -> Engine:
    arguments: dict[str, object] = {
        "connect_timeout": _CONNECT_TIMEOUT_S,
        "keepalives_idle": 10,
        "keepalives_interval": 5,
        "keepalives_count": 2,
        "tcp_user_timeout": _PEER_TIMEOUT_MS,
        "application_name": f"trunkline {role}",
    }
    if role == "writer":
        # A raw cursor sends `$1` statements as they are; the ordinary one parses long statements anew each time, which
        # costs a batch of settlements four times what it costs now.
        arguments["cursor_factory"] = psycopg.RawCursor
        return create_engine(url, poolclass=NullPool, connect_args=arguments, paramstyle="numeric_dollar")
    # A repository function may run several statements; they must see one state, as they do on SQLite.
    engine = create_engine(
        url,
        pool_size=pool_size,
        max_overflow=0,
        pool_timeout=_POOL_WAIT_S,
        connect_args=arguments,
        isolation_level="REPEATABLE READ",
    )
    return engine.execution_options(postgresql_readonly=True)


def storage_error(error: Exception, url: URL) -> StorageUnavailable | StorageRefused:
    """What a driver's error means for the caller: try again later, or never. Names no credential."""
    original = error.orig if isinstance(error, DBAPIError) else error
    reason = str(original).strip().partition("\n")[0]
    if url.password:
        reason = reason.replace(str(url.password), "***")
    if isinstance(original, _REFUSED):
        return StorageRefused(f"the database refused a record: {reason}")
    return StorageUnavailable(f"{describe(url)} cannot be used: {reason}")


def describe(url: URL) -> str:
    """The database in words, without user and password."""
    if url.get_backend_name() == "sqlite":
        return f"SQLite file {url.database}"
    return f"PostgreSQL database {url.database or ''} at {url.host or 'the local socket'}"


def is_away(error: Exception) -> bool:
    """Whether `error` says that the database cannot be used at all, rather than that a statement was wrong."""
    if isinstance(error, PoolTimeout):
        return True
    original = error.orig if isinstance(error, DBAPIError) else error
    return isinstance(original, DRIVER_ERRORS) and not isinstance(original, _REFUSED)
