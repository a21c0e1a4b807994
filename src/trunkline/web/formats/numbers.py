"""Counts, prices, amounts, percentages and durations (site.md 0.4, NUM-01 to NUM-06)."""

from decimal import ROUND_FLOOR, ROUND_HALF_UP, Decimal

from trunkline.core.money import ATTO_PER_USD, NANO_PER_USD, format_decimal

DASH = "–"
"""What is not known; never 0 (NUM-06)."""

_SUFFIXES = ((10**12, "T"), (10**9, "B"), (10**6, "M"), (10**3, "K"))
_MILLION = 10**6
_SIGNIFICANT_DIGITS = 4
_TEN_CENTS = Decimal("0.1")
_LEAST_AMOUNT = Decimal("0.000001")


def count(value: int | None) -> str:
    """Three significant digits and K, M, B or T: 1234567 is `1.23M` (NUM-02)."""
    if value is None:
        return DASH
    for size, suffix in _SUFFIXES:
        if abs(value) >= size:
            return _three_digits(Decimal(value) / size) + suffix
    return str(value)


def exact(value: int | None) -> str:
    """Every digit, grouped; for tooltips."""
    return DASH if value is None else f"{value:,}"


def price_per_million(attousd_per_token: int) -> str:
    """A price per token as dollars per million: two decimals from $0.10 up, else four significant digits (NUM-01)."""
    return price(Decimal(attousd_per_token) * _MILLION / ATTO_PER_USD)


def price_per_unit(attousd: int) -> str:
    """A price of one image, second, search or the like."""
    return price(Decimal(attousd) / ATTO_PER_USD)


def price(dollars: Decimal) -> str:
    """`$0.75`, `$0.0375`, `Free`."""
    if dollars == 0:
        return "Free"
    if dollars >= _TEN_CENTS:
        return f"${dollars.quantize(Decimal('0.01'), ROUND_HALF_UP):,f}"
    digits = _SIGNIFICANT_DIGITS - dollars.adjusted() - 1
    return f"${_plain(dollars.quantize(Decimal(1).scaleb(-digits), ROUND_HALF_UP))}"


def amount(nanousd: int) -> str:
    """Money that was spent: two decimals from $1, else up to six places (NUM-03)."""
    dollars = Decimal(nanousd) / NANO_PER_USD
    sign, dollars = ("-" if dollars < 0 else ""), abs(dollars)
    if dollars >= 1:
        return f"{sign}${dollars.quantize(Decimal('0.01'), ROUND_HALF_UP):,f}"
    if 0 < dollars < _LEAST_AMOUNT:
        return f"{sign}<$0.000001"
    return f"{sign}${_plain(dollars.quantize(_LEAST_AMOUNT, ROUND_HALF_UP))}"


def plain_amount(nanousd: int) -> str:
    """Every digit of an amount, as a form's field takes it: `2.5`."""
    return format_decimal(nanousd, 9)


def percent(value: float | None) -> str:
    """Floored to two decimals: 99.999 is 99.99 %, and 100.00 % is only what never failed (NUM-05)."""
    if value is None:
        return DASH
    return f"{Decimal(repr(value)).quantize(Decimal('0.01'), ROUND_FLOOR)}%"


def seconds(value: float | None) -> str:
    """A latency: `0.42s`, `12.5s`."""
    if value is None:
        return DASH
    return f"{value:.2f}s" if value < 10 else f"{value:.1f}s"


def tokens_per_second(value: float | None) -> str:
    """A throughput: `84.2 tok/s`."""
    return DASH if value is None else f"{value:.1f} tok/s"


def context(tokens: int | None) -> str:
    """A context length in decimal thousands: 131072 is `131K`, 1000000 is `1M`."""
    return count(tokens)


def score(value: float | None) -> str:
    """A benchmark's score as it was published."""
    return DASH if value is None else f"{value:g}"


def _three_digits(value: Decimal) -> str:
    places = max(0, 2 - value.adjusted())
    return _plain(value.quantize(Decimal(1).scaleb(-places), ROUND_FLOOR))


def _plain(value: Decimal) -> str:
    """No exponent, no trailing zeros."""
    text = f"{value:f}"
    return text.rstrip("0").rstrip(".") if "." in text else text
