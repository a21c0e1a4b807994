"""`trunkline reload`: serving processes take over a changed configuration (operating.md OP-24)."""

import os
import signal
import time

import click
from msgspec import Struct

from trunkline.cli.output import json_option, print_json
from trunkline.cli.serving.presence import Told, serving, told_by
from trunkline.configuration.files import home_folder

_ANSWER_S_MAX = 30.0
_LOOK_EVERY_S = 0.05


class Outcome(Struct, frozen=True):
    """What came of it in one process."""

    pid: int
    reloaded: bool
    models: int
    waiting: tuple[str, ...]
    reason: str | None


@click.command("reload")
@json_option
@click.pass_context
def command(ctx: click.Context, as_json: bool) -> None:
    """Let every process that serves from $TRUNKLINE_HOME read its configuration and catalog again.

    No request is dropped. An invalid configuration changes nothing; status 1 says what is wrong with it.

    \b
    Example:
      trunkline reload
    """
    asked = list(serving(home_folder(os.environ)))
    if not asked:
        raise click.ClickException("nobody serves from this home folder; $TRUNKLINE_HOME says which is meant")
    outcomes = [_reload(told) for told in asked]
    if as_json:
        print_json(outcomes)
    for outcome in () if as_json else outcomes:
        _say(outcome)
    if not all(outcome.reloaded for outcome in outcomes):
        ctx.exit(1)


def _reload(before: Told) -> Outcome:
    """Ask one process, and wait for its answer."""
    try:
        os.kill(before.pid, signal.SIGHUP)
    except OSError as error:
        return Outcome(before.pid, False, before.models, (), f"cannot be asked: {error.strerror}")
    give_up_s = time.monotonic() + _ANSWER_S_MAX
    while time.monotonic() < give_up_s:
        told = told_by(home_folder(os.environ), before.pid)
        if told is not None and told.reloads > before.reloads:
            return Outcome(told.pid, told.refusal is None, told.models, told.waiting, told.refusal)
        time.sleep(_LOOK_EVERY_S)
    return Outcome(before.pid, False, before.models, (), f"no answer within {_ANSWER_S_MAX:g} s")


def _say(outcome: Outcome) -> None:
    if not outcome.reloaded:
        click.echo(f"process {outcome.pid} goes on as before: {outcome.reason}", err=True)
        return
    click.echo(f"process {outcome.pid} reloaded: {outcome.models} models")
    if outcome.waiting:
        click.echo(f"  for these it must be restarted: {', '.join(outcome.waiting)}")
