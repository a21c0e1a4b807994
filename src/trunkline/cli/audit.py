"""`trunkline audit`: are the books right? (OP-34)"""

from pathlib import Path

import click

from trunkline.billing.audit import Difference, audit
from trunkline.cli.output import json_option, print_json
from trunkline.cli.session import config_option, load_settings, opened, run
from trunkline.settings import Settings


@click.command("audit")
@config_option
@json_option
@click.pass_context
def command(ctx: click.Context, config: Path | None, as_json: bool) -> None:
    """Recompute every balance and key usage from the ledger and the generations. Status 1 names each difference.

    It may run while the instance serves.

    \b
    Example:
      trunkline audit --json
    """
    found = run(_audit(load_settings(config).settings))
    if as_json:
        print_json({"agrees": not found, "differences": found})
    elif not found:
        click.echo("the books agree")
    for difference in () if as_json else found:
        click.echo(f"{difference.check}: {difference.subject}: {difference.message}", err=True)
    if found:
        ctx.exit(1)


async def _audit(settings: Settings) -> list[Difference]:
    async with opened(settings) as database:
        return await database.read(audit)
