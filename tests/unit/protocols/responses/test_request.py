"""Chat requests as Responses bodies (inference.md 7.2, 7.5, 8.1, 9.1, 10, 12, 30)."""

import msgspec
import pytest

from trunkline.core.errors import InvalidPrompt, InvalidRequest
from trunkline.core.json import JsonValue
from trunkline.protocols.answers import UpstreamTarget
from trunkline.protocols.chat.request import ParseLimits, parse_chat, to_hub
from trunkline.protocols.responses.request import encode_request

Sent = dict[str, JsonValue]
USER: JsonValue = {"role": "user", "content": "a"}
SENT_USER: JsonValue = {"type": "message", "role": "user", "content": "a"}
PNG = "data:image/png;base64,iVBORw0KGgo="
PDF = "data:application/pdf;base64,JVBERi0xLjQK"
SCHEMA: JsonValue = {"type": "object", "properties": {"city": {"type": "string"}}}


def send(
    body: dict[str, JsonValue],
    provider: str = "acme",
    *,
    supported: frozenset[str] = frozenset(),
    quirks: frozenset[str] = frozenset(),
    passthrough: frozenset[str] = frozenset(),
    user_hash: str | None = None,
    max_tokens_override: int | None = None,
    efforts: tuple[str, ...] | None = None,
    mandatory: bool = False,
) -> Sent:
    target = UpstreamTarget(
        provider=provider,
        upstream_model="rocket",
        supported_parameters=supported,
        quirks=quirks,
        passthrough=passthrough,
        user_hash=user_hash,
        max_tokens_override=max_tokens_override,
        reasoning_efforts=efforts,
        reasoning_mandatory=mandatory,
    )
    request = parse_chat(msgspec.json.encode({"messages": [USER]} | body), ParseLimits())
    return msgspec.json.decode(encode_request(to_hub(request), target))


def items(*messages: JsonValue, provider: str = "acme", quirks: frozenset[str] = frozenset()) -> JsonValue:
    return send({"messages": list(messages)}, provider, quirks=quirks)["input"]


def call(name: str, call_id: str, arguments: str = "{}") -> JsonValue:
    return {"id": call_id, "type": "function", "function": {"name": name, "arguments": arguments}}


def detail(kind: str, index: int = 0, form: str = "openai-responses-v1", **members: JsonValue) -> JsonValue:
    return {"type": f"reasoning.{kind}", "format": form, "index": index, **members}


def test_a_conversation_with_everything_is_sent_as_the_format_wants_it() -> None:
    marker: JsonValue = {"type": "ephemeral"}
    sent = send(
        {
            "stream": True,
            "max_tokens": 900,
            "reasoning": {"effort": "high"},
            "messages": [
                {"role": "system", "content": "Be brief."},
                {
                    "role": "user",
                    "content": [
                        {"type": "text", "text": "Compare.", "cache_control": marker},
                        {"type": "image_url", "image_url": {"url": PNG, "detail": "low"}},
                        {"type": "file", "file": {"filename": "a.pdf", "file_data": PDF}},
                    ],
                },
                {
                    "role": "assistant",
                    "content": "I look.",
                    "reasoning_details": [
                        detail("summary", summary="Two cities."),
                        detail("encrypted", data="gAAA+/==", id="rs_1"),
                    ],
                    "tool_calls": [call("weather", "call_1", '{"city":"Oslo"}'), call("weather", "call_2")],
                },
                {"role": "tool", "tool_call_id": "call_2", "content": "Rain"},
                {"role": "tool", "tool_call_id": "call_1", "content": [{"type": "text", "text": "Sun"}]},
            ],
            "tools": [{"type": "function", "function": {"name": "weather", "parameters": SCHEMA}}],
            "tool_choice": {"type": "function", "function": {"name": "weather"}},
            "parallel_tool_calls": False,
            "response_format": {
                "type": "json_schema",
                "json_schema": {"name": "Out", "schema": SCHEMA, "strict": True},
            },
            "verbosity": "max",
            "prompt_cache_key": "k",
            "service_tier": "flex",
            "user": "me",
        },
        "openai",
        quirks=frozenset({"prompt_cache_breakpoint"}),
        user_hash="h4sh",
    )
    assert sent == {
        "model": "rocket",
        "store": False,
        "stream": True,
        "instructions": "Be brief.",
        "input": [
            {
                "type": "message",
                "role": "user",
                "content": [
                    {"type": "input_text", "text": "Compare.", "prompt_cache_breakpoint": {"mode": "explicit"}},
                    {"type": "input_image", "image_url": PNG, "detail": "low"},
                    {"type": "input_file", "filename": "a.pdf", "file_data": PDF},
                ],
            },
            {
                "type": "reasoning",
                "id": "rs_1",
                "summary": [{"type": "summary_text", "text": "Two cities."}],
                "encrypted_content": "gAAA+/==",
            },
            {"type": "message", "role": "assistant", "content": "I look."},
            {"type": "function_call", "call_id": "call_1", "name": "weather", "arguments": '{"city":"Oslo"}'},
            {"type": "function_call", "call_id": "call_2", "name": "weather", "arguments": "{}"},
            {"type": "function_call_output", "call_id": "call_2", "output": "Rain"},
            {"type": "function_call_output", "call_id": "call_1", "output": [{"type": "input_text", "text": "Sun"}]},
        ],
        "max_output_tokens": 900,
        "reasoning": {"effort": "high", "summary": "auto"},
        "include": ["reasoning.encrypted_content"],
        "tools": [{"type": "function", "name": "weather", "parameters": SCHEMA, "strict": False}],
        "tool_choice": {"type": "function", "name": "weather"},
        "parallel_tool_calls": False,
        "text": {
            "format": {"type": "json_schema", "name": "Out", "schema": SCHEMA, "strict": True},
            "verbosity": "high",
        },
        "service_tier": "flex",
        "prompt_cache_key": "k",
        "safety_identifier": "h4sh",
    }


