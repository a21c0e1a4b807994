"""`trunkline version`."""

import platform

import click

from trunkline import __version__
from trunkline.cli.output import json_option, print_json


@click.command("version")
@json_option
def command(as_json: bool) -> None:
    """Print the version of Trunkline and of the Python that runs it.

    \b
    Example:
      trunkline version --json
    """
    if as_json:
        print_json({"trunkline": __version__, "python": platform.python_version(), "platform": platform.platform()})
    else:
        click.echo(f"trunkline {__version__} (Python {platform.python_version()})")
