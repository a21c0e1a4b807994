"""A database that goes away and comes back, of either kind: the fixture `outage`, beside `database_url`.

PostgreSQL ends every connection and refuses new ones, as in a restart; of SQLite another process holds the write lock.
"""

import sqlite3
from collections.abc import Iterator

import pytest
from sqlalchemy import make_url

from tests.databases import PostgresServer


class Outage:
    """Of the database at one URL."""

    def __init__(self, url: str, server: PostgresServer | None) -> None:
        parsed = make_url(url)
        self._name = str(parsed.database)
        self._server = server
        self._lock: sqlite3.Connection | None = None

    def begin(self) -> None:
        if self._server is not None:
            self._server.allow_connections(self._name, False)
            self._server.disconnect_everyone(self._name)
            return
        self._lock = sqlite3.connect(self._name, isolation_level=None)
        self._lock.execute("BEGIN IMMEDIATE")

    def end(self) -> None:
        if self._server is not None:
            self._server.allow_connections(self._name, True)
        if self._lock is not None:
            self._lock.execute("ROLLBACK")
            self._lock.close()
            self._lock = None


@pytest.fixture
def outage(
    database_url: str, database_kind: str, request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Outage]:
    monkeypatch.setattr("trunkline.storage.engine.LOCK_WAIT_S", 0.05)
    monkeypatch.setattr("trunkline.storage.backlog.RETRY_S", 0.05)
    made = Outage(database_url, request.getfixturevalue("postgres") if database_kind == "postgresql" else None)
    yield made
    made.end()
