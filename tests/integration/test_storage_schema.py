"""The schema: created quickly, migrated, and the same on every way (operating.md 4, `db upgrade`)."""

import subprocess
import sys

import pytest
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, inspect, text

from trunkline.storage import schema
from trunkline.storage.database import open_database
from trunkline.storage.engine import open_engine, parse_url
from trunkline.storage.interface import StorageUnavailable
from trunkline.storage.schema import REVISION, migrate, stored_revision
from trunkline.storage.tables import metadata


def _migrate_step_by_step(connection: Connection) -> None:
    """From nothing through every migration, as an old installation would have come here."""
    schema._upgrade(connection)


def test_the_migrations_lead_to_the_tables(empty_url: str) -> None:
    engine = open_engine(parse_url(empty_url), "writer")
    with engine.begin() as connection:
        _migrate_step_by_step(connection)
        assert stored_revision(connection) == REVISION
        differences = compare_metadata(MigrationContext.configure(connection), metadata)
    engine.dispose()
    assert differences == []


def test_a_new_database_gets_the_same_indexes_as_a_migrated_one(empty_url: str, database_url: str) -> None:
    def indexes(url: str) -> dict[str, object]:
        engine = open_engine(parse_url(url), "reader")
        with engine.connect() as connection:
            found = inspect(connection)
            shape = {
                name: (
                    sorted((index["name"], tuple(index["column_names"])) for index in found.get_indexes(name)),
                    sorted(unique["name"] for unique in found.get_unique_constraints(name)),
                    found.get_pk_constraint(name)["constrained_columns"],
                )
                for name in metadata.tables
            }
        engine.dispose()
        return shape

    if empty_url == database_url:
        empty_url += ".migrated"
    engine = open_engine(parse_url(empty_url), "writer")
    with engine.begin() as connection:
        _migrate_step_by_step(connection)
    engine.dispose()
    assert indexes(empty_url) == indexes(database_url)


def test_the_newest_migration_is_the_revision_that_the_program_expects() -> None:
    config = Config()
    config.set_main_option("script_location", str(schema.MIGRATIONS))
    assert ScriptDirectory.from_config(config).get_heads() == [REVISION]


def test_migrating_twice_changes_nothing(empty_url: str) -> None:
    migrate(empty_url)
    migrate(empty_url)
    engine = open_engine(parse_url(empty_url), "reader")
    with engine.connect() as connection:
        assert stored_revision(connection) == REVISION
    engine.dispose()


@pytest.mark.parametrize(("stored", "advice"), [("0000", "db upgrade"), ("9999", "newer Trunkline")])
async def test_another_schema_is_refused_with_advice(database_url: str, stored: str, advice: str) -> None:
    engine = open_engine(parse_url(database_url), "writer")
    with engine.begin() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = :stored"), {"stored": stored})
    engine.dispose()
    database = open_database(database_url, pool_size=1)
    with pytest.raises(StorageUnavailable, match=advice):
        await database.start()


async def test_a_database_without_schema_is_refused_with_advice(empty_url: str) -> None:
    database = open_database(empty_url, pool_size=1)
    with pytest.raises(StorageUnavailable, match="db upgrade"):
        await database.start()


def test_starting_on_a_new_or_current_database_loads_no_alembic(empty_url: str) -> None:
    program = (
        "import sys; from trunkline.storage.schema import migrate\n"
        "migrate(sys.argv[1]); migrate(sys.argv[1]); print('alembic' in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", program, empty_url], capture_output=True, text=True, check=True)
    assert done.stdout == "False\n"
