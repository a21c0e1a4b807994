"""`trunkline demo`: an instance to look at."""

import os
from pathlib import Path

import click

from trunkline.accounts import repository
from trunkline.accounts.bootstrap import (
    BOOTSTRAP_KEY,
    BOOTSTRAP_MANAGEMENT_KEY,
    FirstStart,
    MalformedBootstrapKey,
    ensure_owner,
)
from trunkline.catalog.types import Snapshot
from trunkline.cli.progress import progress_bars
from trunkline.cli.session import config_option, load_catalog, load_settings, opened, run
from trunkline.core.clock import SystemClock
from trunkline.demo.fill import NotEmpty, fill
from trunkline.settings import Settings


@click.command("demo")
@click.option("--days", type=click.IntRange(1, 400), default=30, show_default=True, help="How far back it reaches.")
@click.option("--generations", type=click.IntRange(1, 5_000_000), help="How many. Default: 2,000 a day.")
@click.option("--seed", type=int, default=1, show_default=True, help="The same seed makes the same traffic.")
@config_option
def command(days: int, generations: int | None, seed: int, config: Path | None) -> None:
    """Fill a new instance with made-up traffic, so that its pages can be looked at.

    Everything that it makes is called Demo or marked as such, and the site says so on every page. An instance that has
    real generations is refused: use another home ($TRUNKLINE_HOME).

    \b
    Example:
      trunkline demo --days 30
    """
    loaded = load_settings(config)
    count = generations or 2_000 * days
    first = run(_fill(loaded.settings, load_catalog(loaded), days, count, seed))
    click.echo(f"made up {count:,} generations of {days} days (seed {seed}); start `trunkline serve` and look")
    if first is not None:
        click.echo("The owner of this instance was created. What follows is shown only now:")
        click.echo(
            f"  Sign in, once, within 24 hours:  {loaded.settings.public_url}/sign-in?token={first.sign_in_token}"
        )
        click.echo(f"  API key, for models:             {first.api_key}")
        click.echo(f"  Management key, for keys:        {first.management_key}")


async def _fill(settings: Settings, snapshot: Snapshot, days: int, count: int, seed: int) -> FirstStart | None:
    clock = SystemClock()
    async with opened(settings) as database:
        try:
            first = await ensure_owner(
                database, clock, os.environ.get(BOOTSTRAP_KEY), os.environ.get(BOOTSTRAP_MANAGEMENT_KEY)
            )
        except MalformedBootstrapKey as refusal:
            raise click.ClickException(str(refusal)) from None
        account_id = first.account_id if first is not None else await database.read(repository.any_account)
        assert account_id is not None  # there is an owner now
        try:
            with progress_bars() as progress:
                await fill(database, snapshot, clock, account_id, days=days, count=count, seed=seed, progress=progress)
        except NotEmpty as refusal:
            raise click.ClickException(str(refusal)) from None
    return first
