"""What requests were for, by day (routing-and-catalog.md 22.5), and apps that are hidden (23)."""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"


def upgrade() -> None:
    op.create_table(
        "task_days",
        sa.Column("day", sa.Integer(), nullable=False),
        sa.Column("task", sa.String(64), nullable=False),
        sa.Column("model", sa.Text(), nullable=False),
        sa.Column("permaslug", sa.Text(), nullable=False),
        sa.Column("requests", sa.BigInteger(), nullable=False),
        sa.Column("prompt_tokens", sa.BigInteger(), nullable=False),
        sa.Column("completion_tokens", sa.BigInteger(), nullable=False),
        sa.Column("usage_nanousd", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("day", "task", "model", name=op.f("pk_task_days")),
        sqlite_with_rowid=False,
    )
    op.add_column("apps", sa.Column("is_hidden", sa.Boolean(), server_default=sa.false(), nullable=False))
