"""`trunkline sign-in-link`: a way into the site for whoever has the machine (operating.md OP-11)."""

from pathlib import Path

import click

from trunkline.accounts.sign_in import issue_link
from trunkline.cli.output import json_option, print_json
from trunkline.cli.session import config_option, load_settings, opened, owner_id, run
from trunkline.core.clock import SystemClock
from trunkline.settings import Settings


@click.command("sign-in-link")
@config_option
@json_option
def command(config: Path | None, as_json: bool) -> None:
    """Print a link that signs the owner in to the site. It works once, within 24 hours.

    \b
    Example:
      trunkline sign-in-link
    """
    settings = load_settings(config).settings
    url = f"{settings.public_url}/sign-in?token={run(_issue(settings))}"
    if as_json:
        print_json({"url": url})
    else:
        click.echo(url)


async def _issue(settings: Settings) -> str:
    async with opened(settings) as database:
        return await issue_link(database, SystemClock(), await owner_id(database))
