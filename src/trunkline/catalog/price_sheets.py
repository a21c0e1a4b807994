"""From `pricing` as written to a `PriceSheet`, with every complaint naming its key."""

from datetime import date
from functools import lru_cache
from typing import TypeGuard

from trunkline.catalog.entries import PriceItem, PriceTable
from trunkline.catalog.prices import (
    PRICE_KEYS,
    PriceKey,
    PriceOverride,
    PriceSheet,
    ScheduledPrice,
    UnitPrice,
)
from trunkline.catalog.vocabulary import UNITS, nearest
from trunkline.core.calendar import DAY_MS
from trunkline.core.money import AttoUsd, parse_price

UNPRICED = PriceSheet(base={}, priced=False)

_LISTS = ("overrides", "scheduled", "units")
_PRICE_KEYS = frozenset[str](PRICE_KEYS)
_EPOCH = date(1970, 1, 1)


class PricingInvalid(ValueError):
    """A price table that cannot be used. `key` is the place in it, e.g. `overrides[0].prompt`."""

    def __init__(self, key: str, message: str) -> None:
        super().__init__(f"{key}: {message}")
        self.key = key
        self.message = message


def price_sheet(table: PriceTable | None) -> PriceSheet:
    """All prices of one endpoint; `UNPRICED` for None. Raises PricingInvalid."""
    if table is None:
        return UNPRICED
    base: PriceItem = {}
    lists: dict[str, list[PriceItem]] = {}
    for key, value in table.items():
        if not isinstance(value, list):
            base[key] = value
        elif key in _LISTS:
            lists[key] = value
        else:
            raise PricingInvalid(key, _unknown(key) if key not in _PRICE_KEYS else "a price is one decimal string")
    for key in ("prompt", "completion"):
        if key not in base:
            raise PricingInvalid(key, 'missing; a price list has prompt and completion ("0" if free of charge)')
    if not lists:
        return PriceSheet(base=_prices(base, ""))
    return PriceSheet(
        base=_prices(base, ""),
        overrides=tuple(_override(item, f"overrides[{i}].") for i, item in enumerate(lists.get("overrides", ()))),
        scheduled=tuple(_scheduled(item, f"scheduled[{i}].") for i, item in enumerate(lists.get("scheduled", ()))),
        units=tuple(_unit(item, f"units[{i}].") for i, item in enumerate(lists.get("units", ()))),
    )


def _prices(item: PriceItem, place: str) -> dict[PriceKey, AttoUsd]:
    return {key: _price(value, place + key) for key, value in item.items() if _is_price_key(key, place)}


def _is_price_key(key: str, place: str) -> TypeGuard[PriceKey]:
    if key in _PRICE_KEYS:
        return True
    raise PricingInvalid(place + key, _unknown(key))


@lru_cache(maxsize=4096)
def _parsed(text: str) -> AttoUsd:
    return parse_price(text)


def _price(value: str | float | list[int], place: str) -> AttoUsd:
    if not isinstance(value, str):
        raise PricingInvalid(place, f'write the price as a decimal string, "{value}", so that it stays exact')
    try:
        return _parsed(value)
    except ValueError as error:
        raise PricingInvalid(place, str(error)) from None


def _override(item: PriceItem, place: str) -> PriceOverride:
    conditions = ("min_prompt_tokens", "utc_start", "utc_end", "weekdays")
    prices = {key: value for key, value in item.items() if key not in conditions}
    weekdays = item.get("weekdays", [])
    if not isinstance(weekdays, list) or any(day not in range(1, 8) for day in weekdays):
        raise PricingInvalid(place + "weekdays", "must be a list of ISO numbers, 1 = Monday to 7 = Sunday")
    start, end = _clock(item, "utc_start", place), _clock(item, "utc_end", place)
    if (start is None) != (end is None) or (start is not None and start == end):
        raise PricingInvalid(place + "utc_start", "utc_start and utc_end stand together and differ")
    tokens = _integer(item, "min_prompt_tokens", place)
    if tokens is None and start is None and not weekdays:
        raise PricingInvalid(place.rstrip("."), f"needs a condition: {', '.join(conditions)}")
    return PriceOverride(
        prices=_prices(prices, place),
        min_prompt_tokens=tokens,
        utc_start=start,
        utc_end=end,
        weekdays=tuple(weekdays),
    )


def _clock(item: PriceItem, key: str, place: str) -> int | None:
    number = _integer(item, key, place)
    if number is not None and not (0 <= number <= 2359 and number % 100 <= 59):
        raise PricingInvalid(place + key, f"{number} is no clock number: write 06:30 as 630")
    return number


def _integer(item: PriceItem, key: str, place: str) -> int | None:
    value = item.get(key)
    if value is None or (isinstance(value, int) and value >= 0):
        return value
    raise PricingInvalid(place + key, "must be an integer, 0 or more")


def _scheduled(item: PriceItem, place: str) -> ScheduledPrice:
    try:
        day = date.fromisoformat(str(item.get("effective_from")))
    except ValueError:
        raise PricingInvalid(place + "effective_from", "must be a day, YYYY-MM-DD") from None
    prices = {key: value for key, value in item.items() if key != "effective_from"}
    return ScheduledPrice(effective_from_ms=(day - _EPOCH).days * DAY_MS, prices=_prices(prices, place))


def _unit(item: PriceItem, place: str) -> UnitPrice:
    label, unit = item.get("label"), item.get("unit")
    if not isinstance(label, str) or not label:
        raise PricingInvalid(place + "label", "must be a text")
    if not isinstance(unit, str) or unit not in UNITS:
        raise PricingInvalid(place + "unit", f"must be one of {', '.join(sorted(UNITS))}")
    return UnitPrice(label=label, unit=unit, price=_price(item.get("usd", ""), place + "usd"))


def _unknown(key: str) -> str:
    return "unknown price" + nearest(key, (*PRICE_KEYS, *_LISTS))
