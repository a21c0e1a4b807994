"""The schema's revision: told quickly, brought up to date when asked (operating.md 4, `db upgrade`).

Starting must be fast, so Alembic (0.3 s of import) is loaded only when there is something to migrate: a current
database is recognised by its stored revision, an empty one gets its tables from `tables.py` in one transaction.
A test proves for both databases that the migrations lead to the same schema.
"""

from pathlib import Path

from sqlalchemy import URL, Column, Connection, MetaData, String, Table, insert, inspect, select, text
from sqlalchemy.exc import DBAPIError

from trunkline.storage.engine import describe, is_away, open_engine, parse_url, storage_error
from trunkline.storage.interface import StorageUnavailable
from trunkline.storage.tables import metadata

REVISION = "0014"
"""The newest migration in `migrations/versions`."""

MIGRATIONS = Path(__file__).parent / "migrations"

# Alembic's own table; it stays out of `tables.metadata`, which is what migrations are compared with.
_version = Table("alembic_version", MetaData(), Column("version_num", String(32), primary_key=True))
# Any number that nobody else in the database uses: two processes that start together must not both migrate.
_MIGRATION_LOCK = 0x7472756E6B


def migrate(url: str) -> None:
    """Bring the database to `REVISION`, creating what is missing. Raises StorageUnavailable."""
    parsed = parse_url(url)
    engine = open_engine(parsed, "writer")
    try:
        with engine.begin() as connection:
            if connection.dialect.name == "postgresql":
                connection.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": _MIGRATION_LOCK})
            found = stored_revision(connection)
            if found is None:
                metadata.create_all(connection)
                _version.create(connection)
                connection.execute(insert(_version).values(version_num=REVISION))
            elif found != REVISION:
                _upgrade(connection)
    except DBAPIError as error:
        if not is_away(error):
            raise
        raise storage_error(error, parsed) from error
    finally:
        engine.dispose()


def stored_revision(connection: Connection) -> str | None:
    """The revision of the database, None when it has no schema yet."""
    if not inspect(connection).has_table(_version.name):
        return None
    return connection.execute(select(_version.c.version_num)).scalar()


def require_current(connection: Connection, url: URL) -> None:
    """Raise StorageUnavailable, saying what to do, unless the schema is the one that this program knows."""
    found = stored_revision(connection)
    if found == REVISION:
        return
    if found is None or found < REVISION:
        raise StorageUnavailable(
            f"{describe(url)} has schema {found or 'none'}, this version needs {REVISION}: run `trunkline db upgrade`"
        )
    raise StorageUnavailable(
        f"{describe(url)} has schema {found}, newer than {REVISION} of this version: start the newer Trunkline"
    )


def _upgrade(connection: Connection) -> None:
    from alembic import command
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS).replace("%", "%%"))
    config.attributes["connection"] = connection
    command.upgrade(config, "head")
