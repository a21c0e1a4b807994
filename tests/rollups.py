"""What rollups say in all, to be compared with the generations they were counted from."""

from sqlalchemy import Connection, func, select

from trunkline.core.clock import SystemClock
from trunkline.statistics.follower import Follower
from trunkline.storage.database import SqlDatabase
from trunkline.storage.tables import endpoint_hours, key_usage, rollup_queue, usage_days, usage_hours


async def count_all(database: SqlDatabase) -> int:
    """Count whatever waits; how many generations."""
    return await Follower(database, SystemClock()).catch_up()


def totals(connection: Connection) -> dict[str, int]:
    """Generations and spend by each way of adding up; all must agree."""

    def one(statement: object) -> int:
        return int(connection.execute(statement).scalar_one() or 0)

    return {
        "waiting": one(select(func.count()).select_from(rollup_queue)),
        "hours": one(select(func.sum(usage_hours.c.generations))),
        "days": one(select(func.sum(usage_days.c.generations))),
        "keys": one(select(func.sum(key_usage.c.requests))),
        "hours usage": one(select(func.sum(usage_hours.c.usage_nanousd))),
        "days usage": one(select(func.sum(usage_days.c.usage_nanousd))),
        "keys usage": one(select(func.sum(key_usage.c.usage_nanousd))),
        "successes": one(select(func.sum(endpoint_hours.c.successes))),
    }
