"""NUM-01 to NUM-06 of site.md 0.4."""

import pytest

from trunkline.web.formats import numbers

ATTO_PER_MILLION_DOLLAR = 10**12  # atto-USD per token that make one dollar per million tokens


@pytest.mark.parametrize(
    ("attousd", "shown"),
    [
        (0, "Free"),
        (750_000_000_000, "$0.75"),
        (4_500_000_000_000, "$4.50"),
        (100_000_000_000, "$0.10"),
        (37_500_000_000, "$0.0375"),
        (8_750_000_000, "$0.00875"),
        (123_456_789, "$0.0001235"),
        (1, "$0.000000000001"),
        (1_234_500_000_000_000, "$1,234.50"),
    ],
)
def test_prices_have_two_decimals_from_ten_cents_and_else_four_digits(attousd: int, shown: str) -> None:
    assert numbers.price_per_million(attousd) == shown
    assert "e" not in shown.lower().replace("free", "")


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        (0, "0"),
        (999, "999"),
        (1000, "1K"),
        (1_234_567, "1.23M"),
        (131_072, "131K"),
        (1_048_576, "1.04M"),
        (999_999, "999K"),
        (12_345_678_901, "12.3B"),
        (5 * 10**12, "5T"),
        (None, "–"),
    ],
)
def test_counts_have_three_digits_and_a_letter(value: int | None, shown: str) -> None:
    assert numbers.count(value) == shown


@pytest.mark.parametrize(
    ("nanousd", "shown"),
    [
        (0, "$0"),
        (1, "<$0.000001"),
        (12_300_000, "$0.0123"),
        (1_234_567_000, "$1.23"),
        (3_000_000_000, "$3.00"),
        (-2_500_000_000, "-$2.50"),
        (1_500, "$0.000002"),
    ],
)
def test_spent_money_has_two_decimals_from_a_dollar_and_else_up_to_six(nanousd: int, shown: str) -> None:
    assert numbers.amount(nanousd) == shown


@pytest.mark.parametrize(
    ("value", "shown"), [(99.999, "99.99%"), (100.0, "100.00%"), (80.0, "80.00%"), (0.0, "0.00%"), (None, "–")]
)
def test_percents_are_floored_so_that_a_hundred_means_never_failed(value: float | None, shown: str) -> None:
    assert numbers.percent(value) == shown
