"""Whatever a caller sends: a request or a clear 4xx, never another exception (operating.md OP-50)."""

import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.protocols.chat_request_strategies import body_bytes, chat_requests, json_values, targets
from trunkline.core.errors import InvalidRequest, TrunklineError
from trunkline.core.json import JsonValue
from trunkline.protocols.answers import UpstreamTarget
from trunkline.protocols.chat.native_request import edit_request
from trunkline.protocols.chat.request import ChatRequest, ParseLimits, parse_chat, parse_completion, to_hub
from trunkline.protocols.chat.upstream import encode_upstream
from trunkline.protocols.echo import redact_for_echo

LIMITS = ParseLimits()
PLAIN = UpstreamTarget(provider="acme", upstream_model="m", supported_parameters=frozenset())
SLOW_OK = settings(
    max_examples=400, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large]
)


def use(request: ChatRequest, target: UpstreamTarget = PLAIN) -> None:
    """Everything that the gateway does with an accepted request."""
    for sent in (edit_request(request, target), encode_upstream(to_hub(request), target)):
        msgspec.json.decode(sent)
        msgspec.json.decode(redact_for_echo(sent))
    assert request.prompt_tokens_estimate > 0
    assert request.metadata is None or msgspec.json.decode(request.metadata) is not None
    sent.decode()


def parse_or_refuse(body: bytes, target: UpstreamTarget = PLAIN) -> None:
    for parse in (parse_chat, parse_completion):
        try:
            use(parse(body, LIMITS), target)
        except TrunklineError as refusal:
            assert 400 <= refusal.http_status < 500
            assert refusal.message
            assert len(refusal.message) < 1000


@SLOW_OK
@given(st.binary(max_size=200))
def test_any_bytes_are_a_request_or_a_refusal(body: bytes) -> None:
    parse_or_refuse(body)


@SLOW_OK
@given(json_values)
def test_any_json_is_a_request_or_a_refusal(body: JsonValue) -> None:
    parse_or_refuse(body_bytes(body))


@SLOW_OK
@given(body=chat_requests(), data=st.data())
def test_a_broken_byte_in_a_valid_body_is_a_request_or_a_refusal(body: JsonValue, data: st.DataObject) -> None:
    valid = body_bytes(body)
    at = data.draw(st.integers(0, len(valid) - 1))
    inserted = data.draw(st.sampled_from([b"\xff", b"\\ud800", b"NaN", b'"', b"{", b"]", b"1e999", b"\x00", b"null"]))
    parse_or_refuse(valid[:at] + inserted + valid[at + data.draw(st.integers(0, 8)) :])


@SLOW_OK
@given(body=chat_requests(), data=st.data(), target=targets)
def test_any_value_in_any_place_is_a_request_or_a_refusal(
    body: dict[str, JsonValue], data: st.DataObject, target: UpstreamTarget
) -> None:
    body = msgspec.json.decode(body_bytes(body))  # strategies share objects: a copy to break
    place: JsonValue = body
    for _ in range(data.draw(st.integers(1, 5))):
        if isinstance(place, dict) and place:
            holder, key = place, data.draw(st.sampled_from(sorted(place)))
            place = place[key]
        elif isinstance(place, list) and place:
            holder, key = place, data.draw(st.integers(0, len(place) - 1))
            place = place[key]
        else:
            break
    holder[key] = data.draw(json_values)
    parse_or_refuse(body_bytes(body), target)


FIELDS = [
    *("model", "models", "preset", "stream", "stream_options", "usage", "max_tokens", "max_completion_tokens"),
    *("temperature", "top_p", "top_k", "min_p", "top_a", "frequency_penalty", "presence_penalty", "repetition_penalty"),
    *("seed", "logit_bias", "logprobs", "top_logprobs", "n", "response_format", "structured_outputs", "tools"),
    *("tool_choice", "parallel_tool_calls", "max_tool_calls", "reasoning", "reasoning_effort", "include_reasoning"),
    *("verbosity", "modalities", "audio", "image_config", "prediction", "plugins", "transforms", "web_search_options"),
    *("provider", "route", "cache_control", "prompt_cache_key", "prompt_cache_options", "session_id", "user"),
    *("metadata", "trace", "service_tier", "speed", "debug", "safety_identifier", "messages", "stop"),
]


