"""Generations to and from their stored record."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec import ValidationError

from tests.records import a_generation
from trunkline.generations.service import from_record, to_row
from trunkline.generations.types import Generation


@given(st.builds(Generation))
def test_every_generation_comes_back_from_its_record_unchanged(generation: Generation) -> None:
    assert from_record(to_row(generation).record) == generation


def test_the_columns_say_what_the_record_says() -> None:
    generation = a_generation()
    row = to_row(generation)
    for name in row.__struct_fields__:
        if name != "record":
            assert getattr(row, name) == getattr(generation, name)


def test_a_record_of_an_older_version_takes_defaults_and_of_a_newer_one_is_still_read() -> None:
    record = to_row(a_generation()).record
    older = record.replace('"provider_responses":[],', "")
    newer = record.replace("{", '{"learned_later":1,', 1)
    assert older != record
    assert from_record(older) == from_record(newer) == from_record(record)


def test_what_is_no_generation_is_refused() -> None:
    with pytest.raises(ValidationError):
        from_record("{}")
