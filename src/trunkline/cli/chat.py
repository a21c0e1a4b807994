"""`trunkline chat MODEL`: a conversation in the terminal, through the running instance (OP-31)."""

import sys
from collections.abc import Sequence
from contextlib import suppress
from importlib import import_module
from pathlib import Path

import click

from trunkline.cli.api_client import KEY_VARIABLE
from trunkline.cli.chat_client import ChatClient, ChatFailed, Message, Piece, Usage
from trunkline.cli.session import config_option, load_settings


@click.command("chat")
@click.argument("model")
@click.option("--url", help="Where the instance is. Default: the one that the configuration describes.")
@click.option("--key", envvar=KEY_VARIABLE, help=f"API key. Default: ${KEY_VARIABLE}.")
@click.option("--system", help="Instructions that the model gets before everything else.")
@config_option
def command(model: str, url: str | None, key: str | None, system: str | None, config: Path | None) -> None:
    """Talk to MODEL: streaming, reasoning dimmed, tokens and cost after each turn. An empty line or Ctrl-D ends it.

    Without a terminal, each line of the input is one turn.

    \b
    Example:
      trunkline chat openai/gpt-5.4-mini --key sk-tl-v1-...
    """
    if key is None:
        raise click.UsageError(f"a key is needed: --key or ${KEY_VARIABLE}; make one with `trunkline keys create chat`")
    client = ChatClient(url or load_settings(config).settings.public_url, key, model)
    messages = [] if system is None else [Message("system", system)]
    while (text := _next_line()) is not None:
        messages.append(Message("user", text))
        try:
            messages.append(Message("assistant", _say(client, messages)))
        except KeyboardInterrupt:
            click.echo("\n(stopped)", err=True)
            messages.pop()
        except ChatFailed as error:
            if not sys.stdin.isatty():
                raise click.ClickException(str(error)) from None
            click.echo(f"Error: {error}", err=True)
            messages.pop()


def _next_line() -> str | None:
    """What the person says next; None at the end."""
    if not sys.stdin.isatty():
        line = sys.stdin.readline()
        return line.rstrip("\n") or None
    with suppress(ImportError):
        import_module("readline")  # gives `input` editing and history
    try:
        return input("> ").strip() or None
    except (EOFError, KeyboardInterrupt):
        click.echo()
        return None


def _say(client: ChatClient, messages: Sequence[Message]) -> str:
    """Print the answer while it comes, then what it took; returns its text."""
    text = ""
    reasoned = False
    for item in client.answer(messages):
        match item:
            case Piece():
                if item.reasoning:
                    click.secho(item.reasoning, dim=True, nl=False)
                    reasoned = True
                if item.text:
                    if reasoned and not text:
                        click.echo("\n")
                    click.echo(item.text, nl=False)
                    text += item.text
                sys.stdout.flush()
            case Usage():
                click.echo()
                click.secho(_took(item), dim=True, err=True)
    return text


def _took(usage: Usage) -> str:
    cost = bytes(usage.cost).decode()
    return f"{usage.prompt_tokens} + {usage.completion_tokens} tokens" + (
        f", ${cost}" if cost not in ("", "null") else ""
    )
