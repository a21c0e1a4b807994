"""Presets and their versions (routing-and-catalog.md 15)."""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"


def upgrade() -> None:
    op.create_table(
        "presets",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("workspace_id", sa.String(length=36), nullable=False),
        sa.Column("slug", sa.String(length=100), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("description", sa.Text(), nullable=True),
        sa.Column("status", sa.String(length=16), nullable=False),
        sa.Column("status_updated_at_ms", sa.BigInteger(), nullable=True),
        sa.Column("creator_user_id", sa.String(length=40), nullable=True),
        sa.Column("designated_version_id", sa.String(length=36), nullable=True),
        sa.Column("created_at_ms", sa.BigInteger(), nullable=False),
        sa.Column("updated_at_ms", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_presets")),
        sa.UniqueConstraint("workspace_id", "slug", name=op.f("uq_presets_workspace_id_slug")),
    )
    op.create_index("ix_presets_workspace_id_updated_at_ms", "presets", ["workspace_id", "updated_at_ms"], unique=False)
    op.create_table(
        "preset_versions",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("preset_id", sa.String(length=36), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("system_prompt", sa.Text(), nullable=True),
        sa.Column("config", sa.Text(), nullable=False),
        sa.Column("creator_id", sa.String(length=40), nullable=False),
        sa.Column("created_at_ms", sa.BigInteger(), nullable=False),
        sa.Column("updated_at_ms", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_preset_versions")),
        sa.UniqueConstraint("preset_id", "version", name=op.f("uq_preset_versions_preset_id_version")),
    )
