"""`pricing` as clients read it (routing-and-catalog.md 20.4): decimal strings, no exponent, no rounding."""

from collections.abc import Mapping

from trunkline.catalog.price_display import shown_prices
from trunkline.catalog.prices import PRICE_KEYS, PriceKey, PriceSheet
from trunkline.core.money import AttoUsd, format_price

UNPRICED = "-1"
"""Shown for an endpoint without price: clients know it from routers, "not known beforehand"; zero would be a lie."""

Prices = dict[str, str | int | list[dict[str, str | int]]]
"""Price key → decimal string of USD per unit; `overrides` last."""


def price_strings(sheet: PriceSheet, at_ms: int) -> Prices:
    """`pricing`: prices of this moment, then the conditional ones."""
    if not sheet.priced:
        return {"prompt": UNPRICED, "completion": UNPRICED}
    now, conditional = shown_prices(sheet, at_ms)
    prices: Prices = {**_strings(now)}
    overrides: list[dict[str, str | int]] = []
    for override in conditional:
        entry: dict[str, str | int] = {
            key: number
            for key, number in (
                ("min_prompt_tokens", override.min_prompt_tokens),
                ("utc_start", override.utc_start),
                ("utc_end", override.utc_end),
            )
            if number is not None
        }
        overrides.append({**entry, **_strings(override.prices)})
    if overrides:
        prices["overrides"] = overrides
    return prices


def _strings(prices: Mapping[PriceKey, AttoUsd]) -> dict[str, str]:
    return {key: format_price(prices[key]) for key in PRICE_KEYS if key in prices}
