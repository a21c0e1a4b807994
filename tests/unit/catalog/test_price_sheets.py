import pytest

from trunkline.catalog.entries import PriceTable
from trunkline.catalog.price_sheets import PricingInvalid, price_sheet
from trunkline.core.money import parse_price

BASE: PriceTable = {"prompt": "0.000001", "completion": "0.000002"}


def test_prices_keep_every_digit() -> None:
    sheet = price_sheet({"prompt": "0.000000000000000001", "completion": "0.000000015"})

    assert (sheet.base["prompt"], sheet.base["completion"]) == (1, 15 * 10**9)


def test_conditions_and_prices_of_an_override_are_told_apart() -> None:
    sheet = price_sheet({**BASE, "overrides": [{"utc_start": 2200, "utc_end": 100, "weekdays": [6, 7], "prompt": "0"}]})

    (override,) = sheet.overrides
    assert (override.utc_start, override.utc_end, override.weekdays) == (2200, 100, (6, 7))
    assert override.prices == {"prompt": 0}


def test_missing_cache_prices_fall_back_to_the_prompt() -> None:
    rates = price_sheet(BASE).base_rates

    assert rates.cached == rates.cache_write == rates.cache_write_1h == parse_price("0.000001")


def test_a_single_cache_write_price_covers_every_lifetime() -> None:
    rates = price_sheet({**BASE, "input_cache_write": "0.000003"}).base_rates

    assert rates.cache_write == rates.cache_write_1h == parse_price("0.000003")


@pytest.mark.parametrize(
    ("change", "key", "words"),
    [
        ({"complition": "1"}, "complition", 'did you mean "completion"'),
        ({"prompt": 0.000001}, "prompt", "decimal string"),
        ({"prompt": "-1"}, "prompt", "0 or more"),
        ({"prompt": "NaN"}, "prompt", "finite"),
        ({"prompt": "1e-19"}, "prompt", "18 fractional digits"),
        ({"prompt": []}, "prompt", "one decimal string"),
        ({"overrides": [{"prompt": "1"}]}, "overrides[0]", "needs a condition"),
        ({"overrides": [{"utc_start": 100, "prompt": "1"}]}, "overrides[0].utc_start", "together"),
        ({"overrides": [{"utc_start": 100, "utc_end": 100}]}, "overrides[0].utc_start", "differ"),
        ({"overrides": [{"utc_start": 1270, "utc_end": 1300}]}, "overrides[0].utc_start", "clock number"),
        ({"overrides": [{"weekdays": [0]}]}, "overrides[0].weekdays", "ISO"),
        ({"overrides": [{"min_prompt_tokens": 5, "promt": "1"}]}, "overrides[0].promt", 'did you mean "prompt"'),
        ({"scheduled": [{"effective_from": "soon", "prompt": "1"}]}, "scheduled[0].effective_from", "YYYY-MM-DD"),
        ({"units": [{"label": "x", "unit": "furlong", "usd": "1"}]}, "units[0].unit", "must be one of"),
    ],
)
def test_complaint_names_the_key(change: PriceTable, key: str, words: str) -> None:
    with pytest.raises(PricingInvalid) as caught:
        price_sheet({**BASE, **change})

    assert caught.value.key == key
    assert words in caught.value.message


def test_price_list_without_completion_is_refused_rather_than_free() -> None:
    with pytest.raises(PricingInvalid, match="completion: missing"):
        price_sheet({"prompt": "0.1"})
