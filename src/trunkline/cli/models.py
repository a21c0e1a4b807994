"""`trunkline models`: what can be called and what it costs."""

from pathlib import Path

import click

from trunkline.catalog.types import Model, PriceKey, PriceSheet
from trunkline.cli.output import json_option, print_json, print_table
from trunkline.cli.session import config_option, load_catalog, load_settings
from trunkline.core.money import format_decimal, format_price

_PER_MILLION = 10**6
_PRICE_DIGITS = 18


@click.command("models")
@click.argument("query", required=False)
@config_option
@json_option
def command(query: str | None, config: Path | None, as_json: bool) -> None:
    """List models, newest first, with prices in US dollars per million tokens. QUERY is a part of the id or name.

    \b
    Example:
      trunkline models gpt-5
    """
    snapshot = load_catalog(load_settings(config))
    found = [model for model in snapshot.models.values() if _matches(model, query)]
    if not found and query is not None:
        raise click.ClickException(f"no model has {query!r} in its id or name")
    if as_json:
        print_json([_object(model) for model in found])
    else:
        print_table(
            ("model", "context", "input $/M", "output $/M", "providers"),
            [
                (
                    model.id,
                    "-" if model.context_length is None else f"{model.context_length:,}",
                    price_per_million(model.endpoints[0].pricing, "prompt"),
                    price_per_million(model.endpoints[0].pricing, "completion"),
                    ", ".join(dict.fromkeys(endpoint.provider for endpoint in model.endpoints)),
                )
                for model in found
            ],
        )


def price_per_million(sheet: PriceSheet, key: PriceKey) -> str:
    """The base price of a million units; `-` where there is none."""
    price = sheet.base.get(key)
    return "-" if price is None or not sheet.priced else format_decimal(price * _PER_MILLION, _PRICE_DIGITS)


def _matches(model: Model, query: str | None) -> bool:
    if query is None:
        return True
    wanted = query.lower()
    return wanted in model.id.lower() or wanted in model.name.lower()


def _object(model: Model) -> dict[str, object]:
    return {
        "id": model.id,
        "name": model.name,
        "operation": model.operation,
        "context_length": model.context_length,
        "max_output_tokens": model.max_output_tokens,
        "endpoints": [
            {
                "provider": endpoint.provider,
                "tag": endpoint.tag,
                "pricing": {key: format_price(price) for key, price in endpoint.pricing.base.items()},
            }
            for endpoint in model.endpoints
        ],
    }
