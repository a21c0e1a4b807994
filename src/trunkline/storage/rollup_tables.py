"""Tables of what is counted from generations: queue, sums, measurements (docs/develop/decisions/0008-rollups.md).

Each row of a rollup is one bucket of time and one combination of what pages group by. SQLite stores them in the order
of their key, so that a page reads neighbours. Buckets are whole minutes, hours or days since 1970-01-01, UTC.
"""

from sqlalchemy import BigInteger, Boolean, Column, Index, Integer, LargeBinary, String, Table, Text

from trunkline.storage.metadata import metadata

# Generations that the rollups have not counted yet: written with the settlement, deleted with the counting
# (docs/develop/decisions/0008-rollups.md).
rollup_queue = Table(
    "rollup_queue",
    metadata,
    Column("generation_id", String(40), primary_key=True),
    sqlite_with_rowid=False,
)


def _usage_rollup(name: str, bucket: str) -> Table:
    """Sums of generations by everything that a page groups them by. Ordered by account, since its owner asks.

    Empty texts and app 0 stand for "none": a key has no nulls.
    """
    return Table(
        name,
        metadata,
        Column("account_id", String(40), primary_key=True),
        Column(bucket, Integer, primary_key=True, autoincrement=False),
        Column("model", Text, primary_key=True),
        Column("endpoint_id", Text, primary_key=True),
        Column("workspace_id", String(36), primary_key=True),
        Column("key_hash", String(64), primary_key=True),
        Column("app_id", BigInteger, primary_key=True, autoincrement=False),
        Column("permaslug", Text, nullable=False),
        Column("provider_name", Text, nullable=False),
        Column("generations", BigInteger, nullable=False),
        Column("requests", BigInteger, nullable=False),
        Column("failures", BigInteger, nullable=False),
        Column("prompt_tokens", BigInteger, nullable=False),
        Column("completion_tokens", BigInteger, nullable=False),
        Column("reasoning_tokens", BigInteger, nullable=False),
        Column("cached_tokens", BigInteger, nullable=False),
        Column("usage_nanousd", BigInteger, nullable=False),
        Column("byok_nanousd", BigInteger, nullable=False),
        sqlite_with_rowid=False,
    )


usage_hours = _usage_rollup("usage_hours", "hour")
usage_days = _usage_rollup("usage_days", "day")

# What everybody may see of all accounts together (routing-and-catalog.md 22).
model_days = Table(
    "model_days",
    metadata,
    Column("day", Integer, primary_key=True, autoincrement=False),
    Column("model", Text, primary_key=True),
    Column("context_bucket", Integer, primary_key=True, autoincrement=False),
    Column("used_tools", Boolean, primary_key=True),
    Column("permaslug", Text, nullable=False),
    Column("requests", BigInteger, nullable=False),
    Column("prompt_tokens", BigInteger, nullable=False),
    Column("completion_tokens", BigInteger, nullable=False),
    Column("reasoning_tokens", BigInteger, nullable=False),
    Column("usage_nanousd", BigInteger, nullable=False),
    sqlite_with_rowid=False,
)

app_days = Table(
    "app_days",
    metadata,
    Column("day", Integer, primary_key=True, autoincrement=False),
    Column("app_id", BigInteger, primary_key=True, autoincrement=False),
    Column("model", Text, primary_key=True),
    Column("permaslug", Text, nullable=False),
    Column("requests", BigInteger, nullable=False),
    Column("prompt_tokens", BigInteger, nullable=False),
    Column("completion_tokens", BigInteger, nullable=False),
    Column("reasoning_tokens", BigInteger, nullable=False),
    sqlite_with_rowid=False,
)

# What requests were for, of those that were sorted into tasks (22.5).
task_days = Table(
    "task_days",
    metadata,
    Column("day", Integer, primary_key=True, autoincrement=False),
    Column("task", String(64), primary_key=True),
    Column("model", Text, primary_key=True),
    Column("permaslug", Text, nullable=False),
    Column("requests", BigInteger, nullable=False),
    Column("prompt_tokens", BigInteger, nullable=False),
    Column("completion_tokens", BigInteger, nullable=False),
    Column("usage_nanousd", BigInteger, nullable=False),
    sqlite_with_rowid=False,
)

# A session's share of a day: what `datasets/session-cost` is made of, once a week (22.3).
session_days = Table(
    "session_days",
    metadata,
    Column("day", Integer, primary_key=True, autoincrement=False),
    Column("account_id", String(40), primary_key=True),
    Column("workspace_id", String(36), primary_key=True),
    Column("session_id", String(256), primary_key=True),
    Column("app_id", BigInteger, primary_key=True, autoincrement=False),
    Column("model", Text, primary_key=True),
    Column("permaslug", Text, nullable=False),
    Column("requests", BigInteger, nullable=False),
    Column("usage_nanousd", BigInteger, nullable=False),
    sqlite_with_rowid=False,
)

session_costs = Table(
    "session_costs",
    metadata,
    Column("app_id", BigInteger, primary_key=True, autoincrement=False),
    Column("permaslug", Text, primary_key=True),
    Column("turn_range", String(16), primary_key=True),
    Column("window_end_day", Integer, nullable=False),
    Column("sessions", BigInteger, nullable=False),
    Column("median_nanousd", BigInteger, nullable=False),
    sqlite_with_rowid=False,
)


def _endpoint_rollup(name: str, bucket: str) -> Table:
    """What became of the attempts at an endpoint, with two sketches (routing-and-catalog.md 21)."""
    return Table(
        name,
        metadata,
        Column(bucket, Integer, primary_key=True, autoincrement=False),
        Column("endpoint_id", Text, primary_key=True),
        Column("successes", BigInteger, nullable=False),
        Column("failures", BigInteger, nullable=False),
        Column("rate_limited", BigInteger, nullable=False),
        Column("forbidden", BigInteger, nullable=False),
        Column("tool_requests", BigInteger, nullable=False),
        Column("tool_errors", BigInteger, nullable=False),
        Column("structured_requests", BigInteger, nullable=False),
        Column("structured_errors", BigInteger, nullable=False),
        Column("latency_ms", LargeBinary, nullable=False),
        Column("throughput_tps", LargeBinary, nullable=False),
        sqlite_with_rowid=False,
    )


endpoint_minutes = _endpoint_rollup("endpoint_minutes", "minute")
endpoint_hours = _endpoint_rollup("endpoint_hours", "hour")
endpoint_days = _endpoint_rollup("endpoint_days", "day")
# Pages ask for a month of one endpoint, the refresh for two hours of all.
Index("ix_endpoint_hours_endpoint_id_hour", endpoint_hours.c.endpoint_id, endpoint_hours.c.hour)

# A row for each change of an endpoint's prices that was noticed as the catalog was loaded (site.md MP-08).
endpoint_prices = Table(
    "endpoint_prices",
    metadata,
    Column("endpoint_id", String(512), primary_key=True),
    Column("at_ms", BigInteger, primary_key=True, autoincrement=False),
    Column("model", Text, nullable=False),
    Column("pricing", Text, nullable=False),
    Index("ix_endpoint_prices_model", "model"),
)
