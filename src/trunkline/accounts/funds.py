"""Balances and key spend, brought from the database into shared state, so that admission needs no SQL.

A balance is credits minus usage, and the two have different writers. Usage is written by settlements, which tell
shared state themselves once they are durable. Credits are written by people, in any process. Were the whole balance
read again after credits changed, settlements between disk and shared state would be counted twice (they are in the
rows, and still on their way to shared state), and those that wait in the journal lost. Therefore:

* an account's balance and a key's spend are read whole only while shared state does not know them: nothing of theirs
  can be on its way then, because admission needs shared state to know them first;
* afterwards only credits are read, and the difference to the credits that were applied before is added. No settlement
  touches that number, so it does not matter which of them are durable.

Applying a difference twice would double it, so loading and refreshing take turns, and one Funds object is the only one
that applies credits to its shared state.
"""

import asyncio

from sqlalchemy import Connection

from trunkline.accounts import repository
from trunkline.accounts.repository import AccountSums
from trunkline.core.money import NanoUsd
from trunkline.storage.interface import Database
from trunkline.storage.shared.interface import KeySpendDays, SharedState

ACCOUNTS_PER_QUERY = 500


class Funds:
    """Loads accounts and keys on first use, and credits whenever they changed."""

    __slots__ = ("_applied_credits", "_database", "_shared", "_turn")

    def __init__(self, database: Database, shared: SharedState) -> None:
        self._database = database
        self._shared = shared
        self._turn = asyncio.Lock()
        self._applied_credits: dict[str, NanoUsd] = {}

    async def load(self, account_id: str, key_hash: str) -> None:
        """Make shared state know both. Raises StorageUnavailable."""
        if await self._shared.knows(account_id, key_hash):
            return
        async with self._turn:
            if await self._shared.knows(account_id, key_hash):
                return
            sums, spend, own = await self._database.read(_read, account_id, key_hash)
            if await self._shared.balance(account_id) is None:
                balance = NanoUsd(sums.credits_nanousd - sums.usage_nanousd)
                await self._shared.load_account(account_id, balance)
                await self._shared.load_byok(account_id, own)
                self._applied_credits[account_id] = sums.credits_nanousd
            await self._shared.load_key(key_hash, spend)

    async def refresh_credits(self) -> None:
        """Add what was credited (or taken back) since, to every loaded account. Raises StorageUnavailable."""
        async with self._turn:
            loaded = list(self._applied_credits)
            for start in range(0, len(loaded), ACCOUNTS_PER_QUERY):
                chunk = loaded[start : start + ACCOUNTS_PER_QUERY]
                for account_id, sums in (await self._database.read(repository.account_sums, chunk)).items():
                    await self._apply_credits(account_id, sums.credits_nanousd)

    async def _apply_credits(self, account_id: str, credits_nanousd: NanoUsd) -> None:
        difference = credits_nanousd - self._applied_credits[account_id]
        balance = await self._shared.balance(account_id)
        if difference and balance is not None:
            await self._shared.load_account(account_id, NanoUsd(balance + difference))
            self._applied_credits[account_id] = credits_nanousd


def _read(connection: Connection, account_id: str, key_hash: str) -> tuple[AccountSums, KeySpendDays, KeySpendDays]:
    sums = repository.account_sums(connection, [account_id]).get(account_id, repository.NOTHING)
    return sums, repository.key_spend_days(connection, key_hash), repository.byok_days(connection, account_id)
