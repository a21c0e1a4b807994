"""Requests of Responses clients: what is refused, what they mean, what goes to an upstream of the same format."""

import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec import structs

from tests.protocols.responses_client import TARGET, parse
from trunkline.core.errors import InvalidPrompt, InvalidRequest, TrunklineError
from trunkline.protocols.answers import UpstreamTarget
from trunkline.protocols.requests import File, Image, NamedToolChoice, Text
from trunkline.protocols.responses.inbound.request import parse_responses
from trunkline.protocols.validation import ParseLimits

CALL = {"type": "function_call", "call_id": "c1", "name": "f", "arguments": "{}"}
RESULT = {"type": "function_call_output", "call_id": "c1", "output": "4"}
FUNCTION = {"type": "function", "name": "f", "parameters": {"type": "object", "properties": {}}}
OTHER = {"type": "function", "name": "g"}
CLAUDE = "anthropic-claude-v1"


@pytest.mark.parametrize(
    ("members", "field", "sentence"),
    [
        ({"store": True}, "store", "full history"),
        ({"previous_response_id": "resp_1"}, "previous_response_id", "full history"),
        ({"background": True}, "background", "stream"),
        ({"conversation": "conv_1"}, "conversation", "full history"),
        ({"prompt": {"id": "pmpt_1"}}, "prompt", "full history"),
        ({"input": None}, "input", "missing"),
        ({"input": []}, "input", "nothing to answer"),
        ({"input": 7}, "input", "array"),
        ({"input": [{"type": "item_reference", "id": "x"}]}, "input[0]", "nothing is stored"),
        ({"input": [{"role": "user", "content": "Hi"}, {"type": "telepathy"}]}, "input[1].type", "telepathy"),
        ({"input": [{"content": "Hi"}]}, "input[0]", "neither"),
        ({"input": [{"role": "tool", "content": "Hi"}]}, "input[0].role", "tool"),
        ({"input": [{"role": "user", "content": [{"type": "smell"}]}]}, "input[0].content[0]", "smell"),
        ({"input": [RESULT]}, "input[0].call_id", "no call"),
        ({"input": [{"type": "function_call", "name": "f"}]}, "input[0].call_id", "missing"),
        ({"input": [{"role": "user", "content": [{"type": "input_image"}]}]}, "input[0].content[0]", "image_url"),
        ({"input": [{"role": "user", "content": [{"type": "input_file"}]}]}, "input[0].content[0]", "file_id"),
        ({"tools": [FUNCTION, FUNCTION]}, "tools[1].name", "repeats"),
        ({"tools": [{"type": "function", "name": "no spaces"}]}, "tools[0].name", "invalid"),
        ({"tools": [FUNCTION], "tool_choice": {"type": "function", "name": "g"}}, "tool_choice.name", "not among"),
        ({"tool_choice": "required"}, "tool_choice", "no tools"),
        ({"tool_choice": "perhaps"}, "tool_choice", "perhaps"),
        ({"temperature": 3}, "temperature", "invalid"),
        ({"top_logprobs": 21}, "top_logprobs", "invalid"),
        ({"max_output_tokens": 0}, "max_output_tokens", "invalid"),
        ({"truncation": "maybe"}, "truncation", "maybe"),
        ({"text": {"format": {"type": "xml"}}}, "text.format", "xml"),
        ({"modalities": ["audio"]}, "modalities", "audio"),
        ({"metadata": {str(n): "x" for n in range(17)}}, "metadata", "16"),
        ({"models": ["a/a", "b/b", "c/c", "d/d"]}, "models", "3"),
        ({"session_id": "x" * 257}, "session_id", "invalid"),
        ({"reasoning": {"max_tokens": 500}, "max_output_tokens": 400}, "reasoning.max_tokens", "room"),
    ],
)
def test_a_refusal_names_the_field(members: dict[str, Any], field: str, sentence: str) -> None:
    with pytest.raises(InvalidRequest, match=sentence) as refused:
        parse(**members)
    assert (refused.value.field or "").startswith(field)


