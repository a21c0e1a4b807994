"""A database that is only looked at: no migration, no writer, no event loop. For commands that compute from it."""

from collections.abc import Callable, Generator
from contextlib import contextmanager
from pathlib import Path
from typing import Concatenate, ParamSpec, TypeVar

from sqlalchemy import URL, Connection, Engine
from sqlalchemy.exc import DBAPIError

from trunkline.storage.engine import describe, is_away, open_engine, parse_url, storage_error
from trunkline.storage.interface import StorageUnavailable
from trunkline.storage.schema import require_current

P = ParamSpec("P")
R = TypeVar("R")


class Reader:
    """Runs repository functions, each in a read transaction of its own, on one connection."""

    __slots__ = ("_engine", "_url")

    def __init__(self, engine: Engine, url: URL) -> None:
        self._engine = engine
        self._url = url

    def read(self, fn: Callable[Concatenate[Connection, P], R], *args: P.args, **kwargs: P.kwargs) -> R:
        """Raises StorageUnavailable, or whatever `fn` raises."""
        try:
            with self._engine.connect() as connection, connection.begin():
                return fn(connection, *args, **kwargs)
        except DBAPIError as error:
            if not is_away(error):
                raise
            raise storage_error(error, self._url) from error


@contextmanager
def open_reader(url: str) -> Generator[Reader]:
    """The database at `url`, which may be in use, to be read and never written.

    Raises StorageUnavailable when it is away or not there, or has another version's schema.
    """
    parsed = parse_url(url)
    if parsed.get_backend_name() == "sqlite" and not Path(parsed.database or "").is_file():
        raise StorageUnavailable(f"{describe(parsed)} is not there")
    engine = open_engine(parsed, "reader")
    try:
        reader = Reader(engine, parsed)
        reader.read(require_current, parsed)
        yield reader
    finally:
        engine.dispose()
