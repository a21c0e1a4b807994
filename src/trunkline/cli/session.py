"""What commands share: the settings, an open database, failures that end with status 1 and a sentence."""

import asyncio
import os
from collections.abc import AsyncGenerator, Callable, Coroutine, Generator, Mapping
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path
from typing import TypeVar

import click

from trunkline.accounts import repository
from trunkline.catalog.overrides import OverridesInvalid
from trunkline.catalog.snapshot import build_snapshot
from trunkline.catalog.types import Snapshot
from trunkline.configuration.errors import ConfigurationInvalid, KeyPath
from trunkline.configuration.files import create_home
from trunkline.configuration.load import Loaded, load
from trunkline.core.errors import TrunklineError
from trunkline.core.json import JsonValue
from trunkline.settings import Settings
from trunkline.storage.database import SqlDatabase, open_database
from trunkline.storage.interface import StorageRefused, StorageUnavailable
from trunkline.storage.schema import migrate

T = TypeVar("T")
Command = TypeVar("Command", bound=Callable[..., None])

_READERS = 2


def config_option(command: Command) -> Command:
    """`--config FILE`, given to the command as `config: Path | None`."""
    return click.option(
        "--config",
        type=click.Path(path_type=Path),
        metavar="FILE",
        help="Configuration file. Default: $TRUNKLINE_CONFIG, ./trunkline.toml, $TRUNKLINE_HOME/trunkline.toml.",
    )(command)


def load_settings(config: Path | None, overrides: Mapping[KeyPath, JsonValue] | None = None) -> Loaded:
    """The effective settings; a configuration that cannot be used ends the command."""
    try:
        return load(os.environ, config, overrides or {})
    except ConfigurationInvalid as error:
        raise click.ClickException(f"the configuration cannot be used\n{error}") from None


def load_catalog(loaded: Loaded) -> Snapshot:
    """The catalog with the operator's entries; an entry that cannot be used ends the command."""
    with usable_catalog(loaded):
        return build_snapshot(loaded.settings)


@contextmanager
def usable_catalog(loaded: Loaded) -> Generator[None]:
    """An entry that cannot be used, met inside, ends the command with its place in the file."""
    try:
        yield
    except OverridesInvalid as error:
        raise click.ClickException(f"the configuration cannot be used\n{loaded.invalid(error.findings)}") from None


@asynccontextmanager
async def opened(settings: Settings) -> AsyncGenerator[SqlDatabase]:
    """The instance's database, migrated and started; closed at the end. Raises StorageUnavailable, OSError."""
    create_home(settings.home)
    migrate(settings.database_url)
    database = open_database(settings.database_url, pool_size=_READERS)
    await database.start()
    try:
        yield database
    finally:
        await database.close()


async def owner_id(database: SqlDatabase) -> str:
    """The account that commands act for. Ends the command on an instance that has none yet."""
    account_id = await database.read(repository.any_account)
    if account_id is None:
        raise click.ClickException("there is no account yet: start `trunkline serve` once, it creates the owner")
    return account_id


def run(main: Coroutine[object, object, T]) -> T:
    """Run a command's coroutine. Expected failures end it with status 1 and their message."""
    with failing_clearly():
        return asyncio.run(main)


@contextmanager
def failing_clearly() -> Generator[None]:
    """Expected failures inside become the command's own: a sentence and status 1, no trace."""
    try:
        yield
    except TrunklineError as error:
        raise click.ClickException(error.message) from None
    except (StorageUnavailable, StorageRefused, OSError) as error:
        raise click.ClickException(str(error)) from None
