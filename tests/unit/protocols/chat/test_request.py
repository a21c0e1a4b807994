"""What a chat or completions body says once it is read (inference.md 2, 19; routing-and-catalog.md 1, 4.3)."""

import msgspec
import pytest

from trunkline.core.errors import InvalidPrompt, InvalidRequest
from trunkline.core.json import JsonValue
from trunkline.protocols.chat.request import ChatRequest, ParseLimits, parse_chat, parse_completion, to_hub
from trunkline.protocols.requests import Text

USER: JsonValue = {"role": "user", "content": "Hello"}


def parse(**members: JsonValue) -> ChatRequest:
    return parse_chat(msgspec.json.encode({"messages": [USER]} | members), ParseLimits())


def refusal(**members: JsonValue) -> InvalidRequest:
    with pytest.raises(InvalidRequest) as refused:
        parse(**members)
    return refused.value


def test_a_wrong_type_is_explained_in_words() -> None:
    refused = refusal(temperature="hot")
    assert refused.field == "temperature"
    assert refused.message.startswith("`temperature` is invalid: expected a number or null, got a string.")


@pytest.mark.parametrize(
    ("members", "field"),
    [
        ({"temperature": 2.1}, "temperature"),
        ({"top_p": -0.1}, "top_p"),
        ({"max_tokens": 0}, "max_tokens"),
        ({"stop": ["a", "b", "c", "d", "e"]}, "stop"),
        ({"logit_bias": {"1": 101}}, "logit_bias[...]"),
        ({"top_logprobs": 3}, "top_logprobs"),
        ({"logprobs": True, "top_logprobs": 21}, "top_logprobs"),
        ({"session_id": "x" * 257}, "session_id"),
        ({"metadata": {str(i): "v" for i in range(17)}}, "metadata"),
        ({"metadata": {"k": "v" * 513}}, "metadata[...]"),
        ({"service_tier": "turbo"}, "service_tier"),
        ({"response_format": {"type": "xml"}}, "response_format.type"),
        ({"response_format": {"type": "json_schema"}}, "response_format.json_schema"),
        (
            {"response_format": {"type": "json_schema", "json_schema": {"name": "a b"}}},
            "response_format.json_schema.name",
        ),
        ({"plugins": [{"max_results": 1}]}, "plugins[0].id"),
        ({"modalities": ["smell"]}, "modalities[0]"),
        ({"modalities": ["text", "audio"]}, "stream"),
        ({"reasoning": {"effort": "huge"}}, "reasoning.effort"),
        ({"messages": [USER, {"role": "user"}]}, "messages[1].content"),
        ({"messages": [{"role": "tool", "content": "a", "tool_call_id": "x"}]}, "messages[0].tool_call_id"),
    ],
)
def test_values_outside_the_documented_range_are_refused_by_name(members: dict[str, JsonValue], field: str) -> None:
    assert refusal(**members).field == field


@pytest.mark.parametrize(
    "message",
    [
        {"role": "robot", "content": "a"},
        {"role": "user", "content": {"type": "text", "text": "a"}},
        {"role": "user", "content": [{"type": "smell"}]},
        {"role": "user", "content": ["a"]},
        {"role": "assistant"},
    ],
)
def test_messages_that_are_no_conversation_are_an_invalid_prompt(message: JsonValue) -> None:
    refused = refusal(messages=[message])
    assert isinstance(refused, InvalidPrompt)
    assert refused.kind == "invalid_prompt"


def test_null_is_absent() -> None:
    request = parse(temperature=None, tools=None, models=None, provider=None, stream=None)
    assert request.used_parameters == frozenset()
    assert (request.models, bytes(request.provider), request.stream) == ((), b"", False)


def test_models_are_tried_in_order_and_named_once() -> None:
    assert parse(model="a/b", models=["c/d", "a/b"]).models == ("a/b", "c/d")


def test_more_fallback_models_than_allowed_are_refused_in_the_original_words() -> None:
    refused = refusal(models=["a", "b", "c", "d"])
    assert refused.message == "'models' array must have 3 items or fewer."


