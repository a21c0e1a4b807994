"""What accounts allow, and defaults of workspaces (accounts-and-governance.md 9.1, 13)."""

import sqlalchemy as sa
from alembic import op

revision = "0013"
down_revision = "0012"


def upgrade() -> None:
    op.create_table(
        "account_rules",
        sa.Column("account_id", sa.String(length=40), nullable=False),
        sa.Column("rules", sa.Text(), nullable=False),
        sa.Column("updated_at_ms", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("account_id", name=op.f("pk_account_rules")),
    )
    op.add_column("workspaces", sa.Column("description", sa.Text(), nullable=True))
    op.add_column("workspaces", sa.Column("default_text_model", sa.Text(), nullable=True))
    op.add_column("workspaces", sa.Column("default_image_model", sa.Text(), nullable=True))
    op.add_column("workspaces", sa.Column("default_provider_sort", sa.String(length=16), nullable=True))
    op.add_column("workspaces", sa.Column("created_by", sa.String(length=40), nullable=True))
    op.add_column("workspaces", sa.Column("updated_at_ms", sa.BigInteger(), nullable=True))
