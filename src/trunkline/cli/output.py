"""How commands print: JSON where it was asked for, tables that programs can cut, colour only on a terminal."""

import sys
from collections.abc import Callable, Sequence
from typing import TypeVar

import click
import msgspec

Command = TypeVar("Command", bound=Callable[..., None])


def json_option(command: Command) -> Command:
    """`--json`, given to the command as `as_json: bool`."""
    return click.option("--json", "as_json", is_flag=True, help="Print JSON.")(command)


def print_json(data: object) -> None:
    """`data` as indented JSON, UTF-8 whatever the terminal's encoding is."""
    click.echo(msgspec.json.format(msgspec.json.encode(data), indent=2))


def print_table(headers: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
    """A table: fitted to the width of a terminal; tab-separated, with nothing cut off, anywhere else."""
    if not sys.stdout.isatty():
        for row in (headers, *rows):
            click.echo("\t".join(row))
        return
    from rich import box
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    table = Table(*headers, box=box.SIMPLE_HEAD, pad_edge=False)
    for row in rows:
        table.add_row(*(Text(cell) for cell in row))
    Console().print(table)
