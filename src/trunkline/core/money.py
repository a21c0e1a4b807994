"""Money: integers, never floats.

Amounts are nano-dollars (10⁻⁹ USD, `…_nanousd`). Prices per unit are finer than that (the catalog has up to
twelve fractional digits), so a parsed price is an integer of atto-dollars (10⁻¹⁸ USD, `…_attousd`). A charge is
a sum of count × price in atto-dollars with one rounding, half up, at the end (spec/README.md, "Settled").
"""

from decimal import Decimal, InvalidOperation
from typing import NewType

from msgspec import Raw, Struct

NanoUsd = NewType("NanoUsd", int)
AttoUsd = NewType("AttoUsd", int)

NANO_PER_USD = 10**9
ATTO_PER_USD = 10**18
ATTO_PER_NANO = 10**9

PRICE_DIGITS_MAX = 18
AMOUNT_USD_MAX = 10**9


class Charge(Struct, frozen=True, kw_only=True):
    """A priced usage. `total` is what the account pays; the `upstream_*` are the list price.

    Here because the catalog computes it and billing moves it, and neither knows the other.
    """

    total_nanousd: NanoUsd
    upstream_nanousd: NanoUsd
    upstream_prompt_nanousd: NanoUsd
    upstream_completion_nanousd: NanoUsd
    cache_discount_nanousd: NanoUsd = NanoUsd(0)
    """Saved (positive) or extra (negative) against the uncached price (inference.md 12.4)."""
    is_byok: bool = False


NO_CHARGE = Charge(
    total_nanousd=NanoUsd(0),
    upstream_nanousd=NanoUsd(0),
    upstream_prompt_nanousd=NanoUsd(0),
    upstream_completion_nanousd=NanoUsd(0),
)
"""Nothing was used, or nobody asked what it costs."""


def parse_price(text: str) -> AttoUsd:
    """A decimal string of USD per unit, e.g. `"0.00000075"`, as atto-dollars.

    Raises ValueError for anything that is not a finite, non-negative decimal of at most 18 fractional digits.
    """
    try:
        price = Decimal(text)
    except InvalidOperation:
        raise ValueError(f"{text!r} is not a decimal number of US dollars") from None
    if not price.is_finite() or price < 0 or price > AMOUNT_USD_MAX:
        raise ValueError(f"{text!r} is not a price: it must be a finite number of US dollars, 0 or more")
    scaled = price.scaleb(PRICE_DIGITS_MAX)
    if scaled != scaled.to_integral_value():
        raise ValueError(f"{text!r} has more than {PRICE_DIGITS_MAX} fractional digits")
    return AttoUsd(int(scaled))


def parse_amount(text: str) -> NanoUsd:
    """A decimal string of USD as nano-dollars. Raises ValueError if finer than a nano-dollar or not finite."""
    try:
        amount = Decimal(text)
    except InvalidOperation:
        raise ValueError(f"{text!r} is not a decimal number of US dollars") from None
    if not amount.is_finite() or abs(amount) > AMOUNT_USD_MAX:
        raise ValueError(f"{text!r} is not an amount of US dollars between ±{AMOUNT_USD_MAX:,}")
    scaled = amount * NANO_PER_USD
    if scaled != scaled.to_integral_value():
        raise ValueError(f"{text!r} is finer than a nano-dollar (10⁻⁹ USD)")
    return NanoUsd(int(scaled))


def round_to_nanousd(total_attousd: int) -> NanoUsd:
    """The one rounding of a charge: half up."""
    return NanoUsd((total_attousd + ATTO_PER_NANO // 2) // ATTO_PER_NANO)


def format_decimal(units: int, digits: int) -> str:
    """`units` × 10^-`digits` as plain decimal text: no exponent, no trailing zeros (`0.0000003`)."""
    sign = "-" if units < 0 else ""
    whole, fraction = divmod(abs(units), 10**digits)
    if not fraction:
        return f"{sign}{whole}"
    return f"{sign}{whole}.{fraction:0{digits}d}".rstrip("0")


def format_usd(amount_nanousd: int) -> str:
    """`$0.0125`, for people."""
    text = format_decimal(amount_nanousd, 9)
    return f"-${text[1:]}" if text.startswith("-") else f"${text}"


def format_price(price_attousd: int) -> str:
    """A price as the catalog's decimal string."""
    return format_decimal(price_attousd, 18)


def usd_number(amount_nanousd: int) -> Raw:
    """An amount as an exact JSON number of USD (inference.md 13.2: no exponent surprises)."""
    return Raw(format_decimal(amount_nanousd, 9).encode("ascii"))