def test_nothing_is_asked_that_the_caller_did_not_ask_but_what_the_gateway_needs() -> None:
    assert send({}) == {
        "model": "rocket",
        "store": False,
        "input": [SENT_USER],
        "include": ["reasoning.encrypted_content"],
    }


def test_members_that_the_format_lacks_are_left_out() -> None:
    said: Sent = {"top_k": 4, "seed": 7, "stop": ["x"], "min_p": 0.1, "presence_penalty": 1, "logit_bias": {"1": 2}}
    assert send(said | {"n": 2, "cache_control": {"type": "ephemeral"}, "user": "me"}) == send({})


def test_sampling_parameters_stay_where_they_are_supported_and_go_where_a_flag_says_so() -> None:
    said: Sent = {"temperature": 0.5, "top_p": 0.9, "logprobs": True, "top_logprobs": 2}
    sent = send(said)
    assert (sent["temperature"], sent["top_p"], sent["top_logprobs"]) == (0.5, 0.9, 2)
    assert sent["include"] == ["reasoning.encrypted_content", "message.output_text.logprobs"]
    assert send(said, quirks=frozenset({"no_sampling_parameters"})) == send({})
    only_tools = frozenset({"tools", "reasoning"})
    assert send(said, supported=only_tools) == send({}, supported=only_tools)


@pytest.mark.parametrize(("asked", "sent"), [(5, 16), (16, 16), (17, 17)])
def test_the_output_cap_is_never_below_the_formats_least(asked: int, sent: int) -> None:
    assert send({"max_tokens": asked})["max_output_tokens"] == sent
    assert send({}, max_tokens_override=asked)["max_output_tokens"] == sent


def test_reasoning_is_asked_for_by_effort_with_a_summary_to_show() -> None:
    assert send({"reasoning": {}})["reasoning"] == {"summary": "auto"}
    assert send({"reasoning": {"enabled": True}})["reasoning"] == {"effort": "medium", "summary": "auto"}
    assert send({"reasoning": {"effort": "low", "summary": "detailed"}})["reasoning"] == {
        "effort": "low",
        "summary": "detailed",
    }
    assert send({"reasoning": {"max_tokens": 700}, "max_tokens": 1000})["reasoning"] == {
        "effort": "high",
        "summary": "auto",
    }
    assert send({"reasoning": {"effort": "high", "exclude": True}})["reasoning"] == {"effort": "high"}
    bare = send({"reasoning": {"effort": "high"}}, quirks=frozenset({"no_reasoning_summary"}))
    assert bare["reasoning"] == {"effort": "high"}
    assert send({"reasoning": {"effort": "xhigh"}}, efforts=("low", "high"))["reasoning"] == {
        "effort": "high",
        "summary": "auto",
    }


def test_reasoning_is_switched_off_as_far_as_the_model_can() -> None:
    off: Sent = {"reasoning": {"enabled": False}}
    assert send(off)["reasoning"] == {"effort": "none"}
    assert send(off, efforts=("minimal", "high"))["reasoning"] == {"effort": "minimal"}
    with pytest.raises(InvalidRequest, match="always reasons"):
        send(off, mandatory=True)


def test_models_that_do_not_reason_are_asked_nothing_about_it() -> None:
    sent = send({"reasoning": {"effort": "high"}}, supported=frozenset({"temperature"}))
    assert not sent.keys() & {"reasoning", "include"}
    assert "include" not in send({}, quirks=frozenset({"no_encrypted_reasoning"}))


