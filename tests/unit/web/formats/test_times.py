import pytest

from trunkline.web.formats import times

DAY_MS = 86_400_000


@pytest.mark.parametrize(("iso", "shown"), [("2024-12-03", "3 Dec 2024"), ("2024-12", "Dec 2024"), ("2024", "2024")])
def test_catalog_dates_of_every_precision_are_readable(iso: str, shown: str) -> None:
    assert times.calendar_day(iso) == shown


def test_a_model_is_new_for_two_weeks() -> None:
    assert times.is_new(0, 14 * DAY_MS - 1)
    assert not times.is_new(0, 14 * DAY_MS)
    assert not times.is_new(86_400, 0)


def test_moments_are_utc() -> None:
    assert times.moment(0) == "1 Jan 1970, 00:00 UTC"
    assert times.iso_moment(1_500) == "1970-01-01T00:00:01Z"
