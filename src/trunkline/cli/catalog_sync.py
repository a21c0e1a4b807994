"""`trunkline catalog diff`, `sync` and `undo`: facts from a public listing or another gateway, looked at first."""

import os
import sys
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import TypeVar

import click
from msgspec.structs import replace

from trunkline.catalog.snapshot import build_snapshot, compile_catalog, known_catalog
from trunkline.catalog.sync.comparison import GROUPS, Comparison, Group, Known, compare, overruled_fields
from trunkline.catalog.sync.listings import ListingInvalid, read_listing
from trunkline.catalog.sync.revision import Revision, revise
from trunkline.catalog.synced import NAME, SyncedInvalid, merged, read_synced, undo, write_synced
from trunkline.catalog.types import Snapshot
from trunkline.cli.catalog_differences import print_comparison
from trunkline.cli.listing_source import read_source
from trunkline.cli.output import json_option, print_json
from trunkline.cli.session import config_option, failing_clearly, load_settings, opened, run, usable_catalog
from trunkline.configuration.files import create_home
from trunkline.configuration.load import Loaded
from trunkline.core.clock import SystemClock
from trunkline.settings import Settings
from trunkline.statistics.prices import record_prices
from trunkline.storage.engine import parse_url

Command = TypeVar("Command", bound=Callable[..., None])


def _source_options(command: Command) -> Command:
    """What both commands take."""
    options = (
        click.argument("source"),
        click.option(
            "--as", "provider", metavar="PROVIDER", help="The listing is of this gateway, and so are its prices."
        ),
        click.option(
            "--provider", "only_providers", multiple=True, metavar="SLUG", help="Only its endpoints. Repeatable."
        ),
        click.option(
            "--only",
            multiple=True,
            type=click.Choice(GROUPS),
            help="Only facts of this kind; `models` are new ones. Repeatable.",
        ),
        click.option("--key-env", metavar="NAME", help="Environment variable with the key for SOURCE."),
        click.option(
            "--allow-network",
            "networks",
            multiple=True,
            metavar="CIDR",
            help="A network that is not public and may be fetched from. Repeatable.",
        ),
        config_option,
    )
    for option in reversed(options):
        command = option(command)
    return command


@click.command("diff")
@_source_options
@json_option
def diff(
    source: str,
    provider: str | None,
    only_providers: tuple[str, ...],
    only: tuple[Group, ...],
    key_env: str | None,
    networks: tuple[str, ...],
    config: Path | None,
    as_json: bool,
) -> None:
    """Compare the catalog with SOURCE: a file, or the address of a public listing or of a gateway's /models.

    \b
    Example:
      trunkline catalog diff https://gateway.example/api/v1/models --only prices
    """
    loaded = load_settings(config)
    known = _known(loaded)
    found = _compared(source, known, provider, only_providers, key_env, networks)
    if as_json:
        print_json(replace(found, differences=tuple(replace(one, offer=None) for one in found.differences)))
    else:
        print_comparison(found, frozenset(only or GROUPS))


@click.command("sync")
@_source_options
@click.option("--apply", "is_sure", is_flag=True, help="Take it over without asking.")
@click.option("--allow-jumps", is_flag=True, help="Also prices that become 0, stop being 0, or change threefold.")
@click.option("--disable-gone", is_flag=True, help="Switch off endpoints that the listing no longer has.")
def sync(
    source: str,
    provider: str | None,
    only_providers: tuple[str, ...],
    only: tuple[Group, ...],
    key_env: str | None,
    networks: tuple[str, ...],
    config: Path | None,
    is_sure: bool,
    allow_jumps: bool,
    disable_gone: bool,
) -> None:
    """Show what SOURCE has different, and take it over after a yes or with --apply.

    It goes into a file of its own in the home folder, below everything that the configuration says. Addresses, keys and
    entries of the operator are never touched. Serving processes notice after `trunkline reload`.

    \b
    Example:
      trunkline catalog sync https://gateway.example/api/v1/models --only prices --apply
    """
    loaded = load_settings(config)
    known, groups = _known(loaded), frozenset(only or GROUPS)
    found = _compared(source, known, provider, only_providers, key_env, networks)
    print_comparison(found, groups)
    revision = revise(found.differences, known.catalog, groups, allow_jumps=allow_jumps, disable_gone=disable_gone)
    if revision.held_back:
        click.echo(f"{revision.held_back:,} prices jump and are held back; --allow-jumps takes them over too")
    if revision.is_empty:
        click.echo("there is nothing to take over")
        return
    if not is_sure and not (sys.stdin.isatty() and click.confirm("Take this over?")):
        click.echo("nothing was taken over; --apply does it without asking")
        return
    with failing_clearly():
        _apply(loaded, revision, source)