def test_the_first_system_message_becomes_instructions_unless_it_stands_alone_or_is_marked() -> None:
    system: JsonValue = {"role": "system", "content": "S"}
    later: JsonValue = {"role": "developer", "content": "D"}
    sent = send({"messages": [system, later, USER]})
    assert sent["instructions"] == "S"
    assert sent["input"] == [{"type": "message", "role": "developer", "content": "D"}, SENT_USER]
    assert items(system) == [{"type": "message", "role": "system", "content": "S"}]
    part: JsonValue = {"type": "text", "text": "S", "cache_control": {"type": "ephemeral"}}
    marked = send({"messages": [{"role": "system", "content": [part]}, USER]})
    assert "instructions" not in marked


def test_reasoning_goes_back_only_to_whom_it_came_from_and_only_encrypted() -> None:
    details: list[JsonValue] = [
        detail("summary", 0, summary="Lost"),
        detail("encrypted", 1, "azure-openai-responses-v1", data="a", id="rs_a"),
        detail("text", 2, "anthropic-claude-v1", text="t", signature="s"),
        detail("summary", 3, summary="Kept"),
        detail("encrypted", 3, data="b", id="rs_b"),
        detail("text", 4, "unknown", text="u"),
    ]
    turn: JsonValue = {"role": "assistant", "content": "x", "reasoning_details": details}
    said: JsonValue = {"type": "message", "role": "assistant", "content": "x"}
    kept: JsonValue = {
        "type": "reasoning",
        "id": "rs_b",
        "summary": [{"type": "summary_text", "text": "Kept"}],
        "encrypted_content": "b",
    }
    assert items(USER, turn) == [SENT_USER, kept, said]
    azure: JsonValue = {"type": "reasoning", "id": "rs_a", "summary": [], "encrypted_content": "a"}
    assert items(USER, turn, provider="azure") == [SENT_USER, azure, said]
    assert items(USER, turn, provider="xai") == [SENT_USER, said]
    plain: JsonValue = {"type": "reasoning", "summary": [], "content": [{"type": "reasoning_text", "text": "u"}]}
    assert items(USER, turn, provider="deepseek") == [SENT_USER, plain, said]


def test_reasoning_that_led_to_nothing_is_left_out_and_repeated_reasoning_sent_once() -> None:
    thought = detail("encrypted", data="b", id="rs_b")
    alone: JsonValue = {"role": "assistant", "content": "", "reasoning_details": [thought]}
    turn: JsonValue = {"role": "assistant", "content": "x", "reasoning_details": [thought]}
    sent = items(USER, turn, USER, turn)
    assert isinstance(sent, list)
    assert [item["type"] for item in sent if isinstance(item, dict)] == [
        *("message", "reasoning", "message", "message", "message")
    ]
    assert items(USER, alone, USER) == [SENT_USER, SENT_USER]


@pytest.mark.parametrize("index", ["x", None, 1.5, [1]])
def test_a_details_index_may_be_anything(index: JsonValue) -> None:
    odd: JsonValue = {"type": "reasoning.encrypted", "format": "openai-responses-v1", "index": index, "data": "b"}
    sent = items(USER, {"role": "assistant", "content": "x", "reasoning_details": [odd]})
    assert isinstance(sent, list)
    assert sent[1] == {"type": "reasoning", "summary": [], "encrypted_content": "b"}


def test_results_of_tools_hold_media_and_other_roles_hand_theirs_to_a_user_message() -> None:
    image: JsonValue = {"type": "image_url", "image_url": {"url": PNG}}
    calling: JsonValue = {"role": "assistant", "tool_calls": [call("f", "call_1")]}
    result: JsonValue = {"role": "tool", "tool_call_id": "call_1", "content": [image]}
    sent = items(USER, calling, result)
    sent_image: JsonValue = {"type": "input_image", "image_url": PNG}
    assert isinstance(sent, list)
    assert sent[-1] == {"type": "function_call_output", "call_id": "call_1", "output": [sent_image]}
    drawn: JsonValue = {"role": "assistant", "content": "Here.", "images": [image]}
    assert items(USER, drawn, USER) == [
        SENT_USER,
        {"type": "message", "role": "assistant", "content": "Here."},
        {
            "type": "message",
            "role": "user",
            "content": [{"type": "input_text", "text": "Attachment of the assistant message above:"}, sent_image],
        },
        SENT_USER,
    ]


