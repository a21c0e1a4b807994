"""`trunkline explain`: where a request would go, and why (OP-32). Asks the running instance, which knows how providers
fare; nobody is called and nothing is charged."""

from pathlib import Path

import click
import msgspec
from msgspec import Struct

from trunkline.cli.api_client import KEY_VARIABLE, ApiFailed, post
from trunkline.cli.output import json_option, print_json, print_table
from trunkline.cli.session import config_option, load_settings
from trunkline.core.json import JsonValue, value
from trunkline.routing.explanation import ExplainedEndpoint, Explanation


class _Answer(Struct, frozen=True):
    data: Explanation


@click.command("explain")
@click.argument("model", required=False)
@click.option("--body", type=click.Path(exists=True, path_type=Path), help="File with a chat request as JSON.")
@click.option("--message", default="Hi", show_default=True, help="What the user says, without --body.")
@click.option("--provider", help="The `provider` object as JSON, without --body.")
@click.option("--url", help="Where the instance is. Default: the one that the configuration describes.")
@click.option("--key", envvar=KEY_VARIABLE, help=f"API key. Default: ${KEY_VARIABLE}.")
@config_option
@json_option
def command(
    model: str | None,
    body: Path | None,
    message: str,
    provider: str | None,
    url: str | None,
    key: str | None,
    config: Path | None,
    as_json: bool,
) -> None:
    """Say where a request for MODEL, or the one in a file, would go: every endpoint, kept or dropped and by which rule,
    and the order of attempts.

    \b
    Example:
      trunkline explain openai/gpt-5.4-mini --provider '{"sort": "price"}'
    """
    if key is None:
        raise click.UsageError(f"a key is needed: --key or ${KEY_VARIABLE}; make one with `trunkline keys create cli`")
    if (model is None) is (body is None):
        raise click.UsageError("name a MODEL, or a file with --body")
    request = body.read_bytes() if body is not None else _request(model, message, provider)
    try:
        answer = post(url or load_settings(config).settings.public_url, key, "/route/explain", request)
    except ApiFailed as error:
        raise click.ClickException(str(error)) from None
    found = msgspec.json.decode(answer, type=_Answer).data
    if as_json:
        print_json(found)
    else:
        _print(found)


def _request(model: str | None, message: str, provider: str | None) -> bytes:
    request: dict[str, JsonValue] = {"model": model, "messages": [{"role": "user", "content": message}]}
    if provider is not None:
        try:
            request["provider"] = value(provider.encode())
        except msgspec.DecodeError as error:
            raise click.UsageError(f"--provider is no JSON: {error}") from None
    return msgspec.json.encode(request)


def _print(found: Explanation) -> None:
    if found.task_type is not None:
        click.echo(f"taken for: {found.task_type}")
    for model in found.models:
        click.echo(f"{model.id}  ({model.strategy}: {model.reference})")
        print_table(
            ("attempt", "endpoint", "rule", "health", "uptime %", "input $", "output $"),
            [_row(endpoint) for endpoint in sorted(model.endpoints, key=_place)],
        )
    if found.refusal is not None:
        raise click.ClickException(f"{found.refusal.status}: {found.refusal.message}")


def _place(endpoint: ExplainedEndpoint) -> tuple[bool, int]:
    return not endpoint.attempts, min(endpoint.attempts, default=0)


def _row(endpoint: ExplainedEndpoint) -> tuple[str, ...]:
    return (
        ", ".join(map(str, endpoint.attempts)) or "-",
        endpoint.tag,
        "kept" if endpoint.kept else f"dropped: {endpoint.dropped_by or 'not there'}",
        endpoint.health,
        "-" if endpoint.uptime_percent is None else f"{endpoint.uptime_percent:.1f}",
        endpoint.prices.get("prompt", "-"),
        endpoint.prices.get("completion", "-"),
    )
