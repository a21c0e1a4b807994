"""What happens when the database goes away and comes back (operating.md OP-44)."""

import asyncio
import sqlite3
from pathlib import Path

import pytest

from tests.databases import PostgresServer
from tests.records import a_row, books, open_account
from trunkline.billing.audit import audit
from trunkline.storage.database import open_database
from trunkline.storage.interface import StorageUnavailable
from trunkline.storage.schema import migrate


async def test_a_restarted_postgresql_is_connected_to_again(postgres: PostgresServer) -> None:
    url = postgres.new_database()
    name = url.rpartition("/")[2]
    database = open_database(url, pool_size=2)
    await database.start()
    await database.write(open_account)
    await database.read(books)
    lost = a_row()

    postgres.allow_connections(name, False)
    postgres.disconnect_everyone(name)
    with pytest.raises(StorageUnavailable, match="PostgreSQL database"):
        await database.settle(lost)
    with pytest.raises(StorageUnavailable):
        await database.settle(a_row())
    with pytest.raises(StorageUnavailable):
        await database.write(open_account, "user_late")
    with pytest.raises(StorageUnavailable):
        await database.check()

    postgres.allow_connections(name, True)
    await asyncio.gather(database.settle(lost), *(database.settle(a_row()) for _ in range(5)))
    await database.check()
    assert (await database.read(books))["generations"] == 6
    assert await database.read(audit) == []
    await database.close()


async def test_a_read_survives_the_loss_of_its_idle_connection(postgres: PostgresServer) -> None:
    url = postgres.new_database()
    database = open_database(url, pool_size=1)
    await database.start()
    await database.read(books)
    postgres.disconnect_everyone(url.rpartition("/")[2])
    assert (await database.read(books))["generations"] == 0
    await database.close()


async def test_a_locked_sqlite_file_is_waited_for_and_then_reported(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("trunkline.storage.engine.LOCK_WAIT_S", 0.05)
    path = tmp_path / "trunkline.db"
    migrate(f"sqlite:///{path}")
    database = open_database(f"sqlite:///{path}", pool_size=1)
    await database.start()
    await database.write(open_account)
    other = sqlite3.connect(path, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    with pytest.raises(StorageUnavailable, match="locked"):
        await database.settle(a_row())
    other.execute("ROLLBACK")
    other.close()
    await database.settle(a_row())
    assert (await database.read(books))["generations"] == 1
    await database.close()


async def test_an_unreachable_server_is_reported_without_credentials() -> None:
    database = open_database("postgresql://ruth:s3cr3t-word@127.0.0.1:1/trunkline", pool_size=1)
    with pytest.raises(StorageUnavailable) as raised:
        await database.start()
    assert "127.0.0.1" in str(raised.value)
    assert "s3cr3t-word" not in str(raised.value)


@pytest.mark.parametrize(
    ("url", "reason"),
    [
        ("mysql://localhost/x", "mysql"),
        ("sqlite://", "must name a file"),
        ("sqlite:///:memory:", "must name a file"),
        ("not a url", "not a URL"),
    ],
)
def test_an_unusable_url_says_what_to_use_instead(url: str, reason: str) -> None:
    with pytest.raises(StorageUnavailable, match=reason):
        open_database(url, pool_size=1)
