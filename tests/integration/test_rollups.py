"""Rollups agree with the generations, whoever counts them and whenever he dies (docs/develop/decisions/0008)."""

import subprocess
import sys
from pathlib import Path

import pytest
from msgspec.structs import replace
from sqlalchemy import Connection, select, update

from tests.records import ACCOUNT, KEY, NOW_MS, a_generation, a_row, open_account
from tests.rollups import count_all, totals
from trunkline.billing.audit import audit
from trunkline.core.calendar import DAY_MS
from trunkline.core.clock import SystemClock
from trunkline.core.money import NanoUsd
from trunkline.generations.service import to_row
from trunkline.generations.types import Generation, ProviderResponse
from trunkline.statistics.counting import Counter, Overtaken, pending
from trunkline.statistics.follower import Follower
from trunkline.statistics.rebuild import recount_day, recountable_days
from trunkline.statistics.upkeep import drop_old
from trunkline.storage.database import SqlDatabase
from trunkline.storage.retention import prune_generations
from trunkline.storage.tables import (
    app_days,
    endpoint_days,
    endpoint_hours,
    endpoint_minutes,
    model_days,
    session_days,
    task_days,
    usage_days,
    usage_hours,
)

KILLS = 8
COUNTED_BEFORE_KILL = 3

# Settles for ever from four tasks while it counts what was settled; says each batch once it is counted.
CHILD = """
import asyncio, sys
from tests.records import a_row
from trunkline.core.clock import SystemClock
from trunkline.statistics.follower import Follower
from trunkline.storage.database import open_database

async def main():
    database = open_database(sys.argv[1], pool_size=2)
    await database.start()
    follower = Follower(database, SystemClock())

    async def settle_on(number):
        while True:
            await database.settle(a_row(cost_nanousd=number, key_hash=f"{number:064d}"))

    async def count_on():
        while True:
            if await follower.step():
                sys.stdout.write(f"{follower.counted}\\n")
                sys.stdout.flush()

    await asyncio.gather(*(settle_on(number) for number in range(4)), count_on())

asyncio.run(main())
"""

RESPONSE = ProviderResponse(provider_name="OpenAI", status=200, endpoint_id="e", model_permaslug="openai/gpt-5-0807")


def made(**changes: object) -> Generation:
    return replace(a_generation(), provider_responses=(RESPONSE,), **changes)


async def settled(database: SqlDatabase, *generations: Generation) -> None:
    await database.write(open_account)
    for generation in generations:
        await database.settle(to_row(generation))


def killed_while_counting(url: str) -> None:
    child = subprocess.Popen(
        [sys.executable, "-c", CHILD, url], stdout=subprocess.PIPE, cwd=Path(__file__).resolve().parents[2]
    )
    assert child.stdout is not None
    for _ in range(COUNTED_BEFORE_KILL):
        child.stdout.readline()
    child.kill()
    child.stdout.close()
    child.wait()


async def test_no_generation_is_lost_or_counted_twice_by_a_killed_process(
    database_url: str, database: SqlDatabase
) -> None:
    await database.write(open_account)
    for _ in range(KILLS):
        killed_while_counting(database_url)
    before = await database.read(totals)
    assert before["days"] >= KILLS * COUNTED_BEFORE_KILL
    await count_all(database)
    found = await database.read(totals)
    assert found["waiting"] == 0
    assert found["hours"] == found["days"] == found["keys"] > 0
    assert found["hours usage"] == found["days usage"] == found["keys usage"]


async def test_two_processes_never_count_the_same_batch(database: SqlDatabase) -> None:
    await settled(database, *(made() for _ in range(5)))
    first = await database.read(pending)
    second = await database.read(pending)
    await database.write(Counter().count, first, NOW_MS)
    with pytest.raises(Overtaken):
        await database.write(Counter().count, second, NOW_MS)
    assert (await database.read(totals))["days"] == 5


async def test_followers_side_by_side_count_everything_once(database: SqlDatabase) -> None:
    await settled(database, *(made() for _ in range(600)))
    followers = [Follower(database, SystemClock()) for _ in range(2)]
    for _ in range(6):
        for follower in followers:
            await follower.step()
    found = await database.read(totals)
    assert found["days"] == sum(follower.counted for follower in followers) == 600
    assert found["successes"] == 600


