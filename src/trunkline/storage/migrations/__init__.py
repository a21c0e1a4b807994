"""Schema changes in order (Alembic). Each is written once and never changed after a release."""
