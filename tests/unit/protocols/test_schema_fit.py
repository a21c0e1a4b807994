import json
from typing import Any

import jsonschema_rs
import pytest
from hypothesis import given
from hypothesis import strategies as st

from trunkline.protocols.schema_fit import fits

CITY = {
    "type": "object",
    "properties": {"city": {"type": "string"}, "days": {"type": "integer"}},
    "required": ["city"],
    "additionalProperties": False,
}


@pytest.mark.parametrize(
    ("value", "schema", "expected"),
    [
        ({"city": "Oslo"}, CITY, True),
        ({"city": "Oslo", "days": 2.0}, CITY, True),
        ({"city": "Oslo", "days": 2.5}, CITY, False),
        ({"city": "Oslo", "days": True}, CITY, False),
        ({"days": 2}, CITY, False),
        ({"city": None}, CITY, False),
        ({"city": "Oslo", "country": "NO"}, CITY, False),
        ([{"city": "Oslo"}, {}], {"type": "array", "items": CITY}, False),
        ("b", {"enum": ["a", "c"]}, False),
        (1, {"const": True}, False),
        (1.0, {"const": 1}, True),
        (None, {"type": ["string", "null"]}, True),
        (3, {"$ref": "#/$defs/x", "type": "string"}, True),
        (3, {"type": "made up"}, True),
        (3, "no schema", True),
        (3, False, False),
        (3, {"minimum": 4}, True),
    ],
)
def test_light_check(value: Any, schema: Any, expected: bool) -> None:
    assert fits(value, schema) is expected


_values = st.recursive(
    st.none() | st.booleans() | st.integers(-3, 3) | st.sampled_from([0.5, 1.0, "", "a", "b"]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from("abc"), inner, max_size=3),
    max_leaves=6,
)
_types = st.sampled_from(["null", "boolean", "integer", "number", "string", "array", "object"])
_schemas = st.recursive(
    st.booleans() | st.fixed_dictionaries({}, optional={"type": _types | st.lists(_types, min_size=1, unique=True)}),
    lambda inner: st.fixed_dictionaries(
        {},
        optional={
            "type": _types,
            "enum": st.lists(_values, min_size=1, max_size=3),
            "const": _values,
            "required": st.lists(st.sampled_from("abc"), unique=True),
            "properties": st.dictionaries(st.sampled_from("abc"), inner, max_size=2),
            "patternProperties": st.dictionaries(st.sampled_from("abc"), inner, max_size=1),
            "items": inner | st.lists(inner, min_size=1, max_size=2),
            "additionalProperties": inner,
            "anyOf": st.lists(inner, min_size=1, max_size=2),
            "minLength": st.integers(0, 2),
        },
    ),
    max_leaves=5,
)


@given(value=_values, schema=_schemas)
def test_what_is_called_unfit_is_unfit_under_draft_7(value: Any, schema: Any) -> None:
    is_valid = jsonschema_rs.Draft7Validator(schema).is_valid(value)
    if not fits(json.loads(json.dumps(value)), schema):
        assert not is_valid
