"""Arguments of calls in the history as JSON objects."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from trunkline.core import json
from trunkline.protocols.tool_arguments import arguments_object


def test_an_object_stays_as_the_model_wrote_it() -> None:
    written = '{ "a": 1.50, "b": "\\u00e9" }'
    assert bytes(arguments_object(written)).strip() == written.encode()


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        ("", {}),
        (" \n", {}),
        ("[1, 2]", {"value": [1, 2]}),
        ('"x"', {"value": "x"}),
        ('{"a":', {"raw_arguments": '{"a":'}),
        ("nonsense", {"raw_arguments": "nonsense"}),
    ],
)
def test_what_is_no_object_is_wrapped_in_one(arguments: str, told: object) -> None:
    assert json.value(arguments_object(arguments)) == told


@given(st.text())
def test_any_text_becomes_a_json_object(arguments: str) -> None:
    assert isinstance(json.value(arguments_object(arguments)), dict)
