from trunkline.catalog.media import media_attousd, unit_price
from trunkline.catalog.price_sheets import price_sheet
from trunkline.core.money import round_to_nanousd

TRANSCRIPTION = price_sheet(
    {"prompt": "0", "completion": "0", "units": [{"label": "Audio Minutes", "unit": "minute", "usd": "0.006"}]}
)
VIDEO = price_sheet(
    {
        "prompt": "0",
        "completion": "0",
        "units": [
            {"label": "Video Output (720p)", "unit": "second", "usd": "0.14"},
            {"label": "Video Output (1080p)", "unit": "second", "usd": "0.25"},
        ],
    }
)


def test_seconds_are_charged_at_the_price_of_a_minute() -> None:
    assert round_to_nanousd(media_attousd(TRANSCRIPTION, "second", 6_250)) == 625_000


def test_label_chooses_among_alternatives() -> None:
    assert round_to_nanousd(media_attousd(VIDEO, "second", 2_000, "1080p")) == 500_000_000
    assert round_to_nanousd(media_attousd(VIDEO, "second", 2_000)) == 280_000_000


def test_unit_without_price_costs_nothing_and_is_seen_to_have_none() -> None:
    assert unit_price(VIDEO, "image") is None
    assert media_attousd(VIDEO, "image", 1_000) == 0
