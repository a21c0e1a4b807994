"""Checkpoints beside the writer."""

import asyncio
from pathlib import Path

from tests.records import a_row
from trunkline.storage.checkpoint import COMMITS_BETWEEN
from trunkline.storage.database import open_database
from trunkline.storage.schema import migrate


async def test_pages_reach_the_database_file_while_it_is_written(tmp_path: Path) -> None:
    path = tmp_path / "trunkline.db"
    migrate(f"sqlite:///{path}")
    database = open_database(f"sqlite:///{path}", pool_size=1)
    await database.start()
    before = path.stat().st_size
    for _ in range(3 * COMMITS_BETWEEN):
        await database.settle(a_row(record="x" * 2_000))
    async with asyncio.timeout(10):
        while path.stat().st_size <= before:
            await asyncio.sleep(0.01)
    await database.close()
    assert not path.with_name("trunkline.db-wal").exists()  # the last connection copied the rest
