"""A write connection and what is done with it: one transaction for many settlements, or one for a job.

Belongs to one thread at a time. The connection is made when it is first needed, and again after it broke.
"""

from collections.abc import Sequence
from typing import Protocol

from sqlalchemy import URL, Connection, Engine
from sqlalchemy.exc import DBAPIError

from trunkline.storage.engine import DRIVER_ERRORS, is_away, storage_error
from trunkline.storage.interface import GenerationRow, StorageRefused
from trunkline.storage.settlement import SettlementStatements


class Work(Protocol):
    """A job whatever its result is."""

    def run(self, connection: Connection) -> None: ...
    def fail(self, error: BaseException) -> None: ...


class Committer:
    """See the module."""

    __slots__ = ("_connection", "_engine", "_is_sqlite", "_statements", "_url")

    def __init__(self, url: URL, engine: Engine, statements: SettlementStatements) -> None:
        self._url = url
        self._engine = engine
        self._statements = statements
        self._is_sqlite = url.get_backend_name() == "sqlite"
        self._connection: Connection | None = None

    def commit(self, rows: Sequence[GenerationRow]) -> bool:
        """One transaction. False, and nothing written, when some row was settled before.

        Raises StorageUnavailable and StorageRefused.
        """
        try:
            raw = self._connected().connection
            cursor = raw.cursor()
            if self._is_sqlite:  # whose module begins no transaction by itself
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

    def perform(self, job: Work) -> None:
        """Run a job; what it raises goes to the one who awaits it."""
        try:
            job.run(self._connected())
        except Exception as error:  # noqa: BLE001 -- it belongs to the one who awaits the job, whatever it is
            if is_away(error):
                self._recover(error)
                error = storage_error(error, self._url)
            job.fail(error)

    def disconnect(self) -> None:
        """Let go of the connection; the next use makes another."""
        connection, self._connection = self._connection, None
        if connection is None:
            return
        try:
            connection.invalidate()
            connection.close()
        except (*DRIVER_ERRORS, DBAPIError):
            return  # it was broken already

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
            self.disconnect()
            return
        if is_away(error):
            self.disconnect()