@pytest.mark.parametrize("field", FIELDS)
@pytest.mark.parametrize("wrong", [b'"\\u2603 hot"', b"[[]]", b'{"a":{}}', b"-1.5e300", b"true", b"9" * 400])
def test_a_field_of_the_wrong_type_is_refused_by_its_name(field: str, wrong: bytes) -> None:
    body = b'{"messages":[{"role":"user","content":"a"}],"%s":%s}' % (field.encode(), wrong)
    fitting = {
        b'"\\u2603 hot"': {
            "model",
            "preset",
            "route",
            "prompt_cache_key",
            "session_id",
            "user",
            "safety_identifier",
            "stop",
        },
        b'{"a":{}}': {
            "stream_options",
            "usage",
            "reasoning",
            "image_config",
            "provider",
            "trace",
            "debug",
            "web_search_options",
        },
        b"true": {"stream", "logprobs", "structured_outputs", "parallel_tool_calls", "include_reasoning"},
    }
    if field in fitting.get(wrong, set()):
        use(parse_chat(body, LIMITS))
        return
    with pytest.raises(InvalidRequest) as refusal:
        parse_chat(body, LIMITS)
    assert refusal.value.field is not None
    assert refusal.value.field.split(".")[0].split("[")[0] == field
    assert field in refusal.value.message


@pytest.mark.parametrize(
    ("body", "says"),
    [
        (b"", "not valid JSON"),
        (b"[]", "expected an object, got an array"),
        (b'{"messages":[{"role":"user","content":"\xff"}]}', "UTF-8"),
        (b'{"messages":[{"role":"user","content":"\\ud800"}]}', "not valid JSON"),
        (b'{"messages":[{"role":"user","content":"a"}],"temperature":NaN}', "not valid JSON"),
        (b'{"x":' + b"[" * 200 + b"]" * 200 + b',"messages":[{"role":"user","content":"a"}]}', "nested"),
        (b'{"x":' + b"[" * 100_000 + b"]" * 100_000 + b"}", "nested"),
        (b'{"messages":' + b"[" * 100_000 + b"]" * 100_000 + b"}", "nested"),
        (b'{"messages":[{"role":"user","content":"a"}],"seed":' + b"9" * 5000 + b"}", "seed"),
        (b'{"messages":[]}', "empty"),
        (b"{}", 'specify "prompt" or "messages"'),
    ],
)
def test_hostile_bodies_are_told_what_is_wrong(body: bytes, says: str) -> None:
    with pytest.raises(InvalidRequest) as refusal:
        parse_chat(body, LIMITS)
    assert says in refusal.value.message


def test_of_duplicate_members_the_last_counts_and_only_one_is_sent() -> None:
    twice = b'"model":"a","model":"b","temperature":"x","temperature":1,"messages":[]'
    request = parse_chat(b"{" + twice + b',"messages":[{"role":"user","content":"a"}]}', LIMITS)
    assert request.models == ("b",)
    assert edit_request(request, PLAIN).count(b'"temperature"') == 1


def test_bounds_stop_bodies_of_millions_of_members_before_they_are_decoded() -> None:
    with pytest.raises(InvalidRequest, match="strings"):
        parse_chat(b'{"tools":[' + b'{"":1},' * 1_500_000 + b"{}]}", LIMITS)


@pytest.mark.parametrize(("count", "field"), [("messages", "messages"), ("tools", "tools")])
def test_more_messages_or_tools_than_the_limit_are_refused(count: str, field: str) -> None:
    body: dict[str, JsonValue] = {"messages": [{"role": "user", "content": "a"}]}
    if count == "messages":
        body["messages"] = [{"role": "user", "content": "a"}] * 6
    else:
        body["tools"] = [{"type": "function", "function": {"name": f"f{i}"}} for i in range(6)]
    with pytest.raises(InvalidRequest, match="has 6 entries, more than 5") as refusal:
        parse_chat(body_bytes(body), ParseLimits(messages_max=5, tools_max=5))
    assert refusal.value.field == field
