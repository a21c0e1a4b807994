"""A record whose `settle` returned survives `kill -9`, exactly once (operating.md OP-42)."""

import subprocess
import sys
from pathlib import Path

from sqlalchemy import select

from tests.records import books, open_account
from trunkline.billing.audit import audit
from trunkline.storage.database import SqlDatabase
from trunkline.storage.tables import generations

KILLS = 10
ANSWERS_BEFORE_KILL = 60

# Settles for ever from eight tasks, and says each id once it is durable; every fifth is settled twice.
CHILD = """
import asyncio, sys
from tests.records import a_row
from trunkline.storage.database import open_database

async def main():
    database = open_database(sys.argv[1], pool_size=1)
    await database.start()

    async def settle_on(number):
        count = 0
        while True:
            row = a_row(cost_nanousd=number + count % 7, key_hash=f"{number:064d}")
            await database.settle(row)
            sys.stdout.write(row.id + "\\n")
            sys.stdout.flush()
            if count % 5 == 0:
                await database.settle(row)
            count += 1

    await asyncio.gather(*(settle_on(number) for number in range(8)))

asyncio.run(main())
"""


def _run_until_killed(url: str) -> list[str]:
    """The ids that a child claims to be durable, after which it was killed in the middle of its work."""
    child = subprocess.Popen(
        [sys.executable, "-c", CHILD, url],
        stdout=subprocess.PIPE,
        text=True,
        cwd=Path(__file__).resolve().parents[2],
    )
    assert child.stdout is not None
    claimed = [child.stdout.readline().strip() for _ in range(ANSWERS_BEFORE_KILL)]
    child.kill()
    # What it wrote before it died but we had not read yet: the last line may be torn.
    rest = child.stdout.read().split("\n")
    child.stdout.close()
    child.wait()
    return claimed + rest[:-1]


async def test_every_answered_settlement_survives_kill_nine_exactly_once(
    database_url: str, database: SqlDatabase
) -> None:
    await database.write(open_account)
    claimed = [answer for _ in range(KILLS) for answer in _run_until_killed(database_url)]
    stored = await database.read(lambda connection: connection.execute(select(generations.c.id)).scalars().all())
    assert len(claimed) >= KILLS * ANSWERS_BEFORE_KILL
    assert len(set(claimed)) == len(claimed)
    assert set(claimed) <= set(stored)
    assert await database.read(audit) == []
    found = await database.read(books)
    assert found["generations"] == found["key requests"] == len(stored)
    assert found["account usage"] == found["key usage"] == -found["ledger"]
