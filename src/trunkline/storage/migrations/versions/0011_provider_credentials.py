"""Callers' own provider keys (accounts-and-governance.md 8)."""

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"


def upgrade() -> None:
    op.create_table(
        "provider_credentials",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("account_id", sa.String(length=40), nullable=False),
        sa.Column("workspace_id", sa.String(length=36), nullable=True),
        sa.Column("provider", sa.String(length=100), nullable=False),
        sa.Column("name", sa.Text(), nullable=True),
        sa.Column("label", sa.Text(), nullable=False),
        sa.Column("sealed", sa.Text(), nullable=True),
        sa.Column("disabled", sa.Boolean(), nullable=False),
        sa.Column("is_fallback", sa.Boolean(), nullable=False),
        sa.Column("always_use", sa.Boolean(), nullable=False),
        sa.Column("sort_order", sa.Integer(), nullable=False),
        sa.Column("allowed_models", sa.Text(), nullable=True),
        sa.Column("allowed_api_key_hashes", sa.Text(), nullable=True),
        sa.Column("allowed_user_ids", sa.Text(), nullable=True),
        sa.Column("created_at_ms", sa.BigInteger(), nullable=False),
        sa.Column("deleted_at_ms", sa.BigInteger(), nullable=True),
        sa.Column("error_status", sa.Integer(), nullable=True),
        sa.Column("error_type", sa.String(length=40), nullable=True),
        sa.Column("error_at_ms", sa.BigInteger(), nullable=True),
        sa.Column("rejections", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_provider_credentials")),
    )
    op.create_index("ix_provider_credentials_account_id", "provider_credentials", ["account_id"], unique=False)
    op.create_table(
        "credential_usage",
        sa.Column("credential_id", sa.String(length=36), nullable=False),
        sa.Column("day", sa.Integer(), nullable=False),
        sa.Column("list_nanousd", sa.BigInteger(), nullable=False),
        sa.Column("fee_nanousd", sa.BigInteger(), nullable=False),
        sa.Column("requests", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("credential_id", "day", name=op.f("pk_credential_usage")),
    )
    op.add_column("generations", sa.Column("credential_id", sa.String(length=36), nullable=True))
    op.add_column("video_jobs", sa.Column("credential_id", sa.String(length=36), nullable=True))
