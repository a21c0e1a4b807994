"""Bodies that no client would send: refused with a field, or read; never an exception of another kind."""

import json
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from tests.protocols.messages_client import ANSWERING, LIMITS
from trunkline.core.errors import InvalidRequest
from trunkline.protocols.messages.client import parse_messages

GOOD: dict[str, Any] = {
    "model": "acme/m1",
    "max_tokens": 100,
    "system": [{"type": "text", "text": "Be brief.", "cache_control": {"type": "ephemeral"}}],
    "thinking": {"type": "enabled", "budget_tokens": 1024},
    "output_config": {"effort": "low", "format": {"type": "json_schema", "schema": {"type": "object"}}},
    "tools": [{"name": "look", "input_schema": {"type": "object"}}, {"type": "bash_20250124", "name": "bash"}],
    "tool_choice": {"type": "tool", "name": "look"},
    "metadata": {"user_id": "u"},
    "fallbacks": [{"model": "acme/m2"}],
    "messages": [
        {"role": "user", "content": [{"type": "image", "source": {"type": "url", "url": "https://a.example/b.png"}}]},
        {
            "role": "assistant",
            "content": [
                {"type": "thinking", "thinking": "Hm.", "signature": "trunkline.1.WyJ4Iixud.x"},
                {"type": "redacted_thinking", "data": "trunkline.1.????.x"},
                {"type": "server_tool_use", "id": "srv", "name": "web_search", "input": {}},
                {"type": "tool_use", "id": "call", "name": "look", "input": {"a": 1}},
            ],
        },
        {"role": "user", "content": [{"type": "tool_result", "tool_use_id": "call", "content": [], "is_error": True}]},
        {"role": "system", "content": [{"type": "tool_removal", "tool": {"type": "tool_reference", "name": "look"}}]},
    ],
}
ANYTHING = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=6),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.sampled_from(["type", "text", "name", "id"]), inner, max_size=3)
    ),
    max_leaves=5,
)


def places(value: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    inner = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    return [path, *(place for name, member in inner for place in places(member, (*path, name)))]


PLACES = places(GOOD)[1:]


def with_value(path: tuple[Any, ...], value: Any) -> dict[str, Any]:
    body = json.loads(json.dumps(GOOD))
    holder = body
    for name in path[:-1]:
        holder = holder[name]
    holder[path[-1]] = value
    return body


def travel(data: bytes) -> None:
    try:
        request = parse_messages(data, LIMITS)
        request.edit(ANSWERING.target)
        request.to_hub()
    except InvalidRequest as refusal:
        assert refusal.message


def test_the_good_one_is_good() -> None:
    request = parse_messages(json.dumps(GOOD).encode(), LIMITS)
    assert request.models == ("acme/m1", "acme/m2")
    assert json.loads(request.edit(ANSWERING.target))["messages"][1]["content"][0]["type"] == "server_tool_use"


@settings(max_examples=500, deadline=None)
@given(st.sampled_from(PLACES), ANYTHING)
def test_anything_anywhere_is_read_or_refused(path: tuple[Any, ...], value: Any) -> None:
    travel(json.dumps(with_value(path, value)).encode())


@settings(max_examples=200, deadline=None)
@given(st.binary(max_size=200))
def test_bytes_that_are_no_request_are_refused(data: bytes) -> None:
    travel(data)
