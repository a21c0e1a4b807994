"""The audit names every difference (operating.md OP-34): each test breaks the books in one way."""

import asyncio

import pytest
from sqlalchemy import Connection, delete, insert, text, update

from tests.records import ACCOUNT, KEY, NOW_MS, a_row, open_account
from tests.rollups import count_all
from trunkline.billing.audit import Difference, audit
from trunkline.storage.database import SqlDatabase
from trunkline.storage.tables import accounts, credential_usage, generations, key_usage, ledger, usage_days

ROW = a_row(cost_nanousd=1_500)


@pytest.fixture
async def books(database: SqlDatabase) -> SqlDatabase:
    await database.write(open_account)
    await asyncio.gather(database.settle(ROW), *(database.settle(a_row()) for _ in range(5)))
    await count_all(database)
    assert await database.read(audit) == []
    return database


async def broken(books: SqlDatabase, statement: object) -> list[Difference]:
    def run(connection: Connection) -> None:
        connection.execute(statement)

    await books.write(run)
    return await books.read(audit)


async def test_an_edited_balance_is_found(books: SqlDatabase) -> None:
    (found,) = await broken(books, update(accounts).values(usage_nanousd=accounts.c.usage_nanousd + 1))
    assert (found.check, found.subject) == ("account sums", ACCOUNT)
    assert "usage $0.000009001" in found.message
    assert "$0.000009" in found.message


async def test_an_edited_key_day_is_found(books: SqlDatabase) -> None:
    key_day, rollup = await broken(books, update(key_usage).values(requests=7))
    assert (key_day.check, key_day.subject) == ("key usage", KEY)
    assert "7 requests" in key_day.message
    assert (rollup.check, rollup.subject) == ("rollups by key and day", KEY)


async def test_a_lost_key_day_is_found(books: SqlDatabase) -> None:
    found = await broken(books, delete(key_usage))
    assert [(one.check, one.subject) for one in found] == [("key usage", KEY), ("rollups by key and day", KEY)]


async def test_an_edited_rollup_is_found(books: SqlDatabase) -> None:
    by_key, by_hour = await broken(books, update(usage_days).values(usage_nanousd=7))
    assert (by_key.check, by_key.subject) == ("rollups by key and day", KEY)
    assert "usage $0.000000007" in by_key.message and "the key has $0.000009" in by_key.message
    assert (by_hour.check, by_hour.subject) == ("rollups by hour", ACCOUNT)


async def test_a_lost_ledger_entry_is_found_in_the_sums_and_at_its_generation(books: SqlDatabase) -> None:
    found = await broken(books, delete(ledger).where(ledger.c.reference == ROW.id))
    assert [(one.check, one.subject) for one in found] == [
        ("account sums", ACCOUNT),
        ("generations in the ledger", ROW.id),
    ]
    assert "missing" in found[1].message


async def test_an_entry_without_its_generation_is_found(books: SqlDatabase) -> None:
    found = await broken(books, delete(generations).where(generations.c.id == ROW.id))
    assert [(one.check, one.subject) for one in found] == [
        ("key usage", KEY),
        ("ledger entries for generations", ROW.id),
    ]


async def test_a_generation_billed_twice_is_found(books: SqlDatabase) -> None:
    again = {
        "key": "usage-again",
        "account_id": ACCOUNT,
        "at_ms": NOW_MS,
        "kind": "usage",
        "amount_nanousd": -1_500,
        "reference": ROW.id,
        "note": "",
    }
    found = await broken(books, insert(ledger).values(again))
    assert [(one.check, one.subject) for one in found] == [
        ("account sums", ACCOUNT),
        ("one usage entry for each generation", ROW.id),
    ]


async def test_entries_of_an_account_that_is_gone_are_found(books: SqlDatabase) -> None:
    (found,) = await broken(books, text("DELETE FROM accounts"))
    assert (found.check, found.subject) == ("account sums", ACCOUNT)


async def test_the_report_of_a_thoroughly_broken_ledger_is_bounded(
    books: SqlDatabase, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("trunkline.billing.audit.DIFFERENCES_MAX", 3)
    found = await broken(books, update(generations).values(cost_nanousd=1))
    assert sum(one.check == "generations in the ledger" for one in found) == 3


async def test_an_edited_day_of_an_own_provider_key_is_found(database: SqlDatabase) -> None:
    await database.write(open_account)
    row = a_row(cost_nanousd=50, upstream_cost_nanousd=1_000, is_byok=True, credential_id="credential-1")
    await database.settle(row)
    await count_all(database)
    assert await database.read(audit) == []
    (found,) = await broken(database, update(credential_usage).values(list_nanousd=999))
    assert (found.check, found.subject) == ("own provider keys' usage", "credential-1")
    assert "list price $0.000000999" in found.message
    assert "say $0.000001" in found.message


async def test_a_fee_that_is_booked_as_usage_is_found(database: SqlDatabase) -> None:
    await database.write(open_account)
    row = a_row(cost_nanousd=50, upstream_cost_nanousd=1_000, is_byok=True, credential_id="credential-1")
    await database.settle(row)
    await count_all(database)
    (found,) = await broken(database, update(ledger).values(kind="usage"))
    assert (found.check, found.subject) == ("generations in the ledger", row.id)
