"""Backup while serving, and restore into either database (operating.md OP-35)."""

import asyncio
import stat
from pathlib import Path

import pytest
from sqlalchemy import Connection, select

from tests.databases import PostgresServer
from tests.records import ACCOUNT, NOW_MS, a_row, books, open_account
from trunkline.billing import repository
from trunkline.billing.audit import audit
from trunkline.billing.ledger import entry
from trunkline.core.money import NanoUsd
from trunkline.storage.backup import backup, restore
from trunkline.storage.database import SqlDatabase, open_database
from trunkline.storage.engine import open_engine, parse_url
from trunkline.storage.interface import StorageRefused
from trunkline.storage.schema import migrate
from trunkline.storage.tables import accounts, metadata


def verify(connection: Connection) -> list[str]:
    return [difference.message for difference in audit(connection)]


def every_row(connection: Connection) -> dict[str, list[tuple[object, ...]]]:
    return {
        table.name: sorted(map(tuple, connection.execute(select(table))), key=str) for table in metadata.tables.values()
    }


@pytest.fixture
async def filled(database: SqlDatabase) -> SqlDatabase:
    await database.write(open_account)
    grant = entry(
        "grant", account_id=ACCOUNT, amount_nanousd=NanoUsd(10**9), at_ms=NOW_MS, reference="g", note="welcome — ☃"
    )
    await database.write(repository.add_entries, [grant])
    await asyncio.gather(
        *(database.settle(a_row(charged=number % 3 > 0, created_at_ms=NOW_MS + number)) for number in range(2_500))
    )
    return database


@pytest.mark.parametrize("into", ["sqlite", "postgresql"])
async def test_a_backup_restores_into_either_database(
    filled: SqlDatabase, database_url: str, into: str, tmp_path: Path, postgres: PostgresServer
) -> None:
    file = tmp_path / "trunkline.backup"
    backup(database_url, file)
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    goal = postgres.new_database() if into == "postgresql" else f"sqlite:///{tmp_path / 'restored.db'}"
    copied = restore(file, goal, verify=verify)
    assert copied["generations"] == 2_500

    restored = open_database(goal, pool_size=1)
    await restored.start()
    assert await restored.read(every_row) == await filled.read(every_row)
    await restored.settle(a_row())  # numbering goes on behind the restored entries
    assert await restored.read(audit) == []
    await restored.close()
    assert sorted(path.name for path in tmp_path.iterdir() if path.name.startswith(".")) == []


async def test_a_backup_taken_while_serving_is_one_moment_of_the_books(
    filled: SqlDatabase, database_url: str, tmp_path: Path
) -> None:
    serving = True

    async def serve() -> None:
        while serving:
            await asyncio.gather(*(filled.settle(a_row()) for _ in range(20)))

    traffic = asyncio.ensure_future(serve())
    found: list[dict[str, int]] = []
    for number in range(3):
        file = tmp_path / f"backup-{number}"
        await asyncio.to_thread(backup, database_url, file)
        engine = open_engine(parse_url(f"sqlite:///{file}"), "reader")
        with engine.connect() as connection:
            assert verify(connection) == []
            found.append(books(connection))
        engine.dispose()
    serving = False
    await traffic
    counts = [one["generations"] for one in found]
    assert counts == sorted(set(counts))


async def test_a_database_with_rows_is_replaced_only_by_force(
    filled: SqlDatabase, database_url: str, tmp_path: Path
) -> None:
    file = tmp_path / "trunkline.backup"
    backup(database_url, file)
    await filled.settle(a_row())
    with pytest.raises(StorageRefused, match="--force"):
        restore(file, database_url, verify=verify)
    assert (await filled.read(books))["generations"] == 2_501
    restore(file, database_url, verify=verify, force=True)
    assert (await filled.read(books))["generations"] == 2_500


async def test_a_backup_whose_books_are_wrong_changes_nothing(
    filled: SqlDatabase, database_url: str, tmp_path: Path
) -> None:
    file = tmp_path / "trunkline.backup"
    backup(database_url, file)
    engine = open_engine(parse_url(f"sqlite:///{file}"), "writer")
    with engine.begin() as connection:
        connection.execute(accounts.update().values(credits_nanousd=1))
    engine.dispose()
    before = await filled.read(every_row)
    with pytest.raises(StorageRefused, match="books are wrong"):
        restore(file, database_url, verify=verify, force=True)
    assert await filled.read(every_row) == before


def test_an_existing_file_is_not_overwritten(database_url: str, tmp_path: Path) -> None:
    file = tmp_path / "precious"
    file.write_text("keep me")
    with pytest.raises(FileExistsError, match="precious"):
        backup(database_url, file)
    assert file.read_text() == "keep me"


def test_what_is_no_backup_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "letter.txt"
    file.write_text("Dear database,\n" * 500)
    goal = f"sqlite:///{tmp_path / 'goal.db'}"
    with pytest.raises(StorageRefused, match="letter"):
        restore(file, goal, verify=verify)
    with pytest.raises(FileNotFoundError, match="nowhere"):
        restore(tmp_path / "nowhere", goal, verify=verify)
    migrate(goal)
