"""`trunkline config`: check, show, schema (OP-21)."""

from pathlib import Path

import click
import msgspec

from trunkline.cli.output import json_option, print_json, print_table
from trunkline.cli.session import config_option, load_catalog, load_settings
from trunkline.configuration.load import Source
from trunkline.configuration.schema import file_schema
from trunkline.configuration.show import Shown, effective
from trunkline.core.json import JsonValue


@click.group("config")
def command() -> None:
    """Check and show the configuration.

    \b
    Example:
      trunkline config check --config trunkline.toml
    """


@command.command("check")
@config_option
@json_option
def check(config: Path | None, as_json: bool) -> None:
    """Say whether the configuration is valid: file, environment, and what both add to the catalog.

    \b
    Example:
      trunkline config check --config trunkline.toml
    """
    loaded = load_settings(config)
    load_catalog(loaded)
    if as_json:
        print_json({"valid": True, "file": None if loaded.path is None else str(loaded.path)})
    else:
        click.echo("valid" if loaded.path is None else f"{loaded.path} is valid")


@command.command("show")
@click.option("--changed", is_flag=True, help="Only what is not a default.")
@config_option
@json_option
def show(changed: bool, config: Path | None, as_json: bool) -> None:
    """Print the effective settings and where each came from. Secrets are masked.

    \b
    Example:
      trunkline config show --changed
    """
    rows = [row for row in effective(load_settings(config)) if not changed or row.source.kind != "default"]
    if as_json:
        print_json({row.name: {"value": row.value, "source": _source(row.source)} for row in rows})
    else:
        print_table(("setting", "value", "source"), [_cells(row) for row in rows])


@command.command("schema")
def schema() -> None:
    """Print the JSON Schema of trunkline.toml, for editors.

    \b
    Example:
      trunkline config schema > trunkline.schema.json
    """
    print_json(file_schema())


def _source(source: Source) -> str:
    return source.where or source.kind


def _cells(row: Shown) -> tuple[str, str, str]:
    return row.name, _text(row.value), _source(row.source)


def _text(value: JsonValue) -> str:
    if value is None:
        return "-"
    return value if isinstance(value, str) else msgspec.json.encode(value).decode()
