"""Cursors of lists of files."""

from hypothesis import given
from hypothesis import strategies as st

from trunkline.api.file_cursors import decode_cursor, encode_cursor
from trunkline.core.ids import file_id, is_file_id


def test_a_cursor_leads_back_to_its_id() -> None:
    made = file_id(1_767_225_600_000)
    assert is_file_id(made) and decode_cursor(encode_cursor(made)) == made


def test_ids_are_in_the_order_of_their_time() -> None:
    times = [0, 1, 1_767_225_600_000, 1_767_225_600_001, 2**43]
    made = [file_id(time) for time in times]
    assert sorted(made) == made
    assert [int(file_id(time)[8:19], 16) for time in times] == times


@given(st.text(max_size=60))
def test_any_other_text_is_none_or_a_text(text: str) -> None:
    assert decode_cursor(text) is None or isinstance(decode_cursor(text), str)
