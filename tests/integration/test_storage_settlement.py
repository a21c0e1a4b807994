"""The durable writer, on SQLite and on PostgreSQL (operating.md OP-42, accounts-and-governance.md LED-01..04)."""

import asyncio
import random

import pytest
from msgspec.structs import replace
from sqlalchemy import Connection, select, text

from tests.records import ACCOUNT, KEY, NOW_MS, a_row, books, open_account
from tests.rollups import count_all
from trunkline.billing.audit import audit
from trunkline.core.calendar import DAY_MS, day_of
from trunkline.storage.database import SqlDatabase, open_database
from trunkline.storage.interface import StorageRefused
from trunkline.storage.retention import prune_generations
from trunkline.storage.tables import generations, key_usage, ledger


@pytest.fixture
async def alices(database: SqlDatabase) -> SqlDatabase:
    await database.write(open_account)
    return database


async def test_a_settled_generation_is_in_all_four_places(alices: SqlDatabase) -> None:
    row = a_row()
    await alices.settle(row)
    entry = await alices.read(lambda connection: connection.execute(select(ledger)).one())
    assert (entry.key, entry.kind, entry.reference) == (f"usage:{row.id}", "usage", row.id)
    assert (entry.amount_nanousd, entry.account_id, entry.at_ms) == (-1_500, ACCOUNT, row.finished_at_ms)
    assert await alices.read(books) == {
        "generations": 1,
        "entries": 1,
        "ledger": -1_500,
        "account usage": 1_500,
        "key usage": 1_500,
        "key byok": 0,
        "key requests": 1,
    }


async def test_what_is_not_charged_or_costs_nothing_counts_as_a_request_without_an_entry(alices: SqlDatabase) -> None:
    await asyncio.gather(
        alices.settle(a_row(charged=False)),
        alices.settle(a_row(cost_nanousd=0)),
    )
    found = await alices.read(books)
    assert (found["generations"], found["entries"], found["key requests"]) == (2, 0, 2)
    assert found["account usage"] == found["key usage"] == 0
    assert await alices.read(audit) == []


async def test_byok_spend_is_counted_beside_the_credits(alices: SqlDatabase) -> None:
    await alices.settle(a_row(is_byok=True, cost_nanousd=75, upstream_cost_nanousd=1_500))
    found = await alices.read(books)
    assert (found["key usage"], found["key byok"], found["account usage"]) == (75, 1_500, 75)
    assert await alices.read(audit) == []


async def test_settling_the_same_generation_again_changes_nothing(alices: SqlDatabase) -> None:
    row = a_row()
    await alices.settle(row)
    before = await alices.read(books)
    await alices.settle(row)
    await alices.settle(replace(row, cost_nanousd=9_999))
    assert await alices.read(books) == before


async def test_settling_a_free_generation_again_counts_no_second_request(alices: SqlDatabase) -> None:
    row = a_row(cost_nanousd=0)
    await alices.settle(row)
    await asyncio.gather(alices.settle(row), alices.settle(a_row()))
    assert (await alices.read(books))["key requests"] == 2
    assert await alices.read(audit) == []


async def test_a_generation_twice_in_one_batch_counts_once(alices: SqlDatabase) -> None:
    row = a_row()
    await asyncio.gather(*(alices.settle(row) for _ in range(20)))
    found = await alices.read(books)
    assert (found["generations"], found["entries"], found["key requests"]) == (1, 1, 1)
    assert await alices.read(audit) == []


