"""What is shown must price every request of the day as the catalog itself does."""

from datetime import UTC, datetime

from hypothesis import given
from hypothesis import strategies as st

from trunkline.catalog.entries import PriceItem, PriceTable
from trunkline.catalog.price_display import shown_prices
from trunkline.catalog.price_sheets import price_sheet
from trunkline.catalog.prices import PriceSheet
from trunkline.catalog.pricing import effective_prices

MIDNIGHT = int(datetime(2026, 11, 23, tzinfo=UTC).timestamp() * 1000)  # a Monday
KEYS = ("prompt", "completion", "input_cache_read")
BASE: PriceTable = {"prompt": "1", "completion": "2", "input_cache_read": "0.5"}

clocks = st.builds(lambda hour, minute: hour * 100 + minute, st.integers(0, 23), st.sampled_from([0, 30]))


@st.composite
def overrides(draw: st.DrawFn) -> PriceItem:
    item: PriceItem = {key: str(draw(st.integers(0, 9))) for key in draw(st.sets(st.sampled_from(KEYS), min_size=1))}
    if draw(st.booleans()):
        start, end = draw(clocks), draw(clocks)
        if start != end:
            item |= {"utc_start": start, "utc_end": end}
    if draw(st.booleans()):
        item["weekdays"] = draw(st.lists(st.integers(1, 7), min_size=1, max_size=3))
    if draw(st.booleans()) or not {"utc_start", "weekdays"} & item.keys():
        item["min_prompt_tokens"] = draw(st.sampled_from([100, 200]))
    return item


@given(
    st.lists(overrides(), max_size=4), st.integers(0, 47), st.integers(0, 47), st.sampled_from([0, 100, 101, 200, 201])
)
def test_shown_prices_price_every_request_of_the_day_alike(
    conditional: list[PriceItem], shown_half_hour: int, asked_half_hour: int, prompt_tokens: int
) -> None:
    sheet = price_sheet({**BASE, "overrides": conditional})
    asked_at = MIDNIGHT + asked_half_hour * 1_800_000

    top, listed = shown_prices(sheet, MIDNIGHT + shown_half_hour * 1_800_000)

    as_shown = PriceSheet(base=top, overrides=listed)
    assert effective_prices(as_shown, prompt_tokens=prompt_tokens, at_ms=asked_at) == effective_prices(
        sheet, prompt_tokens=prompt_tokens, at_ms=asked_at
    )


@given(st.lists(overrides(), max_size=4))
def test_shown_windows_tile_the_day_once(conditional: list[PriceItem]) -> None:
    sheet = price_sheet({**BASE, "overrides": conditional})

    _, listed = shown_prices(sheet, MIDNIGHT)

    windows = [(o.utc_start, o.utc_end) for o in listed if o.min_prompt_tokens is None]
    if windows:
        starts, ends = zip(*windows, strict=True)
        assert list(ends) == [*starts[1:], starts[0] if starts[0] else 0]


def test_tiers_are_shown_as_they_are() -> None:
    sheet = price_sheet({**BASE, "overrides": [{"min_prompt_tokens": 200_000, "prompt": "3"}]})

    top, listed = shown_prices(sheet, MIDNIGHT)

    assert top == sheet.base
    assert listed == sheet.overrides


def test_windows_of_other_weekdays_are_not_shown() -> None:
    sheet = price_sheet({**BASE, "overrides": [{"utc_start": 100, "utc_end": 400, "weekdays": [2], "prompt": "3"}]})

    assert shown_prices(sheet, MIDNIGHT) == (sheet.base, ())
    assert len(shown_prices(sheet, MIDNIGHT + 86_400_000)[1]) == 2
