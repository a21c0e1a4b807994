"""`trunkline doctor`: everything an instance needs, checked, with what to do about each failure (OP-33)."""

import os
from pathlib import Path

import click

from trunkline.cli.output import json_option, print_json
from trunkline.cli.probes import (
    Finding,
    State,
    probe_database,
    probe_disk,
    probe_half_configured,
    probe_home,
    probe_providers,
)
from trunkline.cli.session import config_option, load_catalog, load_settings
from trunkline.configuration.load import Loaded
from trunkline.core.clock import SystemClock
from trunkline.providers.registry import build_providers

_COLOURS: dict[State, str] = {"ok": "green", "warning": "yellow", "failed": "red"}


@click.command("doctor")
@click.option("--offline", is_flag=True, help="Leave the providers alone.")
@config_option
@json_option
@click.pass_context
def command(ctx: click.Context, offline: bool, config: Path | None, as_json: bool) -> None:
    """Check configuration, database, disk, clock and each provider's key (by a call that costs nothing).

    Status 1 when something failed.

    \b
    Example:
      trunkline doctor
    """
    found = _examine(load_settings(config), offline=offline)
    if as_json:
        print_json(found)
    else:
        for finding in found:
            click.echo(
                f"{click.style(f'{finding.state:8}', fg=_COLOURS[finding.state])}{finding.subject}: {finding.message}"
            )
            if finding.remedy:
                click.echo(f"{'':8}{finding.remedy}")
    if any(finding.state == "failed" for finding in found):
        ctx.exit(1)


def _examine(loaded: Loaded, *, offline: bool) -> list[Finding]:
    snapshot = load_catalog(loaded)
    found = [
        Finding("configuration", "ok", "no file, all defaults" if loaded.path is None else f"{loaded.path} is valid"),
        Finding("catalog", "ok", f"{len(snapshot.models)} models of {len(snapshot.providers)} providers"),
        probe_home(loaded.settings.home),
        probe_disk(loaded.settings.home),
        *probe_database(loaded.settings),
    ]
    enabled = build_providers(loaded.settings, snapshot, os.environ)
    found += probe_half_configured(loaded.settings, snapshot, enabled, os.environ)
    if not offline:
        found += probe_providers(enabled, SystemClock())
    return found
