"""`trunkline db`: upgrade, backup, restore (OP-35)."""

import sys
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import click
from sqlalchemy import Connection

from trunkline.billing.audit import audit
from trunkline.cli.session import config_option, failing_clearly, load_settings
from trunkline.configuration.files import create_home
from trunkline.storage import backup as backups
from trunkline.storage.backup import Progress
from trunkline.storage.schema import REVISION, migrate

if TYPE_CHECKING:
    from rich.progress import TaskID


@click.group("db")
def command() -> None:
    """Upgrade, back up and restore the database.

    \b
    Example:
      trunkline db backup trunkline-backup.db
    """


@command.command("upgrade")
@config_option
def upgrade(config: Path | None) -> None:
    """Bring the database's schema to the one of this version. `serve` does the same when it starts.

    \b
    Example:
      trunkline db upgrade
    """
    settings = load_settings(config).settings
    with failing_clearly():
        create_home(settings.home)
        migrate(settings.database_url)
    click.echo(f"the database has schema {REVISION}, the newest of this version")


@command.command("backup")
@click.argument("file", type=click.Path(path_type=Path))
@config_option
def backup(file: Path, config: Path | None) -> None:
    """Write a consistent copy of the database to FILE, also while the instance serves.

    FILE is an SQLite database, whichever database it was taken from, and can be restored into either. The encryption
    key is not in it: keep the key file of the home folder as well.

    \b
    Example:
      trunkline db backup trunkline-backup.db
    """
    settings = load_settings(config).settings
    with failing_clearly(), _progress() as progress:
        backups.backup(settings.database_url, file, progress=progress)
    click.echo(f"wrote {file} ({file.stat().st_size / 1e6:.1f} MB)")


@command.command("restore")
@click.argument("file", type=click.Path(path_type=Path))
@click.option("--force", is_flag=True, help="Replace what the database holds. Stop the instance before.")
@config_option
def restore(file: Path, force: bool, config: Path | None) -> None:
    """Fill the database from FILE, in one transaction, and only if its books agree.

    \b
    Example:
      trunkline db restore trunkline-backup.db --force
    """
    settings = load_settings(config).settings
    with failing_clearly(), _progress() as progress:
        create_home(settings.home)
        rows = backups.restore(file, settings.database_url, verify=_wrong_books, force=force, progress=progress)
    click.echo(f"restored {sum(rows.values()):,} rows from {file}; the books agree")


def _wrong_books(connection: Connection) -> list[str]:
    return [f"{difference.subject}: {difference.message}" for difference in audit(connection)]


@contextmanager
def _progress() -> Generator[Progress | None]:
    """A bar with rate and time left, on a terminal; nothing elsewhere."""
    if not sys.stderr.isatty():
        yield None
        return
    from rich.console import Console
    from rich.progress import MofNCompleteColumn, TimeRemainingColumn
    from rich.progress import Progress as Bars

    bars = Bars(
        *Bars.get_default_columns()[:2],
        MofNCompleteColumn(),
        TimeRemainingColumn(),
        console=Console(stderr=True),
        transient=True,
    )
    tasks: dict[str, TaskID] = {}

    def show(table: str, copied: int, total: int) -> None:
        if table not in tasks:
            tasks[table] = bars.add_task(table, total=total)
        bars.update(tasks[table], completed=copied)

    with bars:
        yield show