def test_used_parameters_have_the_names_of_the_enum() -> None:
    tools: JsonValue = [{"type": "function", "function": {"name": "f"}}]
    schema: JsonValue = {"type": "json_schema", "json_schema": {"name": "a", "schema": {}}}
    request = parse(
        tools=tools, tool_choice="auto", response_format=schema, max_completion_tokens=5, user="u", n=2, x=1, stop=[]
    )
    assert request.used_parameters == {"tools", "tool_choice", "structured_outputs", "max_completion_tokens"}
    assert parse(response_format={"type": "json_object"}).used_parameters == {"response_format"}
    assert parse(response_format={"type": "text"}).used_parameters == frozenset()
    assert parse(tools=[], tool_choice="auto", parallel_tool_calls=True).used_parameters == frozenset()


def test_max_completion_tokens_wins_over_max_tokens() -> None:
    assert parse(max_tokens=5, max_completion_tokens=7).max_output_tokens == 7


@pytest.mark.parametrize(
    ("members", "tier"),
    [
        ({"service_tier": "fast"}, "priority"),
        ({"speed": "fast"}, "priority"),
        ({"speed": "fast", "service_tier": "flex"}, "flex"),
        ({}, None),
    ],
)
def test_fast_is_priority(members: dict[str, JsonValue], tier: str | None) -> None:
    assert parse(**members).service_tier == tier


def test_only_streams_echo_the_upstream_body() -> None:
    assert parse(debug={"echo_upstream_body": True}, stream=True).echo_upstream_body
    assert not parse(debug={"echo_upstream_body": True}).echo_upstream_body


def test_the_estimate_counts_text_messages_tools_and_media() -> None:
    parts: JsonValue = [
        {"type": "text", "text": "é" * 10},
        {"type": "image_url", "image_url": {"url": "https://example.com/a.png"}},
        {"type": "input_audio", "input_audio": {"data": "UklGRg==", "format": "wav"}},
    ]
    request = parse(messages=[{"role": "user", "content": parts}])
    assert request.prompt_tokens_estimate == 5 + 4 + 1000 + 25 * 60
    assert request.input_modalities == {"text", "image", "audio"}
    assert (request.num_images, request.num_audio, request.num_media) == (1, 1, 2)


def test_a_prompt_is_one_user_message_answered_in_the_shape_of_text() -> None:
    for parse_body in (parse_chat, parse_completion):
        request = parse_body(b'{"model":"m","prompt":"Once \\"upon"}', ParseLimits())
        assert request.text_completion
        assert to_hub(request).messages[0].parts == (Text('Once "upon'),)


def test_messages_win_over_a_prompt_in_chat() -> None:
    assert not parse(prompt="x").text_completion


def test_a_completion_takes_a_list_of_one_prompt_and_a_number_of_logprobs() -> None:
    request = parse_completion(b'{"prompt":["a"],"logprobs":2,"suffix":"z","echo":true,"best_of":1}', ParseLimits())
    sampling = to_hub(request).sampling
    assert (sampling.logprobs, sampling.top_logprobs) == (True, 2)


@pytest.mark.parametrize("prompt", [b'["a","b"]', b"[]", b"[1,2]", b"7", b"null"])
def test_other_prompts_are_refused_by_name(prompt: bytes) -> None:
    with pytest.raises(InvalidRequest) as refused:
        parse_completion(b'{"prompt":%s}' % prompt, ParseLimits())
    assert (refused.value.field or "").startswith("prompt")


def test_metadata_is_kept_as_json_text_and_user_for_the_record() -> None:
    request = parse(metadata={"a": "é"}, safety_identifier="s")
    assert (request.metadata, request.user) == ('{"a":"é"}', "s")


def test_unknown_members_ride_along_to_the_hub() -> None:
    extra = to_hub(parse(safe_prompt=True, user="u", provider={})).extra
    assert {name: bytes(raw) for name, raw in extra.items()} == {"safe_prompt": b"true"}
