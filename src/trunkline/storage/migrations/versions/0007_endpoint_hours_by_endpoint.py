"""A month of one endpoint, found without reading everybody's."""

from alembic import op

revision = "0007"
down_revision = "0006"


def upgrade() -> None:
    op.create_index("ix_endpoint_hours_endpoint_id_hour", "endpoint_hours", ["endpoint_id", "hour"])
