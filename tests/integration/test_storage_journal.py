"""While the database is away settlements wait on disk, and reach it exactly once when it is back (OP-44)."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import msgspec
import pytest

from tests.outages import Outage
from tests.records import ACCOUNT, a_row, books, open_account
from trunkline.billing.audit import audit
from trunkline.storage.backlog import Backlog, JournalPlace
from trunkline.storage.database import SqlDatabase, open_database
from trunkline.storage.interface import StorageUnavailable


@pytest.fixture
async def journaled(database_url: str, outage: Outage, tmp_path: Path) -> AsyncIterator[SqlDatabase]:
    """A database that was opened with a journal, and has Alice's account."""
    opened = await open_journaled(database_url, tmp_path / "home")
    await opened.write(open_account)
    yield opened
    await opened.close()


async def open_journaled(url: str, home: Path) -> SqlDatabase:
    opened = open_database(url, pool_size=2, journal=JournalPlace(home, 4_000))
    await opened.start()
    return opened


def backlog_of(database: SqlDatabase) -> Backlog:
    assert database.backlog is not None
    return database.backlog


async def replayed(database: SqlDatabase) -> None:
    async with asyncio.timeout(10):
        while len(backlog_of(database)) or backlog_of(database).size_bytes:
            await asyncio.sleep(0.01)


async def test_settlements_of_an_outage_are_replayed_exactly_once(journaled: SqlDatabase, outage: Outage) -> None:
    before = a_row()
    await journaled.settle(before)
    outage.begin()
    rows = [a_row() for _ in range(200)]
    await asyncio.gather(*(journaled.settle(row) for row in rows))
    await journaled.settle(before)  # as if the answer to its commit had been lost
    backlog = backlog_of(journaled)
    assert len(backlog) == 201
    assert journaled.is_waiting(ACCOUNT, rows[0].id)
    assert not journaled.is_waiting("user_mallory", rows[0].id)
    with pytest.raises(StorageUnavailable):
        await journaled.check()
    with pytest.raises(StorageUnavailable):
        await journaled.write(open_account, "user_late")
    outage.end()
    await replayed(journaled)
    await journaled.settle(a_row())
    assert (await journaled.read(books))["generations"] == 202
    assert await journaled.read(audit) == []
    assert not journaled.is_waiting(ACCOUNT, rows[0].id)
    assert backlog.away is None
    assert backlog.replayed == 201
    await journaled.check()


async def test_two_outages_in_a_row_lose_nothing(journaled: SqlDatabase, outage: Outage) -> None:
    for _ in range(2):
        outage.begin()
        for _ in range(5):
            await journaled.settle(a_row())
        outage.end()
        await replayed(journaled)
    assert (await journaled.read(books))["generations"] == 10
    assert await journaled.read(audit) == []


async def test_there_is_room_until_the_bound_and_what_has_begun_is_kept_beyond_it(
    journaled: SqlDatabase, outage: Outage
) -> None:
    outage.begin()
    count = 0
    while journaled.has_room:
        await journaled.settle(a_row())
        count += 1
    assert count > 1
    await journaled.settle(a_row())
    outage.end()
    await replayed(journaled)
    assert journaled.has_room
    assert (await journaled.read(books))["generations"] == count + 1


async def test_a_record_that_is_refused_for_good_is_set_aside_and_holds_up_no_other(
    journaled: SqlDatabase, outage: Outage, tmp_path: Path
) -> None:
    outage.begin()
    await journaled.settle(a_row())
    hopeless = a_row(cost_nanousd=2**63)
    await journaled.settle(hopeless)
    await journaled.settle(a_row())
    outage.end()
    await replayed(journaled)
    assert (await journaled.read(books))["generations"] == 2
    assert await journaled.read(audit) == []
    (line,) = (tmp_path / "home" / "journal" / "refused.jsonl").read_bytes().splitlines()
    aside = msgspec.json.decode(line)
    assert aside["record"]["id"] == hopeless.id
    assert aside["reason"]


async def test_what_still_waits_at_the_end_is_settled_by_the_next_start(
    journaled: SqlDatabase, outage: Outage, database_url: str, tmp_path: Path
) -> None:
    outage.begin()
    rows = [a_row() for _ in range(100)]
    for row in rows:
        await journaled.settle(row)
    await journaled.close()
    with pytest.raises(StorageUnavailable):
        await open_journaled(database_url, tmp_path / "home")
    outage.end()
    successor = await open_journaled(database_url, tmp_path / "home")
    assert (await successor.read(books))["generations"] == len(rows)
    assert await successor.read(audit) == []
    await successor.close()
    assert list((tmp_path / "home" / "journal").iterdir()) == []


async def test_what_is_damaged_is_set_aside_and_the_rest_is_settled(
    journaled: SqlDatabase, outage: Outage, database_url: str, tmp_path: Path
) -> None:
    outage.begin()
    for _ in range(3):
        await journaled.settle(a_row())
    await journaled.close()
    (path,) = (tmp_path / "home" / "journal").glob("*.journal")
    content = path.read_bytes()
    path.write_bytes(content[:-10])
    outage.end()
    successor = await open_journaled(database_url, tmp_path / "home")
    assert (await successor.read(books))["generations"] == 2
    await successor.close()
    (line,) = (tmp_path / "home" / "journal" / "refused.jsonl").read_bytes().splitlines()
    assert "damaged" in msgspec.json.decode(line)["reason"]
