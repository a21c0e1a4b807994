"""The queue in front of the writer's thread. What it writes: tests/integration/test_storage_settlement.py."""

import asyncio
from threading import Event

import pytest
from sqlalchemy import Connection

from tests.records import a_row, books
from trunkline.storage import writer
from trunkline.storage.database import SqlDatabase, open_database


async def test_beyond_the_bound_callers_wait_until_there_is_room(
    database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(writer, "QUEUE_MAX", 10)
    database = open_database(database_url, pool_size=1)
    await database.start()
    gate = Event()

    def block(_: Connection) -> None:
        gate.wait()

    blocking = asyncio.ensure_future(database.write(block))
    settling = [asyncio.ensure_future(database.settle(a_row())) for _ in range(50)]
    await asyncio.sleep(0.05)
    assert database._writer._queue.qsize() <= 10  # pyright: ignore[reportPrivateUsage] -- the bound is what is tested
    gate.set()
    await asyncio.gather(blocking, *settling)
    assert (await database.read(books))["generations"] == 50
    await database.close()


async def test_settlements_that_gathered_behind_a_job_are_one_transaction(database: SqlDatabase) -> None:
    gate = Event()

    def block(_: Connection) -> None:
        gate.wait()

    blocking = asyncio.ensure_future(database.write(block))
    await asyncio.sleep(0)
    settling = [asyncio.ensure_future(database.settle(a_row())) for _ in range(20)]
    await asyncio.sleep(0)
    gate.set()
    done, _ = await asyncio.wait(settling, return_when=asyncio.FIRST_COMPLETED)
    assert len(done) == 20
    await blocking
