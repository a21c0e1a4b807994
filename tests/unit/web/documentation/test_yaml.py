"""YAML that every reader takes for the JSON that it was made of."""

import yaml
from hypothesis import given
from hypothesis import strategies as st

from trunkline.core.json import JsonValue
from trunkline.web.documentation.yaml import to_yaml

TEXT = st.text(
    st.characters(codec="utf-8", exclude_characters="\x7f\x85\u2028\u2029\ufeff", exclude_categories=["Cc", "Cs", "Cn"])
)
VALUES: st.SearchStrategy[JsonValue] = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53), 2**53) | TEXT,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(TEXT, inner, max_size=4),
    max_leaves=20,
)


@given(VALUES)
def test_a_yaml_reader_gets_the_same_value(value: JsonValue) -> None:
    assert yaml.safe_load(to_yaml(value)) == value


def test_words_that_mean_something_else_are_quoted() -> None:
    assert to_yaml({"on": ["no", {}], "200": []}) == '"on":\n  - "no"\n  - {}\n"200": []\n'
