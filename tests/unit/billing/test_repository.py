"""Ledger entries in the database, on both databases (accounts-and-governance.md 4.1, 4.2)."""

import asyncio

import pytest

from tests.records import ACCOUNT, NOW_MS, a_row, open_account
from trunkline.billing import repository
from trunkline.billing.audit import audit
from trunkline.billing.ledger import entry
from trunkline.billing.types import Credits, EntryKind, LedgerEntry
from trunkline.core.money import NanoUsd
from trunkline.storage.database import SqlDatabase


@pytest.fixture
async def alices(database: SqlDatabase) -> SqlDatabase:
    await database.write(open_account)
    return database


def movement(kind: EntryKind, amount: int, reference: str) -> LedgerEntry:
    return entry(
        kind, account_id=ACCOUNT, amount_nanousd=NanoUsd(amount), at_ms=NOW_MS, reference=reference, note="because"
    )


async def test_credits_and_usage_are_summed_apart(alices: SqlDatabase) -> None:
    movements = [
        movement("purchase", 10_000, "p-1"),
        movement("grant", 5_000, "g-1"),
        movement("refund", -2_000, "r-1"),
        movement("data_discount", 10, "gen-y"),
        movement("adjustment", -1, "a-1"),
    ]
    assert await alices.write(repository.add_entries, movements) == 5
    await alices.settle(a_row(cost_nanousd=1_500))
    await alices.settle(a_row(id="gen-x", cost_nanousd=30, upstream_cost_nanousd=600, is_byok=True, credential_id="c"))
    assert await alices.read(repository.credits, ACCOUNT) == Credits(
        total_credits=NanoUsd(12_999), total_usage=NanoUsd(1_520)
    )
    assert await alices.read(audit) == []


async def test_a_duplicate_callback_credits_once(alices: SqlDatabase) -> None:
    callback = [movement("purchase", 10_000, "p-1")]
    booked = await asyncio.gather(*(alices.write(repository.add_entries, callback) for _ in range(5)))
    assert sorted(booked) == [0, 0, 0, 0, 1]
    assert (await alices.read(repository.credits, ACCOUNT)).total_credits == 10_000


async def test_an_unknown_account_has_zeros(database: SqlDatabase) -> None:
    assert await database.read(repository.credits, "user_nobody") == Credits(
        total_credits=NanoUsd(0), total_usage=NanoUsd(0)
    )


async def test_entries_are_listed_newest_first_with_the_balance_after_each(alices: SqlDatabase) -> None:
    amounts = [100, 20, 3, 4_000, 50_000]
    for number, amount in enumerate(amounts):
        await alices.write(repository.add_entries, [movement("grant", amount, f"g-{number}")])
    await alices.settle(a_row(cost_nanousd=7))
    await alices.write(open_account, "user_bob")
    await alices.settle(a_row(account_id="user_bob"))

    page = await alices.read(repository.list_entries, ACCOUNT, offset=0, limit=2)
    assert [(booked.entry.kind, booked.balance_nanousd) for booked in page] == [("usage", 54_116), ("grant", 54_123)]
    rest = await alices.read(repository.list_entries, ACCOUNT, offset=2, limit=50)
    assert [booked.balance_nanousd for booked in rest] == [4_123, 123, 120, 100]
    assert await alices.read(repository.count_entries, ACCOUNT) == 6
    assert await alices.read(repository.list_entries, ACCOUNT, offset=6, limit=50) == []
