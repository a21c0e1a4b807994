"""`trunkline whatif`: recorded requests, routed again by another policy or other prices. Reads the database and nothing
else: no server is needed, nobody is called, nothing is written."""

import os
import re
import time
from collections.abc import Callable
from pathlib import Path

import click

from trunkline.catalog.snapshot import build_catalog, compile_catalog
from trunkline.catalog.types import Endpoint, Snapshot
from trunkline.cli.output import json_option, print_json
from trunkline.cli.progress import progress_bars
from trunkline.cli.session import config_option, failing_clearly, load_settings, usable_catalog
from trunkline.cli.whatif_tables import print_report
from trunkline.configuration.load import Loaded
from trunkline.core.calendar import DAY_MS, HOUR_MS, MINUTE_MS
from trunkline.core.clock import SystemClock
from trunkline.gateway.upstreams import is_spoken
from trunkline.providers.registry import build_providers, make_callable
from trunkline.settings import Settings
from trunkline.storage.reading import Reader, open_reader
from trunkline.whatif.asking import Asker
from trunkline.whatif.measured import Measured
from trunkline.whatif.policy import PolicyFile, PolicyInvalid, laid_over, read_policy, read_prices, routing_of
from trunkline.whatif.records import count_records, records
from trunkline.whatif.replay import Replay, Scenario
from trunkline.whatif.report import AS_NOW, WHAT_IF, Report, report

_SPANS = {"m": MINUTE_MS, "h": HOUR_MS, "d": DAY_MS, "w": 7 * DAY_MS}
_SPAN = re.compile(r"([1-9]\d{0,4})([mhdw])", re.ASCII)


class _Since(click.ParamType[int]):
    name = "span"

    def convert(self, value: object, param: click.Parameter | None, ctx: click.Context | None) -> int:
        match = _SPAN.fullmatch(str(value))
        if match is None:
            self.fail(f"{value!r} is no span of time: write 90m, 12h, 7d or 4w", param, ctx)
        return int(match[1]) * _SPANS[match[2]]


@click.command("whatif")
@click.option(
    "--since", type=_Since(), default="7d", show_default=True, metavar="SPAN", help="How far back: 12h, 7d, 4w."
)
@click.option("--policy", type=click.Path(exists=True, dir_okay=False, path_type=Path), help="What is to be different.")
@click.option("--prices", type=click.Path(exists=True, dir_okay=False, path_type=Path), help="Another price list.")
@click.option("--model", metavar="ID", help="Only requests that this model answered.")
@click.option(
    "--with-provider", "more", multiple=True, metavar="SLUG", help="As if there were a key for it. Repeatable."
)
@config_option
@json_option
def command(
    since: int,
    policy: Path | None,
    prices: Path | None,
    model: str | None,
    more: tuple[str, ...],
    config: Path | None,
    as_json: bool,
) -> None:
    """Route the recorded requests of the last days again, and say what they would have cost, how long their first
    tokens would have taken and how many would have been answered, against what happened.

    Only facts are used (tokens, requirements, times, outcomes), and nobody is called. What is not known is said to be
    unknown. FILEs are described in the guide, docs/operate/whatif.md.

    \b
    Example:
      trunkline whatif --since 7d --policy cheapest.toml
    """
    if policy is None and prices is None and not more:
        raise click.UsageError("name what is to be different: --policy FILE, --prices FILE or --with-provider SLUG")
    loaded = load_settings(config)
    with failing_clearly(), open_reader(loaded.settings.database_url) as reader:
        until_ms = SystemClock().now_ms()
        try:
            changes = [read(path) for read, path in ((read_policy, policy), (read_prices, prices)) if path is not None]
            found = _run(loaded, reader, changes, frozenset(more), until_ms - since, until_ms, model)
        except PolicyInvalid as error:
            raise click.ClickException(str(error)) from None
    if as_json:
        print_json(found)
    else:
        print_report(found)


def _run(
    loaded: Loaded,
    reader: Reader,
    changes: list[PolicyFile],
    more: frozenset[str],
    first_ms: int,
    until_ms: int,
    model: str | None,
) -> Report:
    measured = Measured(reader, first_ms, until_ms)
    scenarios = _scenarios(loaded, changes, more, measured)
    if model is not None and model not in scenarios[0].snapshot.models:
        raise click.ClickException(f"no model is called {model!r}; `trunkline models` lists them")
    running, began_s, done = Replay(scenarios, measured, model), time.monotonic(), 0
    with progress_bars() as progress:
        total = reader.read(count_records, first_ms, until_ms) if progress is not None else 0
        for page in records(reader, first_ms, until_ms):
            running.add_all(page)
            done += len(page)
            if progress is not None:
                progress("generations", done, max(done, total))
    seconds = time.monotonic() - began_s
    return report(running.outcome(), first_ms=first_ms, until_ms=until_ms, records=done, seconds=seconds)


def _scenarios(loaded: Loaded, changes: list[PolicyFile], more: frozenset[str], measured: Measured) -> list[Scenario]:
    """The control, by the present settings, and the policy. Raises PolicyInvalid."""
    settings = loaded.settings
    with usable_catalog(loaded):
        catalog = build_catalog(settings)
    snapshot = changed = compile_catalog(catalog)
    if any(change.models or change.endpoints for change in changes):
        for change in changes:
            catalog = laid_over(catalog, change)
        changed = compile_catalog(catalog)
    for slug in more:
        if slug not in changed.providers:
            raise click.UsageError(f"no provider is called {slug!r}; `trunkline providers --all` lists them")
    used = frozenset(_provider_of(snapshot, endpoint_id) for endpoint_id in measured.endpoints)
    policy = next((change for change in changes if change.provider or change.routing), PolicyFile())
    keeps_own = all(change.keep_own_preferences for change in changes)
    return [
        Scenario(
            name=AS_NOW,
            snapshot=snapshot,
            routing=settings.routing,
            asker=Asker({}, keeps_own=True),
            is_callable=_callable(settings, snapshot, used),
        ),
        Scenario(
            name=WHAT_IF,
            snapshot=changed,
            routing=routing_of(settings.routing, policy.routing),
            asker=Asker(policy.provider, keeps_own=keeps_own),
            is_callable=_callable(settings, changed, used | more),
        ),
    ]


def _provider_of(snapshot: Snapshot, endpoint_id: str) -> str:
    """Slug of the provider; empty where the catalog no longer has the endpoint."""
    model = snapshot.models.get(endpoint_id.partition("|")[0])
    endpoints = () if model is None else model.endpoints
    return next((endpoint.provider for endpoint in endpoints if endpoint.id == endpoint_id), "")


def _callable(settings: Settings, snapshot: Snapshot, also: frozenset[str]) -> Callable[[Endpoint], bool]:
    """Providers that are enabled here, that were called in that time, or that are assumed. Never the Sandbox."""
    providers = build_providers(settings, snapshot, os.environ)
    enabled = make_callable(providers, is_spoken)
    known: dict[str, bool] = {}

    def is_callable(endpoint: Endpoint) -> bool:
        found = known.get(endpoint.id)
        if found is None:
            found = known[endpoint.id] = is_spoken(endpoint) and (endpoint.provider in also or enabled(endpoint))
        return found

    return is_callable