async def test_sums_are_by_day_key_app_workspace_and_endpoint(database: SqlDatabase) -> None:
    late = made(created_at_ms=NOW_MS // DAY_MS * DAY_MS - 1, native_tokens_prompt=7, native_tokens_completion=5)
    await settled(
        database,
        made(app_id=3, workspace_id="w", native_tokens_reasoning=2),
        made(app_id=3, workspace_id="w", status="failed", cost_nanousd=NanoUsd(0)),
        late,
    )
    await count_all(database)
    rows = await database.read(lambda c: c.execute(select(usage_days).order_by(usage_days.c.day)).mappings().all())
    assert [(row["day"] - NOW_MS // DAY_MS, row["app_id"], row["workspace_id"]) for row in rows] == [
        (-1, 0, ""), (0, 3, "w"),
    ]  # fmt: skip
    assert {row["key_hash"] for row in rows} == {KEY} and {row["account_id"] for row in rows} == {ACCOUNT}
    assert (rows[0]["prompt_tokens"], rows[0]["completion_tokens"], rows[0]["permaslug"]) == (7, 5, "openai/gpt-5-0807")
    today = rows[1]
    assert (today["generations"], today["requests"], today["failures"]) == (2, 1, 1)
    assert (today["reasoning_tokens"], today["usage_nanousd"], today["provider_name"]) == (2, 1_500, "OpenAI")


async def test_what_nobody_pays_is_in_no_public_sum(database: SqlDatabase) -> None:
    await settled(database, made(app_id=3, session_id="s", charged=False))
    await count_all(database)
    for table in (model_days, app_days, session_days):
        assert await database.read(lambda c, t=table: c.execute(select(t)).all()) == []
    assert (await database.read(totals))["days usage"] == 0


async def test_a_generation_that_is_gone_or_damaged_does_not_hold_up_the_others(database: SqlDatabase) -> None:
    damaged = a_row(record="{")
    await settled(database, made())
    await database.settle(damaged)
    assert await count_all(database) == 2
    found = await database.read(totals)
    assert (found["waiting"], found["days"]) == (0, 1)


async def test_counting_anew_gives_the_same_sums_and_mends_wrong_ones(database: SqlDatabase) -> None:
    made_days = [
        made(created_at_ms=NOW_MS - day * DAY_MS, app_id=3, session_id="s", task="math")
        for day in range(3)
        for _ in "ab"
    ]
    await settled(database, *made_days)
    await count_all(database)
    before = await database.read(everything)
    await database.write(lambda c: c.execute(update(usage_days).values(generations=99)) and None)
    assert [found.check for found in await database.read(audit)] == ["rollups by key and day"] * 3 + [
        "rollups by hour"
    ] * 3
    await database.settle(to_row(made_days[0]))  # settled before: changes nothing
    days = await database.read(recountable_days)
    assert len(days) == 3
    assert [await database.write(recount_day, day) for day in days] == [2, 2, 2]
    assert await database.read(audit_keys) == []  # what waits is known to the audit
    await count_all(database)
    assert await database.read(everything) == before
    assert await database.read(audit) == []


async def test_counting_anew_while_a_batch_is_being_counted_counts_it_once(database: SqlDatabase) -> None:
    await settled(database, made(), made())
    batch = await database.read(pending)
    await database.write(recount_day, NOW_MS // DAY_MS)
    await database.write(Counter().count, batch, NOW_MS)
    await count_all(database)
    assert (await database.read(totals))["days"] == 2


async def test_pruning_waits_for_what_is_not_counted(database: SqlDatabase) -> None:
    await settled(database, made(), made())
    tomorrow = NOW_MS // DAY_MS + 1
    assert await database.write(prune_generations, tomorrow, 10) == 0
    await count_all(database)
    assert await database.write(prune_generations, tomorrow, 10) == 2
    assert (await database.read(totals))["days"] == 2
    assert list(await database.read(recountable_days)) == []


async def test_old_hours_and_minutes_are_dropped_and_days_stay(database: SqlDatabase) -> None:
    await settled(database, made(session_id="s", app_id=3))
    await database.write(Counter().count, await database.read(pending), NOW_MS)
    minutes = await database.read(lambda c: c.execute(select(endpoint_minutes)).all())
    assert len(minutes) == 1
    await database.write(drop_old, NOW_MS + 100 * DAY_MS)
    found = await database.read(totals)
    assert (found["hours"], found["days"], found["successes"]) == (0, 1, 1)
    assert await database.read(lambda c: c.execute(select(endpoint_minutes)).all()) == []
    assert await database.read(lambda c: c.execute(select(session_days)).all()) == []


def everything(connection: Connection) -> list[list[tuple[object, ...]]]:
    """Every row of every rollup that can be counted anew."""
    tables = (usage_hours, usage_days, model_days, app_days, task_days, session_days, endpoint_hours, endpoint_days)
    return [sorted(tuple(row) for row in connection.execute(select(table))) for table in tables]


def audit_keys(connection: Connection) -> list[str]:
    return [found.check for found in audit(connection) if found.check == "rollups by key and day"]
