"""The native path and the hub path are each the oracle of the other: for one request and one endpoint, two bodies
that mean the same (architecture, "Honest costs" (1))."""

import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.protocols.chat_request_strategies import body_bytes, chat_requests, targets, texts
from trunkline.core.errors import InvalidRequest
from trunkline.core.json import JsonValue
from trunkline.protocols.answers import UpstreamTarget
from trunkline.protocols.chat.native_request import MESSAGE_MEMBERS, edit_request
from trunkline.protocols.chat.request import ChatRequest, ParseLimits, parse_chat, to_hub
from trunkline.protocols.chat.upstream import encode_upstream

ALLOWED_DIFFERENCES = """
1. `stop`: a string is a list of one.
2. Assistant `content`: absent is null is an empty list.
3. `refusal`: a part of the content, or a member of the message.
4. A call of the history without `type` is of type `function`; other members of calls are kept by native alone.
5. `reasoning_content` is `reasoning` towards a gateway of our own dialect.
6. Members that nobody knows, in messages and in parts: native keeps them where it need not edit the message's content.
7. Null members of messages, parts and tools are absent; so are empty `tool_calls`, `images` and `annotations`.
"""

Object = dict[str, JsonValue]


def meaning(body: bytes) -> Object:
    """The body with the allowed differences levelled."""
    decoded = msgspec.json.decode(body, type=dict[str, object])
    value = _without_nulls(decoded)
    assert isinstance(value, dict)
    if isinstance(value.get("stop"), str):
        value["stop"] = [value["stop"]]
    messages = value["messages"]
    assert isinstance(messages, list)
    value["messages"] = [_message(message) for message in messages if isinstance(message, dict)]
    return value


def _without_nulls(value: object) -> JsonValue:
    if isinstance(value, dict):
        return {name: _without_nulls(member) for name, member in value.items() if member is not None}
    if isinstance(value, list):
        return [_without_nulls(member) for member in value]
    assert value is None or isinstance(value, bool | int | float | str)
    return value


def _message(message: Object) -> Object:
    known = {name: member for name, member in message.items() if name in MESSAGE_MEMBERS}
    if "reasoning_content" in known and "reasoning" not in known:
        known["reasoning"] = known.pop("reasoning_content")
    elif "reasoning_content" in known:
        del known["reasoning_content"]
    content = known.get("content")
    if isinstance(content, list):
        refusals = [part for part in content if isinstance(part, dict) and part["type"] == "refusal"]
        if refusals and known["role"] == "assistant":
            known["content"] = [part for part in content if part not in refusals]
            known["refusal"] = "".join(str(part["refusal"]) for part in refusals)
    if known["role"] == "assistant" and not known.get("content") and known.get("content") != "":
        known.pop("content", None)
    calls = known.get("tool_calls")
    if isinstance(calls, list):
        known["tool_calls"] = [
            {"id": call["id"], "type": "function", "function": call["function"]}
            for call in calls
            if isinstance(call, dict)
        ]
    for name in ("tool_calls", "annotations", "images"):
        if not known.get(name):
            known.pop(name, None)
    return known


def both(request: ChatRequest, target: UpstreamTarget) -> tuple[bytes, bytes] | None:
    """The two bodies; None when both paths refuse, in the same words."""
    try:
        native = edit_request(request, target)
    except InvalidRequest as refusal:
        with pytest.raises(InvalidRequest, match=refusal.message[:20]):
            encode_upstream(to_hub(request), target)
        return None
    return native, encode_upstream(to_hub(request), target)


@settings(max_examples=600, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])
@given(body=chat_requests(), target=targets)
def test_both_paths_mean_the_same(body: JsonValue, target: UpstreamTarget) -> None:
    bodies = both(parse_chat(body_bytes(body), ParseLimits()), target)
    if bodies is not None:
        assert meaning(bodies[0]) == meaning(bodies[1])


@settings(max_examples=200, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])
@given(body=chat_requests(), target=targets, private=texts)
def test_nothing_of_the_gateway_reaches_an_upstream(body: Object, target: UpstreamTarget, private: str) -> None:
    secret = f"secret-{private}"
    body = body | {
        "user": secret,
        "session_id": secret,
        "metadata": {"k": secret},
        "trace": {"trace_id": secret},
        "preset": secret,
        "provider": {"order": [secret]},
        "route": secret,
        "transforms": [secret],
        "plugins": [{"id": secret}],
        "safety_identifier": secret,
    }
    bodies = both(parse_chat(body_bytes(body), ParseLimits()), target)
    for sent in bodies or ():
        assert b"secret-" not in sent


@settings(max_examples=100, deadline=None)
@given(unknown=st.dictionaries(st.sampled_from(["prefix", "phase", "x_new"]), texts, min_size=1))
def test_native_keeps_members_of_messages_that_nobody_knows(unknown: Object) -> None:
    body: JsonValue = {
        "model": "m",
        "messages": [
            {"role": "developer", "content": "a"} | unknown,
            {"role": "user", "content": "b"} | unknown,
        ],
    }
    target = UpstreamTarget(provider="acme", upstream_model="m", supported_parameters=frozenset())
    sent = msgspec.json.decode(edit_request(parse_chat(body_bytes(body), ParseLimits()), target))
    assert sent["messages"] == [
        {"role": "system", "content": "a"} | unknown,
        {"role": "user", "content": "b"} | unknown,
    ]


def test_messages_that_need_no_edit_keep_their_bytes() -> None:
    messages = b'[ {"role" : "user","content":"\\u00e9 \\/ 1.0e5", "x":1e400} ]'
    body = b'{"model":"m","messages":' + messages + b',"temperature":0.70}'
    target = UpstreamTarget(provider="acme", upstream_model="m", supported_parameters=frozenset())
    sent = edit_request(parse_chat(body, ParseLimits()), target)
    assert messages in sent
    assert b'"temperature":0.70' in sent