async def test_a_replayed_journal_with_old_and_new_records_counts_each_once(alices: SqlDatabase) -> None:
    dice = random.Random(7)
    rows = [a_row(cost_nanousd=dice.randrange(3_000), created_at_ms=NOW_MS + n * DAY_MS // 9) for n in range(150)]
    await asyncio.gather(*(alices.settle(row) for row in rows[:100]))
    replayed = rows + rows
    dice.shuffle(replayed)
    await asyncio.gather(*(alices.settle(row) for row in replayed))
    found = await alices.read(books)
    assert found["generations"] == found["key requests"] == 150
    assert found["account usage"] == found["key usage"] == -found["ledger"] == sum(row.cost_nanousd for row in rows)
    assert await alices.read(audit) == []


@pytest.mark.parametrize("size", [1, 2, 3, 7, 63, 64, 65, 300])
async def test_batches_of_every_size_are_written_whole(alices: SqlDatabase, size: int) -> None:
    rows = [a_row(created_at_ms=NOW_MS + n, model=f"m/{n}") for n in range(size)]
    await asyncio.gather(*(alices.settle(row) for row in rows))

    def stored(connection: Connection) -> list[tuple[str, str, int, str]]:
        columns = (generations.c.id, generations.c.model, generations.c.created_at_ms, generations.c.record)
        return [tuple(row) for row in connection.execute(select(*columns).order_by(generations.c.created_at_ms))]

    assert await alices.read(stored) == [(row.id, row.model, row.created_at_ms, row.record) for row in rows]


async def test_a_day_begins_at_midnight_utc(alices: SqlDatabase) -> None:
    midnight = NOW_MS - NOW_MS % DAY_MS
    await asyncio.gather(
        alices.settle(a_row(created_at_ms=midnight - 1)),
        alices.settle(a_row(created_at_ms=midnight)),
    )
    days = await alices.read(lambda connection: connection.execute(select(key_usage.c.day)).scalars().all())
    assert sorted(days) == [day_of(midnight) - 1, day_of(midnight)]


async def test_many_accounts_and_keys_in_one_batch_are_kept_apart(alices: SqlDatabase) -> None:
    others = [f"user_{n}" for n in range(30)]

    def open_others(connection: Connection) -> None:
        for account_id in others:
            open_account(connection, account_id)

    await alices.write(open_others)
    await asyncio.gather(
        *(
            alices.settle(a_row(account_id=account_id, key_hash=f"{n:064d}", cost_nanousd=n))
            for n, account_id in enumerate(others)
            for _ in range(3)
        )
    )
    assert await alices.read(audit) == []
    assert (await alices.read(books))["account usage"] == 3 * sum(range(30))


async def test_a_record_that_the_database_refuses_fails_alone(alices: SqlDatabase) -> None:
    bad = a_row(tokens_prompt=2**70)
    good = [a_row() for _ in range(10)]
    outcomes = await asyncio.gather(*(alices.settle(row) for row in [*good, bad]), return_exceptions=True)
    assert isinstance(outcomes[-1], StorageRefused)
    assert outcomes[:-1] == [None] * 10
    assert (await alices.read(books))["generations"] == 10


async def test_pruned_generations_are_not_billed_again_and_the_audit_understands(alices: SqlDatabase) -> None:
    old, young = a_row(created_at_ms=NOW_MS - 9 * DAY_MS, finished_at_ms=NOW_MS - 9 * DAY_MS), a_row()
    await alices.settle(old)
    await alices.settle(young)
    await count_all(alices)
    assert await alices.write(prune_generations, day_of(NOW_MS), 100) == 1
    assert await alices.read(audit) == []
    await alices.settle(old)
    found = await alices.read(books)
    assert (found["generations"], found["entries"], found["account usage"]) == (1, 2, 3_000)


async def test_writes_and_settlements_happen_in_the_order_they_were_asked_for(database: SqlDatabase) -> None:
    opening = asyncio.ensure_future(database.write(open_account))
    settling = asyncio.ensure_future(database.settle(a_row()))
    await asyncio.gather(opening, settling)
    assert (await database.read(books))["account usage"] == 1_500


async def test_a_failing_write_job_leaves_nothing_behind_and_tells_its_caller(alices: SqlDatabase) -> None:
    def half(connection: Connection) -> None:
        open_account(connection, "user_half")
        raise LookupError("on purpose")

    with pytest.raises(LookupError, match="on purpose"):
        await alices.write(half)
    await alices.settle(a_row())
    names = await alices.read(lambda connection: connection.execute(text("SELECT id FROM accounts")).scalars().all())
    assert names == [ACCOUNT]


async def test_readers_cannot_write(alices: SqlDatabase) -> None:
    with pytest.raises(Exception, match=r"read.?only|readonly"):
        await alices.read(open_account, "user_sneaky")


async def test_closing_writes_everything_that_was_handed_in(database_url: str) -> None:
    database = open_database(database_url, pool_size=2)
    await database.start()
    settling = [asyncio.ensure_future(database.settle(a_row())) for _ in range(500)]
    await asyncio.sleep(0)
    await database.close()
    await asyncio.gather(*settling)
    again = open_database(database_url, pool_size=2)
    await again.start()
    assert (await again.read(books))["generations"] == 500
    await again.close()


async def test_a_caller_who_gives_up_waiting_does_not_unwrite_the_record(alices: SqlDatabase) -> None:
    settling = asyncio.ensure_future(alices.settle(a_row(key_hash=KEY)))
    await asyncio.sleep(0)
    settling.cancel()
    await alices.barrier()
    assert (await alices.read(books))["generations"] == 1
