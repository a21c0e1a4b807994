"""Every model of the catalog can be called for what it does, but for those that are listed with their reason."""

from tests.contract.media import KINDS, PAGE, UNSERVED, models, page, unserved


def test_every_media_model_of_the_catalog_is_served_or_has_a_reason() -> None:
    left = unserved()
    assert {model: formats - UNSERVED.keys() for model, formats in left.items() if formats - UNSERVED.keys()} == {}
    assert len(left) <= 2
    assert {kind for model in models() for kind in KINDS if model.endpoints[0].operation == kind} == set(KINDS)


def test_every_reason_is_still_needed() -> None:
    assert set().union(*unserved().values()) == UNSERVED.keys()


def test_the_written_table_is_the_current_one() -> None:
    """Else: `python -m tests.contract.media`."""
    assert PAGE.read_text(encoding="utf-8") == page()
