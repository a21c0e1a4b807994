"""One request in the dialects of several upstreams (inference.md 2.1 rule 2, 8.4, 30)."""

import msgspec
import pytest

from trunkline.core.errors import InvalidPrompt
from trunkline.core.json import JsonValue
from trunkline.protocols.answers import UpstreamTarget
from trunkline.protocols.chat.native_request import edit_request
from trunkline.protocols.chat.request import ParseLimits, parse_chat, to_hub
from trunkline.protocols.chat.upstream import encode_upstream
from trunkline.protocols.quirks import OF_PROVIDER, REASONS, quirks_of

Sent = dict[str, JsonValue]
CALL: JsonValue = {"id": "call_1", "type": "function", "function": {"name": "f", "arguments": "{}"}}
IMAGE: JsonValue = {"type": "image_url", "image_url": {"url": "https://example.com/a.png"}}
USER: JsonValue = {"role": "user", "content": "a"}


def send(
    body: dict[str, JsonValue],
    provider: str = "acme",
    *,
    supported: frozenset[str] = frozenset(),
    quirks: frozenset[str] = frozenset(),
    passthrough: frozenset[str] = frozenset(),
    user_hash: str | None = None,
    max_tokens_override: int | None = None,
) -> Sent:
    """What arrives, the same on both paths."""
    target = UpstreamTarget(
        provider=provider,
        upstream_model="rocket",
        supported_parameters=supported,
        quirks=quirks,
        passthrough=passthrough,
        user_hash=user_hash,
        max_tokens_override=max_tokens_override,
    )
    request = parse_chat(msgspec.json.encode({"messages": [USER]} | body), ParseLimits())
    native: Sent = msgspec.json.decode(edit_request(request, target))
    hub: Sent = msgspec.json.decode(encode_upstream(to_hub(request), target))
    assert native == hub
    return native


def test_nothing_is_sent_that_the_caller_did_not_say() -> None:
    assert send({}) == {"model": "rocket", "messages": [USER]}


def test_streams_always_ask_for_usage_where_the_upstream_knows_how() -> None:
    assert send({"stream": True, "stream_options": {"include_usage": False}})["stream_options"] == {
        "include_usage": True
    }
    assert "stream_options" not in send({"stream": True}, "mistral")


def test_unsupported_parameters_are_left_out_and_supported_ones_stay() -> None:
    said: Sent = {"temperature": 0.5, "top_k": 4, "seed": 7, "logprobs": True, "verbosity": "max"}
    assert send(said, supported=frozenset({"temperature", "seed", "verbosity"})) == {
        "model": "rocket",
        "messages": [USER],
        "temperature": 0.5,
        "seed": 7,
        "verbosity": "high",
    }


def test_the_output_cap_has_the_name_that_the_upstream_knows_and_the_lower_value() -> None:
    assert send({"max_tokens": 9}, "openai")["max_completion_tokens"] == 9
    assert send({"max_completion_tokens": 9})["max_tokens"] == 9
    assert send({"max_tokens": 9}, supported=frozenset({"max_completion_tokens"}))["max_tokens"] == 9
    assert send({"max_tokens": 9}, max_tokens_override=5)["max_tokens"] == 5
    assert send({}, max_tokens_override=5)["max_tokens"] == 5


def test_an_unknown_member_needs_a_place_on_the_passthrough_list() -> None:
    said: Sent = {"safe_prompt": True, "raw_mode": True}
    sent = send(said, passthrough=frozenset({"safe_prompt"}))
    assert sent["safe_prompt"] is True
    assert "raw_mode" not in sent


def test_the_end_user_is_known_by_a_hash_where_the_provider_asks_and_else_not_at_all() -> None:
    assert "user" not in send({"user": "alice"})
    assert "user" not in send({"user": "alice"}, user_hash="h")
    assert send({"user": "alice"}, "azure", user_hash="h")["user"] == "h"
    assert send({"user": "alice"}, "openai", user_hash="h")["safety_identifier"] == "h"


def test_a_schema_falls_back_to_json_mode_and_json_mode_to_free_text() -> None:
    said: Sent = {
        "response_format": {"type": "json_schema", "json_schema": {"name": "a", "schema": {"type": "object"}}}
    }
    assert send(said, supported=frozenset({"structured_outputs"}))["response_format"] == said["response_format"]
    assert send(said, supported=frozenset({"response_format"}))["response_format"] == {"type": "json_object"}
    assert "response_format" not in send(said, supported=frozenset({"temperature"}))


