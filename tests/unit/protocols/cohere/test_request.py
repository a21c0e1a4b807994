"""Chat requests as the bodies that Cohere is sent."""

from typing import Any

import pytest

from trunkline.core import json
from trunkline.core.errors import InvalidPrompt, InvalidRequest
from trunkline.protocols.answers import UpstreamTarget
from trunkline.protocols.chat.request import ParseLimits, parse_chat, to_hub
from trunkline.protocols.cohere.protocol import CohereProtocol
from trunkline.protocols.requests import File, GenerationRequest, Image, Video

HI = [{"role": "user", "content": "Hi"}]
PNG = "data:image/png;base64,iVBORw0KGgo="
PARAMETERS = {"type": "object", "properties": {"city": {"type": "string"}}}
COHERE = CohereProtocol()


def target(**fields: Any) -> UpstreamTarget:
    facts: dict[str, Any] = {
        "provider": "cohere",
        "upstream_model": "command-a-03-2025",
        "supported_parameters": frozenset[str](),
    }
    return UpstreamTarget(**(facts | fields))


def hub(messages: list[Any] | None = None, **members: Any) -> GenerationRequest:
    return to_hub(parse_chat(json.encode({"messages": messages or HI, **members}), ParseLimits()))


def sent(messages: list[Any] | None = None, to: UpstreamTarget | None = None, **members: Any) -> dict[str, Any]:
    value = json.value(COHERE.encode(hub(messages, **members), to or target()))
    assert isinstance(value, dict)
    return value


def messages_of(*messages: dict[str, Any], to: UpstreamTarget | None = None) -> list[Any]:
    return sent(list(messages), to)["messages"]


def call(call_id: str, arguments: str = "{}", name: str = "weather") -> dict[str, Any]:
    return {"id": call_id, "type": "function", "function": {"name": name, "arguments": arguments}}


def tool(name: str, **members: Any) -> dict[str, Any]:
    return {"type": "function", "function": {"name": name, "parameters": PARAMETERS, **members}}


def thought(text: str, **members: Any) -> dict[str, Any]:
    return {"type": "reasoning.text", "text": text, "format": "unknown", "index": 0, **members}


def test_a_whole_conversation_is_said_in_this_formats_words() -> None:
    body = sent(
        [
            {"role": "developer", "content": "Be brief."},
            {
                "role": "user",
                "name": "Ann",
                "content": [
                    {"type": "text", "text": "Here?", "cache_control": {"type": "ephemeral"}},
                    {"type": "image_url", "image_url": {"url": PNG, "detail": "original"}},
                    {"type": "file", "file": {"filename": "a.txt", "file_data": "data:text/plain;base64,SGk="}},
                    {"type": "file", "file": {"filename": "a.png", "file_data": PNG}},
                ],
            },
            {
                "role": "assistant",
                "content": "Let me look.",
                "reasoning_details": [thought("Two places."), thought("I will look.", id="tool_plan", index=1)],
                "tool_calls": [call("a", '{"city":"Oslo"}'), call("b", "not json")],
            },
            {"role": "tool", "tool_call_id": "a", "content": "7"},
            {"role": "tool", "tool_call_id": "b", "content": [{"type": "text", "text": "8"}]},
        ],
        tools=[tool("weather", description="Tells the weather")],
        stream=True,
    )
    assert body == {
        "model": "command-a-03-2025",
        "stream": True,
        "messages": [
            {"role": "system", "content": "Be brief."},
            {
                "role": "user",
                "content": [
                    {"type": "text", "text": "Ann: "},
                    {"type": "text", "text": "Here?"},
                    {"type": "image_url", "image_url": {"url": PNG, "detail": "high"}},
                    {"type": "text", "text": "Hi"},
                    {"type": "image_url", "image_url": {"url": PNG}},
                ],
            },
            {
                "role": "assistant",
                "content": [{"type": "thinking", "thinking": "Two places."}, {"type": "text", "text": "Let me look."}],
                "tool_plan": "I will look.",
                "tool_calls": [call("a", '{"city":"Oslo"}'), call("b", "not json")],
            },
            {"role": "tool", "tool_call_id": "a", "content": "7"},
            {
                "role": "tool",
                "tool_call_id": "b",
                "content": [{"type": "document", "document": {"data": {"content": "8"}}}],
            },
        ],
        "tools": [
            {
                "type": "function",
                "function": {"name": "weather", "description": "Tells the weather", "parameters": PARAMETERS},
            }
        ],
    }