def test_what_is_wrong_with_items_is_a_wrong_prompt() -> None:
    with pytest.raises(InvalidPrompt):
        parse(input=[{"type": "telepathy"}])


@pytest.mark.parametrize("harmless", [{"store": False}, {"previous_response_id": None}, {"background": False}])
def test_what_says_nothing_is_accepted(harmless: dict[str, Any]) -> None:
    assert parse(**harmless).models == ("acme/m1",)


def test_what_follows_each_other_is_one_turn() -> None:
    hub = parse(
        instructions="Be short.",
        input=[
            {"role": "user", "content": "2+2?"},
            {"type": "reasoning", "id": "rs_1", "summary": [{"type": "summary_text", "text": "Hm"}], "format": "x-v1"},
            {"type": "message", "role": "assistant", "content": [{"type": "output_text", "text": "Let me see."}]},
            CALL,
            CALL | {"call_id": "c2"},
            RESULT,
            RESULT | {"call_id": "c2", "output": [{"type": "input_text", "text": "5"}]},
        ],
    ).hub
    assert [message.role for message in hub.messages] == ["system", "user", "assistant", "tool", "tool"]
    turn = hub.messages[2]
    assert turn.parts == (Text("Let me see."),)
    assert [call.id for call in turn.tool_calls] == ["c1", "c2"]
    assert turn.reasoning_details is not None
    assert [(detail.type, detail.format) for detail in turn.reasoning_details] == [("reasoning.summary", "x-v1")]
    assert hub.messages[4].tool_call_id == "c2"


def test_reasoning_items_are_details_with_their_seal() -> None:
    thoughts: list[dict[str, Any]] = [
        {"type": "reasoning", "summary": [], "encrypted_content": "gAA", "id": "rs_1"},
        {"type": "reasoning", "content": [{"type": "reasoning_text", "text": "Hm"}], "summary": []},
        {
            "type": "reasoning",
            "content": [{"text": "A"}, {"text": "B"}],
            "signature": "s",
            "format": "anthropic-claude-v1",
        },
        {"type": "reasoning", "summary": [], "signature": "t", "format": "google-gemini-v1"},
        {"type": "reasoning", "encrypted_content": "sig", "format": "google-gemini-v1"},
        {"type": "reasoning", "encrypted_content": "ours", "id": "rs_tmp_abcdefghij0"},
    ]
    turn = parse(input=[{"role": "user", "content": "Hi"}, *thoughts, CALL]).hub.messages[1]
    assert turn.reasoning_details is not None
    read = [json.loads(bytes(detail.raw)) for detail in turn.reasoning_details]
    sealed = {"type": "reasoning.encrypted", "format": "openai-responses-v1"}
    signed = {"type": "reasoning.text", "format": CLAUDE, "index": 2}
    assert read == [
        sealed | {"data": "gAA", "id": "rs_1", "index": 0},
        {"type": "reasoning.text", "text": "Hm", "format": "unknown", "index": 1},
        signed | {"text": "A"},
        signed | {"text": "B", "signature": "s"},
        {"type": "reasoning.text", "signature": "t", "format": "google-gemini-v1", "index": 3},
        sealed | {"data": "sig", "format": "google-gemini-v1", "id": "c1", "index": 4},
        sealed | {"data": "ours", "index": 5},
    ]


def test_parts_keep_what_they_are() -> None:
    parts = [
        {"type": "input_text", "text": "See", "prompt_cache_breakpoint": {"mode": "explicit"}},
        {"type": "input_image", "image_url": "https://a.example/a.png", "detail": "low"},
        {"type": "input_file", "file_url": "https://a.example/a.pdf", "filename": "a.pdf"},
        {"type": "input_file", "file_id": "or_file_" + "0" * 29},
        {"type": "input_video", "video_url": "https://a.example/a.mp4"},
        {"type": "input_audio", "input_audio": {"data": "UklGRg==", "format": "wav"}},
    ]
    request = parse(input=[{"role": "user", "content": parts}])
    read = request.hub.messages[0].parts
    assert isinstance(read[0], Text) and read[0].cache is not None
    assert read[1] == Image("https://a.example/a.png", "low", at="input[0].content[1].image_url")
    assert read[2] == File("https://a.example/a.pdf", "a.pdf", at="input[0].content[2].file_url")
    assert request.names_uploads
    assert request.input_modalities == {"text", "image", "file", "video", "audio"}


