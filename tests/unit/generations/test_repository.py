"""Reading generations, on both databases (accounts-and-governance.md 18, XT-01)."""

from tests.records import ACCOUNT, a_generation, open_account
from trunkline.generations import repository
from trunkline.generations.service import to_row
from trunkline.storage.database import SqlDatabase


async def test_a_generation_is_readable_as_soon_as_it_is_settled(database: SqlDatabase) -> None:
    await database.write(open_account)
    generation = a_generation()
    await database.settle(to_row(generation))
    assert await database.read(repository.find, ACCOUNT, generation.id) == generation


async def test_a_foreign_generation_is_as_unknown_as_one_that_never_was(database: SqlDatabase) -> None:
    generation = a_generation()
    await database.settle(to_row(generation))
    assert await database.read(repository.find, "user_mallory", generation.id) is None
    assert await database.read(repository.find, ACCOUNT, "gen-0-none") is None
