"""Everything that is due, in one step after the other."""

from pathlib import Path

from msgspec.structs import replace
from sqlalchemy import func, select

from tests.fakes.clock import FakeClock
from tests.records import NOW_MS, a_generation, open_account
from tests.rollups import totals
from trunkline.catalog.snapshot import build_snapshot
from trunkline.core.calendar import DAY_MS
from trunkline.core.money import NanoUsd
from trunkline.gateway.task_rankings import MeasuredTasks
from trunkline.generations.service import to_row
from trunkline.settings import Settings
from trunkline.statistics.service import StatisticsService
from trunkline.storage.database import SqlDatabase
from trunkline.storage.tables import endpoint_prices


async def test_a_step_counts_ranks_tasks_keeps_prices_and_drops_what_is_old(
    database: SqlDatabase, tmp_path: Path
) -> None:
    clock = FakeClock(NOW_MS)
    snapshot = build_snapshot(Settings(home=tmp_path))
    service = StatisticsService(database, clock, lambda: snapshot)
    await database.write(open_account)
    for number in range(50):
        cheap = number % 5 > 0
        made = replace(
            a_generation(),
            task="math",
            model="acme/cheap" if cheap else "acme/dear",
            cost_nanousd=NanoUsd(10 if cheap else 1_000),
        )
        await database.settle(to_row(made))

    assert await service.step() == service.counted == 50
    clock.advance(61)
    assert await service.step() == 0

    ranking = MeasuredTasks(service).ranking("math")
    assert [(model.model_id, model.average_cost_nanousd) for model in ranking] == [
        ("acme/dear", 1_000),
        ("acme/cheap", 10),
    ]
    assert MeasuredTasks(service).ranking("translation") == []
    kept = await database.read(lambda c: c.execute(select(func.count()).select_from(endpoint_prices)).scalar_one())
    assert kept > 500
    clock.advance(100 * DAY_MS / 1000)
    await service.step()
    found = await database.read(totals)
    assert (found["hours"], found["days"]) == (0, 50)


async def test_a_task_with_few_generations_ranks_nobody(database: SqlDatabase, tmp_path: Path) -> None:
    snapshot = build_snapshot(Settings(home=tmp_path))
    clock = FakeClock(NOW_MS)
    service = StatisticsService(database, clock, lambda: snapshot)
    await database.write(open_account)
    for _ in range(49):
        await database.settle(to_row(replace(a_generation(), task="math")))
    await service.step()
    clock.advance(61)
    await service.step()
    assert MeasuredTasks(service).ranking("math") == []