def test_parts_of_every_kind_have_their_spelling() -> None:
    parts: list[JsonValue] = [
        {"type": "file", "file": {"file_data": "https://a.example/a.pdf"}},
        {"type": "file", "file": {"file_data": PDF}},
        {"type": "file", "file": {"file_id": "file-1"}},
        {"type": "input_audio", "input_audio": {"data": "UklGRg==", "format": "wav"}},
        {"type": "image_url", "image_url": {"url": "https://a.example/a.png", "detail": "original"}},
    ]
    sent = items({"role": "user", "content": parts})
    assert sent == [
        {
            "type": "message",
            "role": "user",
            "content": [
                {"type": "input_file", "file_url": "https://a.example/a.pdf"},
                {"type": "input_file", "filename": "file.pdf", "file_data": PDF},
                {"type": "input_file", "file_id": "file-1"},
                {"type": "input_audio", "input_audio": {"data": "UklGRg==", "format": "wav"}},
                {"type": "input_image", "image_url": "https://a.example/a.png", "detail": "original"},
            ],
        }
    ]
    with pytest.raises(InvalidRequest, match="video"):
        items({"role": "user", "content": [{"type": "video_url", "video_url": {"url": "https://a.example/a.mp4"}}]})


def test_names_become_prefixes_and_refusals_stay_refusals() -> None:
    sent = items(
        {"role": "user", "name": "ann", "content": "a"}, {"role": "assistant", "content": None, "refusal": "No."}
    )
    assert sent == [
        {"type": "message", "role": "user", "content": "ann: a"},
        {"type": "message", "role": "assistant", "content": [{"type": "refusal", "refusal": "No."}]},
    ]


def test_too_long_ids_of_calls_are_rewritten_alike_everywhere() -> None:
    long = "x" * 65
    sent = items(
        USER,
        {"role": "assistant", "tool_calls": [call("f", long)]},
        {"role": "tool", "tool_call_id": long, "content": "r"},
    )
    assert isinstance(sent, list)
    ids = {item["call_id"] for item in sent[1:] if isinstance(item, dict)}
    assert len(ids) == 1
    assert all(isinstance(one, str) and len(one) <= 64 for one in ids)


def test_schemas_fall_back_to_json_mode_and_that_to_free_text() -> None:
    schema: Sent = {"response_format": {"type": "json_schema", "json_schema": {"name": "Out", "schema": SCHEMA}}}
    assert send(schema, supported=frozenset({"response_format"}))["text"] == {"format": {"type": "json_object"}}
    assert "text" not in send(schema, supported=frozenset({"tools"}))
    assert send({"response_format": {"type": "json_object"}})["text"] == {"format": {"type": "json_object"}}


def test_a_marker_on_an_empty_text_is_dropped_and_missing_arguments_are_an_empty_object() -> None:
    part: JsonValue = {"type": "text", "text": "", "cache_control": {"type": "ephemeral"}}
    sent = items(
        {"role": "user", "content": [part]},
        {"role": "assistant", "tool_calls": [call("f", "call_1", "")]},
        quirks=frozenset({"prompt_cache_breakpoint"}),
    )
    assert sent == [
        {"type": "message", "role": "user", "content": [{"type": "input_text", "text": ""}]},
        {"type": "function_call", "call_id": "call_1", "name": "f", "arguments": "{}"},
    ]


def test_web_search_and_images_are_tools_of_the_provider() -> None:
    place: JsonValue = {"type": "approximate", "approximate": {"country": "NO"}}
    sent = send({"web_search_options": {"search_context_size": "low", "user_location": place}})
    assert sent["tools"] == [
        {
            "type": "web_search",
            "search_context_size": "low",
            "user_location": {"type": "approximate", "country": "NO"},
        }
    ]
    drawing = send({"modalities": ["image", "text"], "image_config": {"quality": "low", "aspect_ratio": "1:1"}})
    assert drawing["tools"] == [{"type": "image_generation", "quality": "low"}]


def test_unknown_members_pass_where_the_endpoint_takes_them() -> None:
    said: Sent = {"search_parameters": {"mode": "on"}, "other": 1}
    sent = send(said, "xai", passthrough=frozenset({"search_parameters"}))
    assert sent["search_parameters"] == {"mode": "on"}
    assert "other" not in sent


def test_an_end_user_is_told_only_to_providers_that_ask() -> None:
    assert "safety_identifier" not in send({"user": "me"}, "xai", user_hash="h4sh")
    assert send({"user": "me"}, "azure", user_hash="h4sh")["safety_identifier"] == "h4sh"


def test_a_conversation_of_which_nothing_is_left_is_refused() -> None:
    with pytest.raises(InvalidPrompt):
        items({"role": "assistant", "content": "", "reasoning": "Hm"})
