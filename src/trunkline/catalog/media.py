"""Prices of media that is not billed by token: seconds, characters, images, searches (catalog README, "Pricing" 4)."""

from collections.abc import Iterable

from trunkline.catalog.prices import PriceSheet, UnitPrice
from trunkline.protocols.media_use import MediaUse

_SECONDS = {"second": 1, "minute": 60, "hour": 3600}


def media_attousd(
    sheet: PriceSheet, unit: str, thousandths: int, label: str = "", details: tuple[str, ...] = ()
) -> int:
    """Price of `thousandths` / 1000 of `unit`: `("second", 6250)` for 6.25 seconds. 0 if the sheet prices no such unit.

    Durations are converted between seconds, minutes and hours. Several prices of one unit are alternatives chosen by
    their label (a resolution such as `720p`); of those whose label contains `label`, the first with the
    most of `details` in it counts.
    """
    price = unit_price(sheet, unit, label, details)
    if price is None:
        return 0
    numerator = price.price * thousandths * _SECONDS.get(unit, 1)
    denominator = 1000 * _SECONDS.get(price.unit, 1)
    return (2 * numerator + denominator) // (2 * denominator)


def used_attousd(sheet: PriceSheet, used: Iterable[MediaUse]) -> int:
    """Price of everything that was used and is not counted in tokens."""
    return sum(media_attousd(sheet, use.unit, use.thousandths, use.label, use.details) for use in used)


def unit_price(sheet: PriceSheet, unit: str, label: str = "", details: tuple[str, ...] = ()) -> UnitPrice | None:
    """The price that counts for a unit, a label and its details, None if there is none."""
    is_duration = unit in _SECONDS
    wanted = label.lower()
    fitting = [
        price
        for price in sheet.units
        if (price.unit in _SECONDS if is_duration else price.unit == unit) and wanted in price.label.lower()
    ]
    return max(fitting, key=lambda price: sum(detail in price.label.lower() for detail in details), default=None)