def test_parameters_go_by_their_own_names_and_into_their_ranges() -> None:
    body = sent(
        max_tokens=9,
        temperature=0.5,
        top_p=1,
        top_k=900,
        frequency_penalty=-1,
        presence_penalty=1.5,
        seed=3,
        stop=["a", "b"],
        logprobs=True,
    )
    del body["messages"], body["model"]
    assert body == {
        "max_tokens": 9,
        "temperature": 0.5,
        "p": 0.99,
        "k": 500,
        "frequency_penalty": 0.0,
        "presence_penalty": 1.0,
        "seed": 3,
        "stop_sequences": ["a", "b"],
    }


def test_what_the_endpoint_does_not_list_is_left_out() -> None:
    to = target(supported_parameters=frozenset({"temperature"}), passthrough=frozenset({"safety_mode"}))
    body = sent(
        None,
        to,
        temperature=0.5,
        max_tokens=9,
        top_p=0.5,
        seed=1,
        tools=[tool("a")],
        response_format={"type": "json_object"},
        reasoning={"effort": "high"},
        safety_mode="STRICT",
        documents=["d"],
    )
    assert body.keys() == {"model", "messages", "temperature", "safety_mode"}


@pytest.mark.parametrize(
    ("choice", "word", "names"),
    [
        ("auto", None, ["a", "b"]),
        ("none", "NONE", ["a", "b"]),
        ("required", "REQUIRED", ["a", "b"]),
        ({"type": "function", "function": {"name": "b"}}, "REQUIRED", ["b"]),
    ],
)
def test_a_named_tool_is_the_only_one_and_must_be_called(choice: Any, word: str | None, names: list[str]) -> None:
    body = sent(tools=[tool("a"), tool("b")], tool_choice=choice)
    assert body.get("tool_choice") == word
    assert [one["function"]["name"] for one in body["tools"]] == names


@pytest.mark.parametrize(("stricts", "told"), [([True, True], True), ([True, False], None), ([None, True], None)])
def test_tools_are_strict_together_or_not_at_all(stricts: list[bool | None], told: bool | None) -> None:
    tools = [tool(str(n), **({} if strict is None else {"strict": strict})) for n, strict in enumerate(stricts)]
    assert sent(tools=tools).get("strict_tools") is told


@pytest.mark.parametrize(
    ("reasoning", "thinking"),
    [
        ({"max_tokens": 500}, {"type": "enabled", "token_budget": 500}),
        ({"effort": "high"}, {"type": "enabled"}),
        ({"enabled": True}, {"type": "enabled"}),
        ({"enabled": False}, {"type": "disabled"}),
        ({"effort": "none"}, {"type": "disabled"}),
        ({"exclude": True}, None),
    ],
)
def test_reasoning_is_a_switch_with_a_budget(reasoning: dict[str, Any], thinking: Any) -> None:
    assert sent(reasoning=reasoning).get("thinking") == thinking


def test_thinking_cannot_be_off_where_the_model_always_thinks() -> None:
    with pytest.raises(InvalidRequest, match="always reasons"):
        sent(None, target(reasoning_mandatory=True), reasoning={"enabled": False})


@pytest.mark.parametrize(
    ("supported", "told"),
    [
        (set[str](), {"type": "json_object", "json_schema": PARAMETERS}),
        ({"response_format", "structured_outputs"}, {"type": "json_object", "json_schema": PARAMETERS}),
        ({"response_format"}, {"type": "json_object"}),
        ({"seed"}, None),
    ],
)
def test_a_schema_falls_back_to_json_mode_and_that_to_nothing(supported: set[str], told: Any) -> None:
    asked = {"type": "json_schema", "json_schema": {"name": "place", "schema": PARAMETERS}}
    to = target(supported_parameters=frozenset(supported))
    assert sent(None, to, response_format=asked).get("response_format") == told


def test_thoughts_become_the_plan_where_the_model_does_not_think() -> None:
    turn = {"role": "assistant", "reasoning_details": [thought("So."), thought(" Look.", index=1)], "content": "Hm."}
    to = target(supported_parameters=frozenset({"tools"}))
    assert messages_of(*HI, {**turn, "tool_calls": [call("a")]}, {**RESULT}, to=to)[1] == {
        "role": "assistant",
        "content": "Hm.",
        "tool_plan": "So. Look.",
        "tool_calls": [call("a")],
    }
    assert messages_of(*HI, turn, *HI, to=to)[1] == {"role": "assistant", "content": "Hm."}


RESULT = {"role": "tool", "tool_call_id": "a", "content": "7"}


