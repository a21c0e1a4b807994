"""`trunkline db`: upgrade, backup, restore, prune, rollups (OP-35, GEN-12)."""

from pathlib import Path

import click
from sqlalchemy import Connection

from trunkline.billing.audit import audit
from trunkline.cli.progress import progress_bars
from trunkline.cli.session import config_option, failing_clearly, load_settings, opened, run
from trunkline.configuration.files import create_home
from trunkline.core.calendar import day_of
from trunkline.core.clock import SystemClock
from trunkline.settings import Settings
from trunkline.statistics.counting import waiting
from trunkline.statistics.follower import Follower
from trunkline.statistics.rebuild import recount_day, recountable_days
from trunkline.storage import backup as backups
from trunkline.storage.retention import count_generations, prune_generations
from trunkline.storage.schema import REVISION, migrate

PRUNE_STEP = 2_000
"""Records deleted in one transaction, so that settlements of a serving process wait a few milliseconds at most."""


@click.group("db")
def command() -> None:
    """Upgrade, back up, restore and prune the database.

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
    with failing_clearly(), progress_bars() as progress:
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
    with failing_clearly(), progress_bars() as progress:
        create_home(settings.home)
        rows = backups.restore(file, settings.database_url, verify=_wrong_books, force=force, progress=progress)
    click.echo(f"restored {sum(rows.values()):,} rows from {file}; the books agree")


@command.command("prune")
@click.option("--keep-days", type=click.IntRange(1), help="Days to keep. Default: retention.generations_days.")
@config_option
def prune(keep_days: int | None, config: Path | None) -> None:
    """Delete generation records older than the retention. The ledger and the spend of keys stay.

    Works in small steps, also while the instance serves; Ctrl-C loses nothing, what is left goes the next time.

    
    Example:
      trunkline db prune --keep-days 400
    """
    settings = load_settings(config).settings
    deleted = run(_prune(settings, keep_days or settings.retention.generations_days))
    click.echo(f"deleted {deleted:,} generation records")


async def _prune(settings: Settings, keep_days: int) -> int:
    before_day = day_of(SystemClock().now_ms()) - keep_days
    deleted = 0
    async with opened(settings) as database:
        await Follower(database, SystemClock()).catch_up()
        with progress_bars() as progress:
            total = await database.read(count_generations, before_day)
            while step := await database.write(prune_generations, before_day, PRUNE_STEP):
                deleted += step
                if progress is not None:
                    progress("generations", deleted, max(total, deleted))
    return deleted


@command.command("rollups")
@click.option("--rebuild", is_flag=True, help="Count every day anew whose generations are all there.")
@config_option
def rollups(rebuild: bool, config: Path | None) -> None:
    """Count the generations that wait for the sums that pages and the activity API read.

    A serving instance does that by itself. With --rebuild every sum is made anew from the records, day by day, also
    while the instance serves: meanwhile its pages show less than there was.

    \b
    Example:
      trunkline db rollups --rebuild
    """
    counted = run(_count(load_settings(config).settings, rebuild))
    click.echo(f"counted {counted:,} generations")


async def _count(settings: Settings, rebuild: bool) -> int:
    async with opened(settings) as database:
        with progress_bars() as progress:
            if rebuild:
                days = await database.read(recountable_days)
                for done, day in enumerate(days, start=1):
                    await database.write(recount_day, day)
                    if progress is not None:
                        progress("days", done, len(days))
            total = await database.read(waiting)
            follower = Follower(database, SystemClock())
            while await follower.step():
                if progress is not None:
                    progress("generations", follower.counted, max(total, follower.counted))
            return follower.counted


def _wrong_books(connection: Connection) -> list[str]:
    return [f"{difference.subject}: {difference.message}" for difference in audit(connection)]
