"""`trunkline`: the list of commands. A command's module is imported when the command is run, so help is fast."""

from importlib import import_module

import click

_COMMANDS = {
    "serve": "Start the gateway.",
    "sign-in-link": "Print a one-time link to the site.",
    "keys": "Create, list and revoke API keys.",
    "credits": "Add and show credits.",
    "models": "List models and their prices.",
    "providers": "List providers and say which are enabled.",
    "chat": "Talk to a model in the terminal.",
    "explain": "Say where a request would go, and why.",
    "whatif": "Route recorded requests again, by another policy or prices.",
    "doctor": "Check everything an instance needs, and say what to do.",
    "audit": "Recompute every balance and usage from the ledger.",
    "catalog": "Show, check, probe and bring up to date what the catalog knows.",
    "config": "Check and show the configuration.",
    "db": "Upgrade, back up and restore the database.",
    "reload": "Let serving processes take over a changed configuration.",
    "demo": "Fill a new instance with made-up traffic.",
    "version": "Print the version.",
}


class _Commands(click.Group):
    """Each name is the module `trunkline.cli.<name>` (hyphens as underscores) with a click command `command` in it."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(_COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in _COMMANDS:
            return None
        command: click.Command = import_module(f"trunkline.cli.{cmd_name.replace('-', '_')}").command
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        with formatter.section("Commands"):
            formatter.write_dl(list(_COMMANDS.items()))


@click.command(
    cls=_Commands,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
    epilog="Each command has its own help with an example: trunkline keys create --help",
)
def cli() -> None:
    """One API for every model and provider, run by yourself."""
