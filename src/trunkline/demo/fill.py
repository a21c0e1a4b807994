"""Filling an instance: the cast is made, then its generations are settled and counted as real ones are."""

import asyncio
from collections.abc import Callable
from itertools import islice

from sqlalchemy import Connection, select

from trunkline.billing import repository as ledger
from trunkline.billing.ledger import entry
from trunkline.catalog.types import Snapshot
from trunkline.core.calendar import DAY_MS
from trunkline.core.clock import Clock
from trunkline.core.money import NanoUsd
from trunkline.demo.cast import Caller, create_cast
from trunkline.demo.mark import DemoMark, read_mark, write_mark
from trunkline.demo.traffic import Traffic
from trunkline.generations.service import to_row
from trunkline.statistics.follower import Follower
from trunkline.storage.interface import Database
from trunkline.storage.tables import generations

BATCH = 256
"""Settled at once, as many as the writer commits together."""

Progress = Callable[[str, int, int], None]


class NotEmpty(Exception):
    """The instance has generations already; a demo among them could not be told apart in sums."""


async def fill(
    database: Database,
    snapshot: Snapshot,
    clock: Clock,
    account_id: str,
    *,
    days: int,
    count: int,
    seed: int,
    progress: Progress | None = None,
) -> DemoMark:
    """Give the account `count` generations of the last `days` days. Raises NotEmpty and StorageUnavailable."""
    now_ms = clock.now_ms()
    first_ms = now_ms - days * DAY_MS
    mark = DemoMark(seed=seed, days=days, filled_at_ms=now_ms)
    callers = await database.write(_prepare, account_id, mark, first_ms)
    made = Traffic(seed, snapshot, callers).generations(first_ms, now_ms - 60_000, count)
    follower = Follower(database, clock)
    spent = settled = 0
    while batch := list(islice(made, BATCH)):
        await asyncio.gather(*(database.settle(to_row(generation)) for generation in batch))
        await follower.step()
        spent += sum(generation.cost_nanousd for generation in batch)
        settled += len(batch)
        if progress is not None:
            progress("generations", settled, count)
    await follower.catch_up()
    await database.write(_grant, account_id, NanoUsd(spent), seed, now_ms)
    return mark


def _prepare(connection: Connection, account_id: str, mark: DemoMark, first_ms: int) -> list[Caller]:
    if read_mark(connection) is not None or connection.execute(select(generations.c.id).limit(1)).scalar() is not None:
        raise NotEmpty("this instance has generations already; a demo needs one of its own ($TRUNKLINE_HOME)")
    write_mark(connection, mark)
    return create_cast(connection, account_id, mark.seed, first_ms)


def _grant(connection: Connection, account_id: str, spent: NanoUsd, seed: int, now_ms: int) -> None:
    """What the demo spent is given, so that the account owes nothing for it."""
    if spent:
        given = entry(
            "grant",
            account_id=account_id,
            amount_nanousd=spent,
            at_ms=now_ms,
            reference=f"demo-{seed}",
            note="Demo: pays for made-up traffic",
        )
        ledger.add_entries(connection, [given])
