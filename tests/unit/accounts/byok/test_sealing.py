"""Secrets as they lie in the database (operating.md OP-52)."""

import pytest

from trunkline.accounts.byok.sealing import SecretBox
from trunkline.storage.sealing import CannotOpen

OLD, NEW = b"o" * 32, b"n" * 32


def box(*keys: bytes) -> SecretBox:
    made = SecretBox()
    made.unlock(keys)
    return made


def test_what_was_sealed_opens_and_shows_nothing() -> None:
    sealed = box(OLD).seal("sk-secret", "row-1")
    assert "sk-secret" not in sealed
    assert box(OLD).open(sealed, "row-1") == "sk-secret"
    assert box(OLD).seal("sk-secret", "row-1") != sealed, "a nonce was used twice"


def test_a_text_that_was_copied_into_another_row_does_not_open() -> None:
    sealed = box(OLD).seal("sk-secret", "row-1")
    with pytest.raises(CannotOpen, match="damaged"):
        box(OLD).open(sealed, "row-2")


@pytest.mark.parametrize("damage", [lambda text: text[:-8], lambda text: "AAAA" + text[4:], lambda text: "x"])
def test_a_damaged_text_does_not_open(damage: object) -> None:
    sealed = box(OLD).seal("sk-secret", "row-1")
    with pytest.raises(CannotOpen):
        box(OLD).open(damage(sealed), "row-1")


def test_after_a_change_of_keys_the_old_one_opens_and_the_new_one_seals() -> None:
    sealed, both = box(OLD).seal("sk-secret", "row-1"), box(NEW, OLD)
    assert both.open(sealed, "row-1") == "sk-secret"
    assert not both.is_newest(sealed)
    again = both.seal("sk-secret", "row-1")
    assert both.is_newest(again)
    assert box(NEW).open(again, "row-1") == "sk-secret"
    with pytest.raises(CannotOpen, match="key file"):
        box(NEW).open(sealed, "row-1")
