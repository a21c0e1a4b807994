"""Names of files, made fit."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from trunkline.files.filenames import CHARS_MAX, NAMELESS, clean_filename


@pytest.mark.parametrize(("sent", "kept"), [
    ("report.pdf", "report.pdf"),
    ("../../etc/passwd", "passwd"),
    ("C:\\Users\\me\\report.pdf", "report.pdf"),
    ("Grüße 2.txt", "Grüße 2.txt"),
    ("a\x00b\r\nc.txt", "abc.txt"),
    ("\u202etxt.exe", "txt.exe"),
    ("", NAMELESS),
    ("..", NAMELESS),
    ("folder/", NAMELESS),
    ("x" * 300 + ".pdf", "x" * 251 + ".pdf"),
])  # fmt: skip
def test_what_is_kept_of_a_name(sent: str, kept: str) -> None:
    assert clean_filename(sent) == kept


@given(st.text(max_size=600))
def test_any_text_becomes_a_name_that_can_be_stored(sent: str) -> None:
    name = clean_filename(sent)
    assert 0 < len(name) <= CHARS_MAX
    assert "/" not in name and "\x00" not in name
    assert name.encode().decode() == name
    assert clean_filename(name) == name