def test_calls_that_the_client_ran_are_calls_of_functions_elsewhere() -> None:
    hub = parse(
        input=[
            {"role": "user", "content": "ls"},
            {"type": "local_shell_call", "id": "i", "call_id": "c", "action": {"type": "exec", "command": ["ls"]}},
            {"type": "local_shell_call_output", "id": "c", "output": "a b"},
            {"type": "custom_tool_call", "call_id": "d", "name": "patch", "input": "x"},
            {"type": "custom_tool_call_output", "call_id": "d", "output": "ok"},
            {"type": "web_search_call", "id": "ws", "status": "completed"},
            {"type": "image_generation_call", "id": "ig", "result": "iVBORw0KGgo="},
            {"role": "user", "content": "And?"},
        ]
    ).hub
    calls = [(call.name, json.loads(call.arguments)) for message in hub.messages for call in message.tool_calls]
    assert calls == [("local_shell", {"type": "exec", "command": ["ls"]}), ("patch", {"input": "x"})]
    roles = [message.role for message in hub.messages]
    assert roles == ["user", "assistant", "tool", "assistant", "tool", "assistant", "user"]
    assert len(hub.messages[5].images) == 1


def test_allowed_tools_are_the_only_ones() -> None:
    allowed = {"type": "allowed_tools", "mode": "required", "tools": [{"type": "function", "name": "g"}]}
    hub = parse(tools=[FUNCTION, OTHER], tool_choice=allowed).hub
    assert ([tool.name for tool in hub.tools], hub.tool_choice) == (["g"], "required")
    chosen = parse(tools=[FUNCTION], tool_choice={"type": "function", "name": "f"}).hub.tool_choice
    assert chosen == NamedToolChoice("f")


def test_a_tool_that_only_its_provider_runs_is_refused_elsewhere() -> None:
    request = parse(tools=[FUNCTION, {"type": "mcp", "server_label": "x"}])
    with pytest.raises(InvalidRequest, match="mcp"):
        request.to_hub()
    assert json.loads(request.edit(TARGET))["tools"][1] == {"type": "mcp", "server_label": "x"}
    search = parse(tools=[{"type": "web_search", "search_context_size": "low"}])
    assert json.loads(bytes(search.to_hub().web_search_options)) == {"search_context_size": "low"}


OFF = {"id": "context-compression", "enabled": False}


@pytest.mark.parametrize(
    ("members", "plugins"),
    [
        ({"truncation": "auto"}, [{"id": "context-compression"}]),
        ({"truncation": "auto", "plugins": [{"id": "web"}]}, [{"id": "web"}, {"id": "context-compression"}]),
        ({"truncation": "auto", "plugins": [OFF]}, [OFF]),
        ({"truncation": "disabled", "plugins": [{"id": "web"}]}, [{"id": "web"}]),
    ],
)
def test_automatic_truncation_shortens_the_conversation(members: dict[str, Any], plugins: list[Any]) -> None:
    assert json.loads(bytes(parse(**members).plugins)) == plugins


def test_members_that_nobody_has_heard_of_go_out_to_the_letter() -> None:
    body = b'{"model":"a/b","input":[{"role":"user", "content":"\\u0048i","mood" : 1.50}],"frob":{"x" : 1.00}}'
    sent = parse_responses(body, ParseLimits()).edit(TARGET)
    assert b'"frob":{"x" : 1.00}' in sent
    assert b'[{"role":"user", "content":"\\u0048i","mood" : 1.50}]' in sent


