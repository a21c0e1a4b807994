"""Settlements that the event loop commits itself, and those that it must not."""

import asyncio
import sqlite3
import threading
from collections.abc import AsyncGenerator
from pathlib import Path

import pytest
from sqlalchemy import Connection

from tests.records import a_row, books
from trunkline.storage import short_way
from trunkline.storage.database import SqlDatabase, open_database
from trunkline.storage.schema import migrate


@pytest.fixture
async def sqlite(tmp_path: Path) -> AsyncGenerator[SqlDatabase]:
    migrate(f"sqlite:///{tmp_path / 'trunkline.db'}")
    database = open_database(f"sqlite:///{tmp_path / 'trunkline.db'}", pool_size=1)
    await database.start()
    yield database
    await database.close()


def transactions(path: Path) -> int:
    """How many write transactions the file has seen, as SQLite counts them in the WAL: frames that end one."""
    wal = (path / "trunkline.db-wal").read_bytes()
    page_size = int.from_bytes(wal[8:12], "big")
    ends = range(32, len(wal), 24 + page_size)
    return sum(wal[at + 4 : at + 8] != b"\0\0\0\0" for at in ends)


async def test_settlements_of_one_turn_of_the_loop_are_one_transaction(sqlite: SqlDatabase, tmp_path: Path) -> None:
    await sqlite.settle(a_row())
    before = transactions(tmp_path)
    await asyncio.gather(*(sqlite.settle(a_row()) for _ in range(20)))
    assert transactions(tmp_path) == before + 1
    assert (await sqlite.read(books))["generations"] == 21


async def test_no_thread_takes_part(sqlite: SqlDatabase) -> None:
    turns = 0

    async def count_turns() -> None:
        nonlocal turns
        while True:
            turns += 1
            await asyncio.sleep(0)

    counting = asyncio.ensure_future(count_turns())
    await sqlite.settle(a_row())
    counting.cancel()
    assert turns <= 3


async def test_while_somebody_else_writes_the_loop_goes_on_and_the_record_follows(
    sqlite: SqlDatabase, tmp_path: Path
) -> None:
    other = sqlite3.connect(tmp_path / "trunkline.db", isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    settling = asyncio.ensure_future(sqlite.settle(a_row()))
    await asyncio.sleep(0.05)
    assert not settling.done()
    other.execute("ROLLBACK")
    other.close()
    await settling
    assert (await sqlite.read(books))["generations"] == 1


async def test_a_record_settled_twice_in_one_turn_counts_once(sqlite: SqlDatabase) -> None:
    row = a_row()
    await asyncio.gather(sqlite.settle(row), sqlite.settle(row), sqlite.settle(a_row()))
    await sqlite.settle(row)
    found = await sqlite.read(books)
    assert (found["generations"], found["ledger"]) == (2, -3_000)


async def test_a_write_sees_what_was_settled_before_it(sqlite: SqlDatabase) -> None:
    settling = asyncio.ensure_future(sqlite.settle(a_row()))
    await asyncio.sleep(0)
    assert (await sqlite.write(books))["generations"] == 1
    await settling


async def test_what_is_settled_while_the_thread_works_is_one_transaction_afterwards(
    sqlite: SqlDatabase, tmp_path: Path
) -> None:
    await sqlite.settle(a_row())
    before = transactions(tmp_path)
    begun, go_on = threading.Event(), threading.Event()

    def slow_job(connection: Connection) -> None:
        begun.set()
        go_on.wait(5)

    working = asyncio.ensure_future(sqlite.write(slow_job))
    while not begun.is_set():
        await asyncio.sleep(0.001)
    settling = [asyncio.ensure_future(sqlite.settle(a_row())) for _ in range(3)]
    await asyncio.sleep(0.01)
    settling += [asyncio.ensure_future(sqlite.settle(a_row())) for _ in range(3)]
    await asyncio.sleep(0.01)
    assert not any(one.done() for one in settling)
    go_on.set()
    await asyncio.gather(working, *settling)
    assert transactions(tmp_path) == before + 1, "the job wrote nothing"
    assert (await sqlite.read(books))["generations"] == 7


async def test_a_job_comes_after_what_gathered_behind_another_job(sqlite: SqlDatabase) -> None:
    begun, go_on = threading.Event(), threading.Event()

    def slow_job(connection: Connection) -> None:
        begun.set()
        go_on.wait(5)

    working = asyncio.ensure_future(sqlite.write(slow_job))
    while not begun.is_set():
        await asyncio.sleep(0.001)
    settling = asyncio.ensure_future(sqlite.settle(a_row()))
    await asyncio.sleep(0.01)
    counting = asyncio.ensure_future(sqlite.write(books))
    await asyncio.sleep(0.01)
    go_on.set()
    assert (await counting)["generations"] == 1
    await asyncio.gather(working, settling)


async def test_after_a_slow_commit_the_thread_takes_over(sqlite: SqlDatabase, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(short_way, "SLOW_S", 0.0)
    await sqlite.settle(a_row())
    way = sqlite._writer._short_way  # pyright: ignore[reportPrivateUsage] -- which way it took is what is tested
    assert way is not None
    assert not way.commit([a_row()])
    await sqlite.settle(a_row())
    assert (await sqlite.read(books))["generations"] == 2


async def test_what_was_handed_in_is_written_before_the_end(tmp_path: Path) -> None:
    migrate(f"sqlite:///{tmp_path / 'trunkline.db'}")
    database = open_database(f"sqlite:///{tmp_path / 'trunkline.db'}", pool_size=1)
    await database.start()
    settling = [asyncio.ensure_future(database.settle(a_row())) for _ in range(100)]
    await asyncio.sleep(0)
    await database.close()
    await asyncio.gather(*settling)
    with sqlite3.connect(tmp_path / "trunkline.db") as connection:
        assert connection.execute("SELECT count(*) FROM generations").fetchone() == (100,)
    connection.close()


async def test_one_slow_commit_is_forgiven_soon_and_several_are_not(
    sqlite: SqlDatabase, monkeypatch: pytest.MonkeyPatch
) -> None:
    way = sqlite._writer._short_way  # pyright: ignore[reportPrivateUsage] -- which way it took is what is tested
    assert way is not None
    monkeypatch.setattr(short_way, "SLOW_S", 0.0)
    assert way.commit([a_row()])
    assert not way.commit([a_row()])
    await asyncio.sleep(short_way.PAUSE_S_MIN * 1.1)
    assert way.commit([a_row()])
    monkeypatch.setattr(short_way, "SLOW_S", 10.0)
    await asyncio.sleep(short_way.PAUSE_S_MIN * 1.1)
    assert not way.commit([a_row()]), "the second pause is twice as long"
    await asyncio.sleep(short_way.PAUSE_S_MIN)
    assert way.commit([a_row()])
    assert way.commit([a_row()])
