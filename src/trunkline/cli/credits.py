"""`trunkline credits`: add and show. Every movement is an entry of the ledger (`billing/ledger.py`)."""

from pathlib import Path

import click

from trunkline.api.wire import timestamp
from trunkline.billing import ledger, repository
from trunkline.billing.types import BookedEntry, Credits
from trunkline.cli.amounts import AMOUNT
from trunkline.cli.output import json_option, print_json, print_table
from trunkline.cli.session import config_option, load_settings, opened, owner_id, run
from trunkline.core import ids
from trunkline.core.clock import SystemClock
from trunkline.core.money import NanoUsd, format_usd, usd_number
from trunkline.settings import Settings


@click.group("credits")
def command() -> None:
    """Add and show credits, in US dollars.

    \b
    Example:
      trunkline credits add 25
    """


@command.command("add")
@click.argument("amount", type=AMOUNT)
@click.option("--note", default="", help="Why; needed for a negative AMOUNT, which corrects the balance.")
@click.option("--reference", help="Name of this movement. The same name is booked once, however often it is sent.")
@config_option
@json_option
def add(amount: NanoUsd, note: str, reference: str | None, config: Path | None, as_json: bool) -> None:
    """Add AMOUNT of credits to the owner's account. A negative AMOUNT (after --) takes from it.

    \b
    Example:
      trunkline credits add 25 --note "Budget of May" --reference may
    """
    settings = load_settings(config).settings
    booked, credits = run(_add(settings, amount, note, reference or ids.uuid4()))
    if as_json:
        print_json({"booked": booked, **_object(credits)})
    elif booked:
        click.echo(f"booked {format_usd(amount)}; the balance is {format_usd(_balance(credits))}")
    else:
        click.echo(f"{reference} was booked before; the balance is {format_usd(_balance(credits))}")


async def _add(settings: Settings, amount: NanoUsd, note: str, reference: str) -> tuple[bool, Credits]:
    async with opened(settings) as database:
        account_id = await owner_id(database)
        entry = ledger.entry(
            "grant" if amount > 0 else "adjustment",
            account_id=account_id,
            amount_nanousd=amount,
            at_ms=SystemClock().now_ms(),
            reference=reference,
            note=note,
        )
        booked = await database.write(repository.add_entries, [entry])
        return booked == 1, await database.read(repository.credits, account_id)


@command.command("show")
@click.option("--entries", type=click.IntRange(0, 1000), default=10, show_default=True, help="Newest entries to list.")
@config_option
@json_option
def show(entries: int, config: Path | None, as_json: bool) -> None:
    """Print the balance and the newest movements of the owner's account.

    \b
    Example:
      trunkline credits show --entries 50 --json
    """
    credits, page = run(_show(load_settings(config).settings, entries))
    if as_json:
        print_json({**_object(credits), "entries": [_entry_object(row) for row in page]})
        return
    click.echo(f"added {format_usd(credits.total_credits)}, used {format_usd(credits.total_usage)}")
    click.echo(f"balance {format_usd(_balance(credits))}")
    if page:
        print_table(
            ("when", "kind", "amount", "balance", "reference", "note"),
            [
                (
                    timestamp(row.entry.at_ms),
                    row.entry.kind,
                    format_usd(row.entry.amount_nanousd),
                    format_usd(row.balance_nanousd),
                    row.entry.reference,
                    row.entry.note,
                )
                for row in page
            ],
        )


async def _show(settings: Settings, entries: int) -> tuple[Credits, list[BookedEntry]]:
    async with opened(settings) as database:
        account_id = await owner_id(database)
        credits = await database.read(repository.credits, account_id)
        return credits, await database.read(repository.list_entries, account_id, offset=0, limit=entries)


def _balance(credits: Credits) -> int:
    return credits.total_credits - credits.total_usage


def _object(credits: Credits) -> dict[str, object]:
    return {
        "total_credits": usd_number(credits.total_credits),
        "total_usage": usd_number(credits.total_usage),
        "balance": usd_number(_balance(credits)),
    }


def _entry_object(row: BookedEntry) -> dict[str, object]:
    return {
        "at": timestamp(row.entry.at_ms),
        "kind": row.entry.kind,
        "amount": usd_number(row.entry.amount_nanousd),
        "balance": usd_number(row.balance_nanousd),
        "reference": row.entry.reference,
        "note": row.entry.note,
    }