@click.command("undo")
@config_option
def take_back(config: Path | None) -> None:
    """Take back what the last `sync` took over, or the one before the last that was taken back.

    \b
    Example:
      trunkline catalog undo
    """
    loaded = load_settings(config)
    with failing_clearly():
        before = _snapshot(loaded)
        if not undo(loaded.settings.home):
            raise click.ClickException("there is nothing to take back")
        _note_prices(loaded, before)
    click.echo("taken back; `trunkline reload` tells serving processes")


def _known(loaded: Loaded) -> Known:
    """What is compared with: the catalog below the operator's entries."""
    settings = loaded.settings
    try:
        read_synced(settings.home)
    except SyncedInvalid as error:
        raise click.ClickException(str(error)) from None
    catalog = known_catalog(settings)
    snapshot = compile_catalog(catalog)
    return Known(
        catalog=catalog,
        names=snapshot.names,
        provider_names=snapshot.provider_names,
        overruled=overruled_fields(settings.endpoints, snapshot.names, snapshot.provider_names),
    )


def _compared(
    source: str,
    known: Known,
    provider: str | None,
    only_providers: tuple[str, ...],
    key_env: str | None,
    networks: tuple[str, ...],
) -> Comparison:
    slugs = [_slug(known, name) for name in (*only_providers, *(() if provider is None else (provider,)))]
    key = None if key_env is None else os.environ.get(key_env)
    if key_env is not None and key is None:
        raise click.UsageError(f"the environment has no variable {key_env}")
    data = read_source(source, key, networks)
    try:
        listing = read_listing(data, None if provider is None else slugs[-1])
    except ListingInvalid as error:
        raise click.ClickException(f"{source}: {error}") from None
    return compare(listing, known, frozenset(slugs[: len(only_providers)]))


def _slug(known: Known, name: str) -> str:
    slug = known.provider_names.get(name.lower())
    if slug is None:
        raise click.UsageError(f"no provider is called {name!r}; `trunkline providers --all` lists them")
    return slug


def _apply(loaded: Loaded, revision: Revision, source: str) -> None:
    settings, now_ms = loaded.settings, SystemClock().now_ms()
    create_home(settings.home)
    before = _snapshot(loaded)
    at = datetime.fromtimestamp(now_ms / 1000, UTC).isoformat(timespec="seconds")
    synced = merged(read_synced(settings.home), revision.models, revision.endpoints, source=source, at=at)
    write_synced(settings.home, synced, now_ms)
    changes = _note_prices(loaded, before)
    click.echo(
        f"took over {len(revision.endpoints):,} endpoints and {len(revision.models):,} new models into "
        f"{settings.home / NAME}; {changes:,} changes of prices are in the history"
    )
    click.echo("`trunkline reload` tells serving processes; `trunkline catalog undo` takes it back")


def _snapshot(loaded: Loaded) -> Snapshot:
    with usable_catalog(loaded):
        return build_snapshot(loaded.settings)


def _note_prices(loaded: Loaded, before: Snapshot) -> int:
    """Put the change into the history of prices now; a serving instance would with its reload. How many changed."""
    if not _has_database(loaded.settings):
        return 0  # the first start notes all prices
    return run(_record(loaded.settings, before, _snapshot(loaded)))


async def _record(settings: Settings, before: Snapshot, after: Snapshot) -> int:
    now_ms = SystemClock().now_ms()
    async with opened(settings) as database:
        await database.write(record_prices, before, now_ms - 1)
        return await database.write(record_prices, after, now_ms)


def _has_database(settings: Settings) -> bool:
    url = parse_url(settings.database_url)
    return url.get_backend_name() != "sqlite" or Path(url.database or "").is_file()