def test_reasoning_of_other_families_is_dropped_and_repeated_reasoning_sent_once() -> None:
    foreign = {"type": "reasoning.text", "text": "x", "signature": "s", "format": "anthropic-claude-v1", "index": 0}
    secret = {"type": "reasoning.encrypted", "data": "zz", "format": "openai-responses-v1", "index": 1}
    turn = {"role": "assistant", "content": "Hm.", "reasoning_details": [foreign, secret, thought("So.")]}
    first, again = messages_of(*HI, turn, *HI, turn, *HI)[1::2]
    assert first["content"] == [{"type": "thinking", "thinking": "So."}, {"type": "text", "text": "Hm."}]
    assert again["content"] == "Hm."


def test_a_plain_reasoning_string_goes_back_as_the_plan_of_calls_alone() -> None:
    turn = {"role": "assistant", "content": "Hm.", "reasoning": "Look."}
    assert messages_of(*HI, turn, *HI)[1] == {"role": "assistant", "content": "Hm."}
    assert messages_of(*HI, {**turn, "tool_calls": [call("a")]}, RESULT)[1]["tool_plan"] == "Look."


def test_an_assistant_that_says_nothing_is_left_out() -> None:
    assert messages_of(*HI, {"role": "assistant", "content": ""}, *HI) == [*HI, *HI]
    with pytest.raises(InvalidPrompt):
        sent([{"role": "assistant", "content": ""}])


def test_details_of_the_reasoning_go_before_the_string() -> None:
    turn = {"role": "assistant", "content": "Hm.", "reasoning": "Look.", "reasoning_details": [thought("So.")]}
    written = messages_of(*HI, {**turn, "tool_calls": [call("a")]}, RESULT)[1]
    assert "tool_plan" not in written
    assert written["content"][0] == {"type": "thinking", "thinking": "So."}


def test_a_lower_cap_of_affordability_goes_before_the_callers() -> None:
    assert sent(None, target(max_tokens_override=5), max_tokens=9)["max_tokens"] == 5


def test_a_tool_without_parameters_takes_an_empty_object() -> None:
    bare = {"type": "function", "function": {"name": "now"}}
    parameters: dict[str, Any] = {"type": "object", "properties": {}}
    assert sent(tools=[bare])["tools"][0]["function"] == {"name": "now", "parameters": parameters}


def test_images_of_several_results_wait_for_the_last_of_them() -> None:
    image = {"type": "image_url", "image_url": {"url": PNG}}
    calls = {"role": "assistant", "tool_calls": [call("a"), call("b")]}
    results = [{"role": "tool", "tool_call_id": one, "content": [image]} for one in ("a", "b")]
    assert [one["role"] for one in messages_of(*HI, calls, *results)] == ["user", "assistant", "tool", "tool", "user"]


def test_images_of_results_follow_in_a_message_of_the_users() -> None:
    image = {"type": "image_url", "image_url": {"url": PNG}}
    seen = {**RESULT, "content": [{"type": "text", "text": "See"}, image]}
    *_, result, attached = messages_of(*HI, {"role": "assistant", "tool_calls": [call("a")]}, seen)
    assert result["content"] == [{"type": "document", "document": {"data": {"content": "See"}}}]
    assert attached["role"] == "user"
    assert attached["content"][-1] == image


@pytest.mark.parametrize(
    ("part", "message"),
    [
        (
            {"type": "file", "file": {"file_data": "data:application/pdf;base64,JVBERi0="}},
            "files of type application/pdf",
        ),
        ({"type": "file", "file": {"file_data": "data:text/plain;base64,/w=="}}, "not base64 of UTF-8 text"),
        ({"type": "file", "file": {"file_id": "file-1"}}, "file_id"),
        ({"type": "input_audio", "input_audio": {"data": "AAAA", "format": "wav"}}, "audio"),
        ({"type": "video_url", "video_url": {"url": "https://acme.test/a.mp4"}}, "videos"),
    ],
)
def test_what_the_model_cannot_be_sent_is_refused_by_name(part: dict[str, Any], message: str) -> None:
    with pytest.raises(InvalidRequest, match=message):
        sent([{"role": "user", "content": [{"type": "text", "text": "Look"}, part]}])


def test_only_images_over_https_are_opened_by_the_upstream() -> None:
    assert not COHERE.needs_content(Image("HTTPS://acme.test/a.png"), target())
    assert COHERE.needs_content(Image("http://acme.test/a.png"), target())
    assert COHERE.needs_content(File("https://acme.test/a.txt"), target())
    assert not COHERE.needs_content(Video("https://acme.test/a.mp4"), target())
