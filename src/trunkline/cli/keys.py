"""`trunkline keys`: create, list, revoke. The same rules as the API's (`accounts/service.py`)."""

from pathlib import Path

import click

from trunkline.accounts.service import KeyService
from trunkline.accounts.types import Actor, ApiKey, KeyKind, KeyWithSpend, LimitReset, NewKey
from trunkline.cli.amounts import AMOUNT
from trunkline.cli.output import json_option, print_json, print_table
from trunkline.cli.session import config_option, load_settings, opened, owner_id, run
from trunkline.core.clock import SystemClock
from trunkline.core.errors import NotFound
from trunkline.core.money import NanoUsd, format_usd, usd_number
from trunkline.settings import Settings

OPERATOR = "operator"
_KEYS_MAX = 10_000


@click.group("keys")
def command() -> None:
    """Create, list and revoke API keys.

    \b
    Example:
      trunkline keys create "Laptop" --limit 5 --reset monthly
    """


@command.command("create")
@click.argument("name")
@click.option("--limit", type=AMOUNT, metavar="USD", help="Refuse requests when the key has spent this much.")
@click.option("--reset", type=click.Choice(["daily", "weekly", "monthly"]), help="Begin the limit anew, in UTC.")
@click.option("--management", is_flag=True, help="A key that manages keys and credits, and cannot call models.")
@config_option
@json_option
def create(
    name: str, limit: NanoUsd | None, reset: LimitReset | None, management: bool, config: Path | None, as_json: bool
) -> None:
    """Create a key and print its secret, which nobody can read again.

    \b
    Example:
      trunkline keys create "Laptop" --limit 5 --reset monthly
    """
    if reset is not None and limit is None:
        raise click.UsageError("--reset needs --limit")
    if management and limit is not None:
        raise click.UsageError("a management key spends nothing: --limit makes no sense for it")
    new = NewKey(name=name, limit_nanousd=limit, limit_reset=reset)
    settings = load_settings(config).settings
    key, secret = run(_create(settings, new, "management" if management else "inference"))
    if as_json:
        print_json({"key": secret, "hash": key.hash, "name": key.name, "label": key.label, "kind": key.kind})
    else:
        click.echo(secret)


async def _create(settings: Settings, new: NewKey, kind: KeyKind) -> tuple[ApiKey, str]:
    async with opened(settings) as database:
        actor = Actor(account_id=await owner_id(database), name=OPERATOR)
        return await KeyService(database, SystemClock()).create(actor, new, kind)


@command.command("list")
@click.option("--all", "include_disabled", is_flag=True, help="Disabled keys too.")
@config_option
@json_option
def list_(include_disabled: bool, config: Path | None, as_json: bool) -> None:
    """List keys with what they have spent, newest first.

    \b
    Example:
      trunkline keys list --json
    """
    keys = run(_list(load_settings(config).settings, include_disabled))
    if as_json:
        print_json([_object(key) for key in keys])
    else:
        print_table(
            ("name", "key", "spent", "this month", "limit", "hash"),
            [
                (
                    row.key.name + (" (disabled)" if row.key.disabled else ""),
                    row.key.label,
                    format_usd(row.spend.usage),
                    format_usd(row.spend.usage_monthly),
                    _limit(row.key),
                    row.key.hash,
                )
                for row in keys
            ],
        )


async def _list(settings: Settings, include_disabled: bool) -> list[KeyWithSpend]:
    async with opened(settings) as database:
        account_id = await owner_id(database)
        service = KeyService(database, SystemClock())
        keys: list[KeyWithSpend] = []
        while len(keys) < _KEYS_MAX:
            page = await service.page(
                account_id, workspace_id=None, include_disabled=include_disabled, offset=len(keys)
            )
            if not page:
                break
            keys += page
        return keys


@command.command("revoke")
@click.argument("key")
@click.option("--management", is_flag=True, help="KEY is a management key; give its whole hash.")
@config_option
def revoke(key: str, management: bool, config: Path | None) -> None:
    """Delete KEY for good. It is given by its hash, or the beginning of it, as `keys list` prints it.

    A serving instance stops accepting it within seconds. A management key is not listed: its hash is the SHA-256 of the
    key, which `keys create --json` prints too.

    \b
    Example:
      trunkline keys revoke 9f86d081
    """
    settings = load_settings(config).settings
    if management:
        run(_delete(settings, key, "management"))
        click.echo("revoked the management key")
    else:
        revoked = run(_revoke(settings, key))
        click.echo(f"revoked {revoked.name} ({revoked.label})")


async def _revoke(settings: Settings, prefix: str) -> ApiKey:
    found = [row.key for row in await _list(settings, include_disabled=True) if row.key.hash.startswith(prefix)]
    if not found:
        raise NotFound(f"no key begins with {prefix}: `trunkline keys list --all` prints the hashes")
    if len(found) > 1:
        raise click.ClickException(f"{len(found)} keys begin with {prefix}: give more of the hash")
    await _delete(settings, found[0].hash, "inference")
    return found[0]


async def _delete(settings: Settings, key_hash: str, kind: KeyKind) -> None:
    async with opened(settings) as database:
        actor = Actor(account_id=await owner_id(database), name=OPERATOR)
        await KeyService(database, SystemClock()).delete(actor, key_hash, kind)


def _limit(key: ApiKey) -> str:
    if key.limit_nanousd is None:
        return "-"
    return format_usd(key.limit_nanousd) + ("" if key.limit_reset is None else f" {key.limit_reset}")


def _object(row: KeyWithSpend) -> dict[str, object]:
    return {
        "hash": row.key.hash,
        "name": row.key.name,
        "label": row.key.label,
        "disabled": row.key.disabled,
        "limit": None if row.key.limit_nanousd is None else usd_number(row.key.limit_nanousd),
        "limit_reset": row.key.limit_reset,
        "usage": usd_number(row.spend.usage),
        "usage_daily": usd_number(row.spend.usage_daily),
        "usage_weekly": usd_number(row.spend.usage_weekly),
        "usage_monthly": usd_number(row.spend.usage_monthly),
        "created_at_ms": row.key.created_at_ms,
    }