def test_n_is_honoured_where_the_endpoint_takes_it() -> None:
    assert send({"n": 2}, "openai", supported=frozenset({"temperature"}))["n"] == 2
    assert "n" not in send({"n": 2}, "groq", supported=frozenset({"temperature"}))


def test_tools_go_with_their_choice_or_not_at_all() -> None:
    said: Sent = {"tools": [{"function": {"name": "f"}}], "tool_choice": "required", "parallel_tool_calls": False}
    sent = send(said)
    empty_schema: JsonValue = {"type": "object", "properties": {}}
    assert sent["tools"] == [{"type": "function", "function": {"name": "f", "parameters": empty_schema}}]
    assert (sent["tool_choice"], sent["parallel_tool_calls"]) == ("required", False)
    assert send(said, supported=frozenset({"tool_choice"})) == {"model": "rocket", "messages": [USER]}


def test_developer_becomes_system_where_the_role_is_not_known() -> None:
    said: Sent = {"messages": [{"role": "developer", "content": "a"}, USER]}
    assert send(said)["messages"] == [{"role": "system", "content": "a"}, USER]
    assert send(said, "openai")["messages"] == said["messages"]


def test_cache_markers_go_only_where_they_are_understood_and_in_that_spelling() -> None:
    marked: JsonValue = {"type": "text", "text": "a", "cache_control": {"type": "ephemeral", "ttl": "1h"}}
    said: Sent = {"messages": [{"role": "user", "content": [marked]}], "cache_control": {"type": "ephemeral"}}
    assert send(said)["messages"] == [{"role": "user", "content": [{"type": "text", "text": "a"}]}]
    assert send(said, "alibaba")["messages"] == said["messages"]
    assert send(said, quirks=frozenset({"prompt_cache_breakpoint"}))["messages"] == [
        {"role": "user", "content": [{"type": "text", "text": "a", "prompt_cache_breakpoint": {"mode": "explicit"}}]}
    ]
    assert "cache_control" not in send(said, "alibaba")
    assert send(said, "openrouter")["cache_control"] == {"type": "ephemeral"}


def test_images_in_results_of_tools_move_behind_the_last_result() -> None:
    second: JsonValue = {"id": "call_2", "type": "function", "function": {"name": "f", "arguments": "{}"}}
    result: JsonValue = {"role": "tool", "tool_call_id": "call_1", "content": [IMAGE]}
    other: JsonValue = {"role": "tool", "tool_call_id": "call_2", "content": "b"}
    said: Sent = {"messages": [{"role": "assistant", "content": "", "tool_calls": [CALL, second]}, result, other, USER]}
    messages = send(said)["messages"]
    assert isinstance(messages, list)
    assert messages[1:] == [
        {"role": "tool", "tool_call_id": "call_1", "content": "[see the attachment below]"},
        other,
        {"role": "user", "content": [{"type": "text", "text": "Attachment of the tool message above:"}, IMAGE]},
        USER,
    ]


def test_assistant_messages_that_say_nothing_are_dropped() -> None:
    assert send({"messages": [{"role": "assistant", "content": None}, USER]})["messages"] == [USER]


def test_a_conversation_of_which_nothing_is_left_is_refused_on_both_paths() -> None:
    body = b'{"messages":[{"role":"assistant","reasoning":"hm"}]}'
    request = parse_chat(body, ParseLimits())
    target = UpstreamTarget(provider="acme", upstream_model="m", supported_parameters=frozenset())
    with pytest.raises(InvalidPrompt):
        edit_request(request, target)
    with pytest.raises(InvalidPrompt):
        encode_upstream(to_hub(request), target)


def thinking(**members: JsonValue) -> Sent:
    return {"messages": [USER, {"role": "assistant", "content": "b"} | members, USER]}


def answer(sent: Sent) -> JsonValue:
    messages = sent["messages"]
    assert isinstance(messages, list)
    return messages[1]


def test_reasoning_of_earlier_turns_goes_back_where_it_is_wanted() -> None:
    plain = thinking(reasoning="hm")
    assert answer(send(plain)) == {"role": "assistant", "content": "b"}
    assert answer(send(plain, "deepseek")) == {"role": "assistant", "content": "b", "reasoning_content": "hm"}
    unsigned = thinking(
        reasoning="x", reasoning_details=[{"type": "reasoning.text", "text": "hm", "format": "unknown"}]
    )
    assert answer(send(unsigned, "deepseek")) == {"role": "assistant", "content": "b", "reasoning_content": "hm"}


