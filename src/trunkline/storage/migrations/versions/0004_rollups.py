"""Rollups, measurements of endpoints and the history of their prices (docs/develop/decisions/0008-rollups.md)."""

from collections.abc import Sequence
from typing import TypeAlias

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"

_Columns: TypeAlias = Sequence[sa.Column[int] | sa.Column[str] | sa.Column[bool] | sa.Column[bytes]]

_USAGE_SUMS = (
    "generations",
    "requests",
    "failures",
    "prompt_tokens",
    "completion_tokens",
    "reasoning_tokens",
    "cached_tokens",
    "usage_nanousd",
    "byok_nanousd",
)
_MODEL_SUMS = ("requests", "prompt_tokens", "completion_tokens", "reasoning_tokens")
_OUTCOMES = (
    "successes",
    "failures",
    "rate_limited",
    "forbidden",
    "tool_requests",
    "tool_errors",
    "structured_requests",
    "structured_errors",
)


def upgrade() -> None:
    _create("rollup_queue", [sa.Column("generation_id", sa.String(40), nullable=False)], [])
    for name, bucket in (("usage_hours", "hour"), ("usage_days", "day")):
        keys = [
            sa.Column("account_id", sa.String(40), nullable=False),
            sa.Column(bucket, sa.Integer(), nullable=False),
            *_texts("model", "endpoint_id"),
            sa.Column("workspace_id", sa.String(36), nullable=False),
            sa.Column("key_hash", sa.String(64), nullable=False),
            sa.Column("app_id", sa.BigInteger(), nullable=False),
        ]
        _create(name, keys, [*_texts("permaslug", "provider_name"), *_sums(_USAGE_SUMS)])
    _create(
        "model_days",
        [
            sa.Column("day", sa.Integer(), nullable=False),
            *_texts("model"),
            sa.Column("context_bucket", sa.Integer(), nullable=False),
            sa.Column("used_tools", sa.Boolean(), nullable=False),
        ],
        [*_texts("permaslug"), *_sums((*_MODEL_SUMS, "usage_nanousd"))],
    )
    _create(
        "app_days",
        [
            sa.Column("day", sa.Integer(), nullable=False),
            sa.Column("app_id", sa.BigInteger(), nullable=False),
            *_texts("model"),
        ],
        [*_texts("permaslug"), *_sums(_MODEL_SUMS)],
    )
    _create(
        "session_days",
        [
            sa.Column("day", sa.Integer(), nullable=False),
            sa.Column("account_id", sa.String(40), nullable=False),
            sa.Column("workspace_id", sa.String(36), nullable=False),
            sa.Column("session_id", sa.String(256), nullable=False),
            sa.Column("app_id", sa.BigInteger(), nullable=False),
            *_texts("model"),
        ],
        [*_texts("permaslug"), *_sums(("requests", "usage_nanousd"))],
    )
    _create(
        "session_costs",
        [
            sa.Column("app_id", sa.BigInteger(), nullable=False),
            *_texts("permaslug"),
            sa.Column("turn_range", sa.String(16), nullable=False),
        ],
        [sa.Column("window_end_day", sa.Integer(), nullable=False), *_sums(("sessions", "median_nanousd"))],
    )
    for name, bucket in (("endpoint_minutes", "minute"), ("endpoint_hours", "hour")):
        sketches = [sa.Column(sketch, sa.LargeBinary(), nullable=False) for sketch in ("latency_ms", "throughput_tps")]
        keys = [sa.Column(bucket, sa.Integer(), nullable=False), *_texts("endpoint_id")]
        _create(name, keys, [*_sums(_OUTCOMES), *sketches])
    op.create_table(
        "endpoint_prices",
        sa.Column("endpoint_id", sa.String(512), nullable=False),
        sa.Column("at_ms", sa.BigInteger(), nullable=False),
        *_texts("model", "pricing"),
        sa.PrimaryKeyConstraint("endpoint_id", "at_ms", name=op.f("pk_endpoint_prices")),
    )
    op.create_index("ix_endpoint_prices_model", "endpoint_prices", ["model"])
    # What was recorded before is counted as if it came now.
    op.execute("INSERT INTO rollup_queue (generation_id) SELECT id FROM generations")


def _create(name: str, keys: _Columns, values: _Columns) -> None:
    key = sa.PrimaryKeyConstraint(*(column.name for column in keys), name=op.f(f"pk_{name}"))
    op.create_table(name, *keys, *values, key, sqlite_with_rowid=False)


def _texts(*names: str) -> list[sa.Column[str]]:
    return [sa.Column(name, sa.Text(), nullable=False) for name in names]


def _sums(names: tuple[str, ...]) -> list[sa.Column[int]]:
    return [sa.Column(name, sa.BigInteger(), nullable=False) for name in names]
