"""Backup and restore (operating.md OP-35).

A backup is a SQLite file with the schema of `tables.py`, whichever database it was taken from, and restores into
either. It is one consistent state of the database, taken while others write.
"""

import os
import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from tempfile import TemporaryDirectory

from sqlalchemy import URL, Connection, LargeBinary, Table, delete, func, insert, select, text
from sqlalchemy.exc import DBAPIError

from trunkline.storage.engine import describe, is_away, open_engine, parse_url, storage_error
from trunkline.storage.interface import StorageRefused
from trunkline.storage.schema import migrate, require_current
from trunkline.storage.tables import metadata

ROWS_AT_ONCE = 1_000
LARGE_ROWS_AT_ONCE = 8
"""Of tables with binary columns: a row may have megabytes (rooms/service.py)."""

Progress = Callable[[str, int, int], None]
"""Called with table, rows copied so far, rows in all: for a progress bar."""

Verify = Callable[[Connection], list[str]]
"""What is wrong with the restored books, in words; empty when nothing is (`billing.audit`)."""


def backup(url: str, target: Path, *, progress: Progress | None = None) -> None:
    """Write the database's state of this moment to `target`, readable by its owner only.

    Raises FileExistsError when there is such a file, StorageUnavailable when the database is away or not current.
    """
    if target.exists():
        raise FileExistsError(f"{target} exists; name a new file")
    parsed = parse_url(url)
    unfinished = target.with_name(f".{target.name}.unfinished")
    os.close(os.open(unfinished, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600))
    engine = open_engine(parsed, "reader")
    try:
        with engine.connect() as connection, connection.begin():
            require_current(connection, parsed)
            if connection.dialect.name == "sqlite":
                _copy_file(Path(parsed.database or ""), unfinished)
            else:
                _copy_into_file(connection, unfinished, progress)
        unfinished.rename(target)
    except DBAPIError as error:
        if not is_away(error):
            raise
        raise storage_error(error, parsed) from error
    finally:
        engine.dispose()
        for leftover in (unfinished, *_companions(unfinished)):
            leftover.unlink(missing_ok=True)


def restore(
    source: Path, url: str, *, verify: Verify, force: bool = False, progress: Progress | None = None
) -> dict[str, int]:
    """Fill the database at `url` from a backup, in one transaction; returns the rows of each table.

    A backup of an older version is migrated on the way (the file itself stays as it is). Raises FileNotFoundError,
    StorageRefused when the database has rows and `force` is not given, or when `verify` finds the books wrong; then
    the database is as it was before.
    """
    if not source.is_file():
        raise FileNotFoundError(f"no backup at {source}")
    migrate(url)
    parsed = parse_url(url)
    with TemporaryDirectory(dir=source.parent, prefix=".trunkline-restore-") as folder:
        copy = Path(folder) / "backup.db"
        _copy_file(source, copy)
        migrate(f"sqlite:///{copy}")
        reader, writer = open_engine(parse_url(f"sqlite:///{copy}"), "reader"), open_engine(parsed, "writer")
        try:
            with reader.connect() as origin, writer.connect() as goal, origin.begin(), goal.begin():
                _make_empty(goal, parsed, force=force)
                copied = {table.name: _copy_table(table, origin, goal, progress) for table in _tables()}
                _continue_numbering(goal)
                if wrong := verify(goal):
                    raise StorageRefused(f"{source} was not restored, its books are wrong: {wrong[0]}")
                return copied
        except DBAPIError as error:
            raise storage_error(error, parsed) from error
        finally:
            reader.dispose()
            writer.dispose()


def _copy_file(source: Path, target: Path) -> None:
    """SQLite's own online backup: all pages in one read transaction, WAL included; writers are not held up."""
    try:
        read_only = f"{source.absolute().as_uri()}?mode=ro"
        with closing(sqlite3.connect(read_only, uri=True)) as origin, closing(sqlite3.connect(target)) as goal:
            origin.backup(goal)
        _make_one_file(target)
    except sqlite3.Error as error:
        raise StorageRefused(f"{source} cannot be copied: {error}") from error


def _copy_into_file(origin: Connection, target: Path, progress: Progress | None) -> None:
    url = f"sqlite:///{target}"
    migrate(url)
    engine = open_engine(parse_url(url), "writer")
    try:
        with engine.begin() as goal:
            for table in _tables():
                _copy_table(table, origin, goal, progress)
    finally:
        engine.dispose()
    _make_one_file(target)


def _make_one_file(path: Path) -> None:
    """Leave nothing in a WAL beside it: a backup is one file that can be moved."""
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("PRAGMA journal_mode = DELETE")


def _copy_table(table: Table, origin: Connection, goal: Connection, progress: Progress | None) -> int:
    """Row by row through a cursor on the server's side: memory holds so many of them."""
    is_large = any(isinstance(column.type, LargeBinary) for column in table.columns)
    at_once = LARGE_ROWS_AT_ONCE if is_large else ROWS_AT_ONCE
    total = _count(origin, table)
    copied = 0
    rows = origin.execution_options(yield_per=at_once).execute(select(table)).mappings()
    for part in rows.partitions():
        goal.execute(insert(table), [dict(row) for row in part])
        copied += len(part)
        if progress is not None:
            progress(table.name, copied, total)
    return copied


def _make_empty(goal: Connection, url: URL, *, force: bool) -> None:
    filled = [table for table in _tables() if goal.execute(select(1).select_from(table).limit(1)).scalar() is not None]
    if filled and not force:
        names = ", ".join(table.name for table in filled)
        raise StorageRefused(f"{describe(url)} is not empty ({names}); use --force to replace what is in it")
    for table in filled:
        goal.execute(delete(table))


def _continue_numbering(goal: Connection) -> None:
    """PostgreSQL's sequences do not see the ids that were inserted; SQLite goes on after the largest by itself."""
    if goal.dialect.name != "postgresql":
        return
    for table in _tables():
        if (serial := table.autoincrement_column) is not None:
            largest = goal.execute(select(func.max(serial))).scalar()
            if largest is not None:
                goal.execute(
                    text("SELECT setval(pg_get_serial_sequence(:table, :column), :largest)"),
                    {"table": table.name, "column": serial.name, "largest": largest},
                )


def _count(connection: Connection, table: Table) -> int:
    return connection.execute(select(func.count()).select_from(table)).scalar_one()


def _tables() -> list[Table]:
    return metadata.sorted_tables


def _companions(path: Path) -> list[Path]:
    """What SQLite may leave beside a file."""
    return [path.with_name(path.name + suffix) for suffix in ("-wal", "-shm", "-journal")]