def test_an_empty_list_of_details_is_meaningful_and_foreign_details_are_not_sent() -> None:
    assert answer(send(thinking(reasoning_details=[]), "deepseek")) == {
        "role": "assistant",
        "content": "b",
        "reasoning_content": "",
    }
    signed = thinking(reasoning_details=[{"type": "reasoning.text", "text": "hm", "signature": "s"}])
    assert answer(send(signed, "deepseek")) == {"role": "assistant", "content": "b"}


def test_calls_without_a_thought_of_their_own_have_an_empty_one_where_it_must_not_be_missing() -> None:
    call: JsonValue = {"id": "call_1", "type": "function", "function": {"name": "f", "arguments": "{}"}}
    foreign: JsonValue = [{"type": "reasoning.text", "text": "hm", "signature": "s"}]
    for members in ({}, {"reasoning_details": foreign}):
        called = thinking(tool_calls=[call], **members)
        assert answer(send(called, "deepseek")) == {
            "role": "assistant",
            "content": "b",
            "tool_calls": [call],
            "reasoning_content": "",
        }
        assert "reasoning_content" not in str(answer(send(called, "z-ai")))


def test_members_of_our_answers_that_are_null_are_not_sent_on() -> None:
    """Strict upstreams refuse members that they do not know, null or not."""
    nulls: dict[str, JsonValue] = {"reasoning": None, "refusal": None, "reasoning_details": None, "function_call": None}
    assert answer(send(thinking(**nulls))) == {"role": "assistant", "content": "b"}
    call: JsonValue = {"id": "abcdefgh1", "type": "function", "function": {"name": "f", "arguments": "{}"}}
    called = {"role": "assistant", "content": "b", "tool_calls": [call]}
    assert answer(send(thinking(tool_calls=[call], **nulls), "mistral")) == called


def test_details_go_back_unmodified_and_in_order_to_a_gateway_of_our_dialect() -> None:
    details: JsonValue = [
        {"type": "reasoning.new", "x": 1, "format": "unknown"},
        {"type": "reasoning.encrypted", "data": "…", "index": 3},
    ]
    assert answer(send(thinking(reasoning_details=details), "openrouter")) == {
        "role": "assistant",
        "content": "b",
        "reasoning_details": details,
    }


def test_a_repeated_detail_is_sent_once() -> None:
    detail: JsonValue = {"type": "reasoning.text", "text": "hm", "format": "unknown"}
    turn: JsonValue = {"role": "assistant", "content": "b", "reasoning_details": [detail]}
    messages = send({"messages": [turn, USER, turn, USER]}, "deepseek")["messages"]
    assert isinstance(messages, list)
    assert [("reasoning_content" in m) for m in messages if isinstance(m, dict)] == [True, False, False, False]


def test_ids_of_calls_are_rewritten_alike_in_call_and_result() -> None:
    result: JsonValue = {"role": "tool", "tool_call_id": "call_1", "content": "b"}
    messages = send({"messages": [{"role": "assistant", "content": "", "tool_calls": [CALL]}, result]}, "mistral")[
        "messages"
    ]
    assert isinstance(messages, list)
    call, answered = messages
    assert call == {"role": "assistant", "content": "", "tool_calls": [CALL | {"id": answered["tool_call_id"]}]}
    assert len(answered["tool_call_id"]) == 9


def test_every_quirk_of_a_provider_has_a_reason() -> None:
    used = {quirk for quirks in OF_PROVIDER.values() for quirk in quirks}
    assert used <= REASONS.keys()
    assert all(reason.endswith((".", "…")) for reason in REASONS.values())


def test_quirks_of_an_endpoint_are_its_own_and_its_providers() -> None:
    target = UpstreamTarget(
        provider="mistral", upstream_model="m", supported_parameters=frozenset(), quirks=frozenset({"cache_control"})
    )
    assert quirks_of(target) == OF_PROVIDER["mistral"] | {"cache_control"}


def test_an_index_that_a_client_sends_back_with_a_call_is_left_out_and_all_else_of_the_call_kept() -> None:
    assert isinstance(CALL, dict)
    kept: Sent = {**CALL, "extra_content": {"google": 1}}
    answer: JsonValue = {"role": "assistant", "content": None, "tool_calls": [{**kept, "index": 0}]}
    request = parse_chat(msgspec.json.encode({"messages": [USER, answer]}), ParseLimits())
    target = UpstreamTarget(provider="acme", upstream_model="rocket", supported_parameters=frozenset())
    assert msgspec.json.decode(edit_request(request, target))["messages"][1]["tool_calls"] == [kept]
