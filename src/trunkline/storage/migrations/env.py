"""How Alembic runs here: on the connection and in the transaction that `schema.migrate` opened."""

from alembic import context
from sqlalchemy import Connection

from trunkline.storage.tables import metadata

_connection: Connection = context.config.attributes["connection"]
context.configure(connection=_connection, target_metadata=metadata, render_as_batch=True)
context.run_migrations()
