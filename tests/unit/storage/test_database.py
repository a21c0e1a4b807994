"""What reads and writes do beside reading and writing."""

import asyncio

import pytest
from sqlalchemy import Connection

from trunkline.storage.database import SqlDatabase


def runs_out(connection: Connection) -> int:
    """As a forgotten `next` does."""
    return next(iter(()))


@pytest.mark.parametrize("way", ["read", "write"])
async def test_an_iterator_that_ran_out_inside_is_an_error_and_hangs_nobody(database: SqlDatabase, way: str) -> None:
    async with asyncio.timeout(20):
        with pytest.raises(RuntimeError, match="StopIteration"):
            await (database.read(runs_out) if way == "read" else database.write(runs_out))
        assert await database.write(lambda connection: 1) == 1
