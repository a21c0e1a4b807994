"""Apps by origin: memory first, the database for what is new (routing-and-catalog.md 23)."""

import asyncio

from sqlalchemy import select

from tests.fakes.clock import FakeClock
from trunkline.accounts import app_repository
from trunkline.accounts.app_repository import App, Sighting
from trunkline.accounts.apps import CHANGED_MAX, Apps
from trunkline.api.attribution import CATEGORIES
from trunkline.storage.database import SqlDatabase
from trunkline.storage.tables import apps


async def titles(database: SqlDatabase) -> list[str | None]:
    query = select(apps.c.title).order_by(apps.c.id)
    return list(await database.read(lambda connection: connection.execute(query).scalars().all()))


async def test_an_app_is_met_once_and_known_afterwards(database: SqlDatabase) -> None:
    registry = Apps(database, FakeClock())
    assert registry.known("a.example", None, ()) is None
    met = await registry.meet("a.example", "A", ())
    assert met is not None
    assert registry.known("a.example", None, ()) == met
    assert await Apps(database, FakeClock()).meet("a.example", None, ()) == met


async def test_parallel_requests_of_a_new_app_write_it_once(database: SqlDatabase) -> None:
    registry = Apps(database, FakeClock())
    numbers = await asyncio.gather(*(registry.meet("a.example", "A", ()) for _ in range(20)))
    assert len(set(numbers)) == 1
    assert await titles(database) == ["A"]


async def test_what_changed_is_written_by_the_next_flush(database: SqlDatabase) -> None:
    registry = Apps(database, FakeClock())
    await registry.meet("a.example", "A", ("game",))
    registry.known("a.example", "B", ("legal",))
    registry.known("a.example", "C", ())
    assert await titles(database) == ["A"]
    await registry.flush()
    assert await titles(database) == ["C"]
    app = await database.write(app_repository.keep, Sighting("a.example", None, ()), 0)
    assert app.categories == ("game", "legal")


async def test_changes_of_an_absent_database_wait_within_a_bound(database: SqlDatabase) -> None:
    registry = Apps(database, FakeClock())
    for number in range(CHANGED_MAX + 1):
        await registry.meet(f"{number}.example", "A", ())
        registry.known(f"{number}.example", "B", ())
    await registry.flush()
    assert (await titles(database)).count("B") == CHANGED_MAX
    registry.known(f"{CHANGED_MAX}.example", "B", ())
    await registry.flush()
    assert set(await titles(database)) == {"B"}


def test_an_app_keeps_ten_categories() -> None:
    app = App(1, "A", ())
    for name in sorted(CATEGORIES):
        app = app.told(Sighting("a.example", None, (name,)))
    assert app.categories == tuple(sorted(CATEGORIES)[: app_repository.CATEGORIES_MAX])
    assert app.title == "A"
