"""Measurements by day, for the months that a status page shows. Older days: `trunkline db rollups --rebuild`."""

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"

_COUNTS = (
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
    op.create_table(
        "endpoint_days",
        sa.Column("day", sa.Integer(), nullable=False),
        sa.Column("endpoint_id", sa.Text(), nullable=False),
        *(sa.Column(name, sa.BigInteger(), nullable=False) for name in _COUNTS),
        sa.Column("latency_ms", sa.LargeBinary(), nullable=False),
        sa.Column("throughput_tps", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("day", "endpoint_id", name=op.f("pk_endpoint_days")),
        sqlite_with_rowid=False,
    )
