"""Tools and the choice among them (inference.md 8.1)."""

import msgspec
import pytest
from msgspec import Raw

from trunkline.core.errors import InvalidRequest
from trunkline.core.json import JsonValue
from trunkline.protocols.chat.tools import parse_tool_choice, parse_tools
from trunkline.protocols.requests import NamedToolChoice
from trunkline.protocols.validation import ParseLimits

F: JsonValue = {"type": "function", "function": {"name": "f"}}


def raw(value: JsonValue) -> Raw:
    return Raw(msgspec.json.encode(value))


@pytest.mark.parametrize(
    ("tools", "field", "says"),
    [
        ([{"type": "openrouter:web_search"}], "tools[0].type", "openrouter:web_search"),
        ([F, {"type": "trunkline:datetime", "parameters": {}}], "tools[1].type", "trunkline:datetime"),
        ([F, F], "tools[1].function.name", "repeats 'f'"),
        ([{"type": "function", "function": {"name": "a b"}}], "tools[0].function.name", "matching"),
        ([{"type": "function"}], "tools[0].function", "missing"),
        ([{"function": {"name": "f", "parameters": []}}], "tools[0].function.parameters", "object"),
        (["f"], "tools[0]", "expected an object"),
    ],
)
def test_tools_that_cannot_be_called_are_refused_by_name(tools: JsonValue, field: str, says: str) -> None:
    with pytest.raises(InvalidRequest) as refused:
        parse_tools(raw(tools), ParseLimits())
    assert refused.value.field == field
    assert says in refused.value.message


def test_a_schema_deeper_than_the_limit_is_refused_and_brackets_in_strings_do_not_count() -> None:
    def schema(depth: int) -> bytes:
        return b'{"a":' * depth + b'"[[[{{{\\""' + b"}" * depth

    tool = b'[{"function":{"name":"f","parameters":%s}}]'
    assert parse_tools(Raw(tool % schema(100)), ParseLimits(nesting_max=100))
    with pytest.raises(InvalidRequest, match="nested too deeply"):
        parse_tools(Raw(tool % schema(101)), ParseLimits(nesting_max=100))


@pytest.mark.parametrize("choice", ["auto", "none", "required"])
def test_choices_are_kept_where_there_are_tools(choice: str) -> None:
    assert parse_tool_choice(raw(choice), parse_tools(raw([F]), ParseLimits())) == choice


def test_a_named_function_must_be_among_the_tools() -> None:
    tools = parse_tools(raw([F]), ParseLimits())
    assert parse_tool_choice(raw(F), tools) == NamedToolChoice("f")
    with pytest.raises(InvalidRequest, match="not among `tools`"):
        parse_tool_choice(raw({"type": "function", "function": {"name": "g"}}), tools)


def test_without_tools_auto_and_none_say_nothing_and_required_is_refused() -> None:
    assert parse_tool_choice(raw("auto"), ()) is None
    assert parse_tool_choice(raw("none"), ()) is None
    with pytest.raises(InvalidRequest, match="there are no tools"):
        parse_tool_choice(raw("required"), ())
    with pytest.raises(InvalidRequest):
        parse_tool_choice(raw(F), ())