def test_the_gateways_own_members_stay_here() -> None:
    sent = json.loads(
        parse(
            provider={"order": ["x"]},
            models=["a/b"],
            plugins=[],
            session_id="s",
            user="eve",
            metadata={"a": "b"},
            top_k=3,
            seed=1,
            debug={"echo_upstream_body": True},
            reasoning={"effort": "low", "exclude": True, "summary": "auto"},
            include=["file_search_call.results"],
            stream=True,
            stream_options={"include_usage": True},
        ).edit(TARGET)
    )
    assert sent == {
        "model": "m1",
        "store": False,
        "input": "Hi",
        "stream": True,
        "reasoning": {"effort": "low", "summary": "auto"},
        "include": ["file_search_call.results", "reasoning.encrypted_content"],
    }


def test_what_an_endpoint_does_not_support_is_left_out() -> None:
    little = structs.replace(TARGET, supported_parameters=frozenset({"max_tokens", "response_format"}))
    schema = {"type": "json_schema", "name": "n", "schema": {}}
    request = parse(
        tools=[FUNCTION],
        tool_choice="auto",
        temperature=1,
        max_output_tokens=5,
        text={"format": schema, "verbosity": "max"},
        reasoning={"effort": "high"},
    )
    assert json.loads(request.edit(little)) == {
        "model": "m1",
        "store": False,
        "input": "Hi",
        "max_output_tokens": 16,
        "text": {"format": {"type": "json_object"}},
    }


AZURE = UpstreamTarget(provider="azure", upstream_model="m1", supported_parameters=frozenset())


@pytest.mark.parametrize(
    ("format", "target", "returns"),
    [
        (None, TARGET, True),
        ("openai-responses-v1", TARGET, True),
        ("azure-openai-responses-v1", TARGET, False),
        ("azure-openai-responses-v1", AZURE, True),
        (None, AZURE, False),
        ("anthropic-claude-v1", TARGET, False),
    ],
)
def test_sealed_reasoning_goes_back_to_its_own_provider_alone(
    format: str | None, target: UpstreamTarget, returns: bool
) -> None:
    thought = {"type": "reasoning", "id": "rs_1", "summary": [], "encrypted_content": "gAA"}
    marked = thought if format is None else thought | {"format": format}
    sent = json.loads(parse(input=[{"role": "user", "content": "Hi"}, marked, CALL, RESULT]).edit(target))["input"]
    assert [item for item in sent if item.get("type") == "reasoning"] == ([thought] if returns else [])


def test_ids_that_were_minted_here_are_not_sent_to_anybody() -> None:
    said = {"type": "message", "id": "msg_tmp_abcdefghij0", "role": "assistant", "content": "Hi"}
    sent = json.loads(parse(input=[said, {"type": "openrouter:datetime", "id": "x"}]).edit(TARGET))["input"]
    assert sent == [{"type": "message", "role": "assistant", "content": "Hi"}]


_json = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=8,
)
_names = st.sampled_from(
    [
        *("input", "tools", "tool_choice", "reasoning", "text", "include", "store", "instructions", "metadata"),
        *("type", "role", "content", "call_id", "output", "name", "arguments", "summary"),
    ]
)
_kinds = st.sampled_from(["message", "reasoning", "function_call", "function_call_output", "custom_tool_call", "x"])
_items = st.lists(st.dictionaries(_names, _json | _kinds, max_size=5), max_size=4)


@settings(max_examples=300, deadline=None)
@given(body=st.dictionaries(_names, _json | _items, max_size=5))
def test_whatever_is_sent_is_read_or_refused(body: dict[str, Any]) -> None:
    try:
        request = parse_responses(json.dumps({"model": "a/b"} | body).encode(), ParseLimits())
        request.edit(TARGET)
        request.to_hub()
    except TrunklineError as refusal:
        assert refusal.http_status == 400
