"""Streams to Responses clients as no upstream should send them, and every event by the published description."""

import functools
import json
from typing import Any

import jsonschema_rs
import pytest
from msgspec import Raw

from tests import reference
from tests.fakes.openai_responses import message, response, stream_of
from tests.protocols.responses_client import (
    Script,
    answering,
    call,
    drive,
    drive_events,
    end,
    parse,
    report,
    text,
    told,
)
from tests.reference import requires_reference
from tests.ways.responses import read_events
from trunkline.core.errors import ProviderUnavailable, TrunklineError
from trunkline.protocols.events import (
    Annotated,
    Extra,
    FinishReason,
    GenerationEvent,
    MediaDelta,
    PartEnded,
    PartStarted,
    ReasoningDelta,
    Started,
    TextDelta,
    ToolCallDelta,
)
from trunkline.protocols.hub import DecodedBody, HubStream

CITATION = Raw(
    b'{"type":"url_citation","url_citation":{"url":"https://a.example","title":"A","start_index":2,"end_index":5}}'
)
IMAGE = Raw(b'{"type":"image_url","image_url":{"url":"data:image/png;base64,iVBORw0KGgo="}}')
LOGPROBS = Raw(b'{"content":[{"token":"Hi","logprob":-0.1,"bytes":[72,105],"top_logprobs":[]}],"refusal":null}')
SEARCH = Raw(b'{"type":"web_search_call","id":"ws_1","status":"completed","action":{"type":"search","query":"q"}}')


RICH: list[GenerationEvent] = [
    Started("up_1"),
    PartStarted(0, "reasoning"),
    ReasoningDelta(0, "Hm", "reasoning.summary", format="openai-responses-v1"),
    PartEnded(0),
    PartStarted(1, "reasoning"),
    ReasoningDelta(1, type="reasoning.encrypted", data="gAA==", id="rs_1", format="openai-responses-v1"),
    PartEnded(1),
    PartStarted(2, "reasoning"),
    ReasoningDelta(2, "Open.", format="anthropic-claude-v1", detail_index=1),
    ReasoningDelta(2, signature="EqQ==", format="anthropic-claude-v1", detail_index=1),
    PartEnded(2),
    PartStarted(3, "text"),
    TextDelta(3, "Hi", logprobs=LOGPROBS),
    TextDelta(3, " there"),
    Annotated(CITATION),
    PartEnded(3),
    PartStarted(4, "refusal"),
    TextDelta(4, "No."),
    PartEnded(4),
    Extra("output[5]", SEARCH),
    PartStarted(5, "image"),
    MediaDelta(5, "image", IMAGE),
    PartEnded(5),
    *call(6, "call_1", '{"a"', ":1}"),
    *call(7, "call_2"),
    *end("tool_calls"),
]


@functools.cache
def _validator(schema: str) -> Any:
    components = {"schemas": dict(reference.document()["components"]["schemas"])}
    return jsonschema_rs.Draft202012Validator({"$ref": f"#/components/schemas/{schema}", "components": components})


RECORDED_ALL_THE_SAME = ("response/usage: null", 'part: {"text"')
"""Where the description and recordings of the original differ, the recordings win: `usage` is null until the end, and
reasoning in the open has content parts (observed-openrouter-responses.md 6)."""


def problems(event: dict[str, Any]) -> list[str]:
    """What the published description has against an event."""
    mapping = reference.document()["components"]["schemas"]["StreamEvents"]["discriminator"]["mapping"]
    validator = _validator(mapping[event["type"]].rpartition("/")[2])
    found = validator.iter_errors(event)
    named = (f"{'/'.join(map(str, error.instance_path))}: {error.message[:300]}" for error in found)
    return [f"{event['type']} {one}" for one in named if not one.startswith(RECORDED_ALL_THE_SAME)]


@requires_reference
@pytest.mark.parametrize("reason", ["tool_calls", "length", "content_filter", "error"])
def test_every_event_is_as_the_description_says(reason: FinishReason) -> None:
    events = told([*RICH[:-2], *end(reason)], tools=[{"type": "function", "name": "f"}], metadata={"a": "b"})
    assert [problem for event in events.events for problem in problems(event)] == []


def test_one_event_at_a_time_or_all_at_once_is_the_same_stream() -> None:
    alone = told(*[[event] for event in RICH])
    assert [_without_ids(event) for event in alone.events] == [_without_ids(event) for event in told(RICH).events]


def _without_ids(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: _without_ids(inner) for name, inner in value.items() if name not in ("id", "item_id")}
    return [_without_ids(inner) for inner in value] if isinstance(value, list) else value


def test_reasoning_of_one_index_is_one_item_with_its_seal() -> None:
    output = told(RICH).response["output"]
    assert [item["type"] for item in output[:4]] == ["reasoning", "reasoning", "message", "web_search_call"]
    assert output[0]["summary"] == [{"type": "summary_text", "text": "Hm"}]
    assert (output[0]["encrypted_content"], output[0]["format"]) == ("gAA==", "openai-responses-v1")
    assert output[1]["content"] == [{"type": "reasoning_text", "text": "Open."}]
    assert (output[1]["signature"], output[1]["format"]) == ("EqQ==", "anthropic-claude-v1")


def test_a_citation_counts_from_its_own_text() -> None:
    parts = [*text(0, "One, "), *text(1, "two."), Annotated(CITATION)]
    # The second text is open no more, so the citation waits for a third.
    events = told([*parts, *text(2, "three"), *end()])
    content = events.response["output"][0]["content"]
    assert [part["text"] for part in content] == ["One, ", "two.", "three"]
    assert (content[2]["annotations"][0]["url"], content[2]["annotations"][0]["start_index"]) == (
        "https://a.example",
        0,
    )


def test_calls_that_grow_in_turns_are_told_one_after_the_other() -> None:
    turns: list[GenerationEvent] = [
        PartStarted(0, "tool_call", 0, "a", "f"),
        PartStarted(1, "tool_call", 0, "b", "f"),
        ToolCallDelta(1, '{"b"'),
        ToolCallDelta(0, '{"a"'),
        ToolCallDelta(1, ":2}"),
        ToolCallDelta(0, ":1}"),
        PartEnded(0),
        PartEnded(1),
    ]
    calls = told(turns, end("tool_calls")).response["output"]
    assert [(item["call_id"], item["arguments"]) for item in calls] == [("a", '{"a":1}'), ("b", '{"b":2}')]


def test_an_open_call_without_an_end_is_closed_with_the_answer() -> None:
    events = told([PartStarted(0, "tool_call", 0, "a", "f"), PartStarted(1, "text"), TextDelta(1, "Hi")], end("length"))
    assert [(item["type"], item["status"]) for item in events.response["output"]] == [
        ("function_call", "completed"),
        ("message", "incomplete"),
    ]
    assert events.response["incomplete_details"] == {"reason": "max_output_tokens"}


def test_empty_text_beside_calls_is_no_message() -> None:
    events = told([PartStarted(0, "text"), TextDelta(0, ""), PartEnded(0), *call(1, "a", "{}"), *end("tool_calls")])
    assert [item["type"] for item in events.response["output"]] == ["function_call"]


def test_a_refusal_in_words_is_a_complete_answer() -> None:
    refused: list[GenerationEvent] = [PartStarted(0, "refusal"), TextDelta(0, "No."), PartEnded(0)]
    assert told([*refused, *end("content_filter")]).types[-1] == "response.completed"
    assert told([*text(0, "Well"), *end("content_filter")]).response["incomplete_details"] == {
        "reason": "content_filter"
    }


def test_an_end_in_error_is_a_failed_response() -> None:
    events = told([*text(0, "Well"), *end("error")])
    assert (events.types[-1], events.response["error"]["code"]) == ("response.failed", "server_error")
    assert events.response["error_type"] == "provider_unavailable"


CUSTOM = {"type": "custom", "name": "f", "format": {"type": "grammar", "syntax": "lark", "definition": "start: /a+/"}}


@pytest.mark.parametrize(
    ("arguments", "wanted"), [('{"input":"aaa"}', "aaa"), ("aaa", "aaa"), ('{"other":1}', '{"other":1}')]
)
def test_a_custom_tool_comes_back_as_one(arguments: str, wanted: str) -> None:
    events = told([*call(0, "a", arguments), *end("tool_calls")], tools=[CUSTOM])
    item = events.response["output"][0]
    assert (item["type"], item["call_id"], item["name"], item["input"]) == ("custom_tool_call", "a", "f", wanted)
    assert "response.custom_tool_call_input.done" in events.types


def test_a_tool_of_a_namespace_comes_back_with_it() -> None:
    tools = [{"type": "namespace", "name": "crm", "description": "", "tools": [{"type": "function", "name": "f"}]}]
    request = parse(tools=tools)
    assert [tool.name for tool in request.hub.tools] == ["crm__f"]
    named: list[GenerationEvent] = [PartStarted(0, "tool_call", 0, "a", "crm__f"), PartEnded(0)]
    item = told([*named, *end("tool_calls")], tools=tools).response["output"][0]
    assert (item["name"], item["namespace"], item["arguments"]) == ("f", "crm", "{}")


def test_nothing_leaves_before_the_first_content() -> None:
    script = Script([Started("x"), PartStarted(0, "text")], text(1, "Hi"), end())
    script.facts.content_seen = False
    stream = parse(stream=True).hub_stream(script, answering())
    assert stream.feed(b".") == b""
    script.facts.content_seen = True
    assert stream.feed(b".").startswith(b"event: response.created")


@pytest.mark.parametrize(
    ("kind", "status", "code"),
    [
        ("rate_limit_exceeded", 429, "rate_limit_exceeded"),
        ("invalid_request", 400, "invalid_prompt"),
        ("content_policy_violation", 400, "image_content_policy_violation"),
        ("unsupported_image_format", 400, "unsupported_image_media_type"),
        ("server", 500, "server_error"),
        ("timeout", 504, "server_error"),
    ],
)
def test_an_error_after_content_is_a_failed_response(kind: Any, status: int, code: str) -> None:
    error = TrunklineError("It broke.", status=status, error_type=kind)
    stream = parse(stream=True).hub_stream(Script([PartStarted(0, "text"), TextDelta(0, "He")]), answering())
    begun = stream.feed(b".")
    events = read_events((begun + stream.error_tail(error, report(stream.facts))).decode())
    assert events.done
    assert events.types[-1] == "response.failed"
    message = "Internal Server Error" if status == 500 else "It broke."
    assert events.response["error"] == {"code": code, "message": message}
    assert events.response["output"][0]["content"][0]["text"] == "He"


@pytest.mark.parametrize("native", [False, True])
def test_an_error_before_any_response_is_a_flat_event(native: bool) -> None:
    request = parse(stream=True)
    stream = request.native_stream(answering()) if native else request.hub_stream(Script(), answering())
    events = read_events(stream.error_tail(ProviderUnavailable("Away."), None).decode())
    assert events.done
    assert events.events == [
        {
            "type": "error",
            "code": "server_error",
            "message": "Away.",
            "param": None,
            "error": {"code": "server_error", "message": "Away."},
            "sequence_number": 0,
        }
    ]


def test_half_of_a_call_is_not_shown_in_a_failed_response() -> None:
    begun: list[GenerationEvent] = [PartStarted(0, "tool_call", 0, "a", "rm"), ToolCallDelta(0, '{"path":"/')]
    stream = parse(stream=True).hub_stream(Script(begun), answering())
    out = stream.feed(b".") + stream.error_tail(ProviderUnavailable("Away."), report(stream.facts))
    assert read_events(out.decode()).response["output"] == []


def test_numbers_of_an_upstream_that_skips_some_are_mended() -> None:
    events = stream_of(response(message("Hello.")))
    skipping = [b"data: " + json.dumps(e | {"sequence_number": 3 * n}).encode() + b"\n\n" for n, e in enumerate(events)]
    read = drive_events(parse(stream=True).native_stream(answering()), skipping)
    assert read.response["output"][0]["content"][0]["text"] == "Hello."


def test_whole_and_streamed_hub_answers_agree() -> None:
    script = Script(RICH)
    whole = parse().hub_body(DecodedBody(script.facts, RICH), answering())
    script.feed(b".")
    rendered = json.loads(whole.render(report(script.facts)))
    assert _without_ids(rendered) == _without_ids(told(RICH).response)


def test_what_comes_after_the_end_is_not_told() -> None:
    stream = parse(stream=True).hub_stream(Script([*text(0, "Hi"), *end()], text(1, "more")), answering())
    assert isinstance(stream, HubStream)
    drive(stream, [b"."])
    assert stream.feed(b".") == b""


@pytest.mark.parametrize("kind", ["réponse.later", "response.later\ndata: {}\n\n", "response\rlater"])
def test_an_event_that_nobody_knows_passes_whatever_its_name(kind: str) -> None:
    *began, last = stream_of(response(message("Hello.")))
    later = {"type": kind, "later": True}
    stream = parse(stream=True).native_stream(answering())
    told = drive(stream, [b"data: " + json.dumps(event).encode() + b"\n\n" for event in [*began, later, last]])
    payloads = [line.removeprefix("data: ") for line in told.split("\n") if line.startswith("data: {")]
    assert [event["type"] for event in map(json.loads, payloads)].count(kind) == 1


def test_cost_is_told_once_where_the_upstream_tells_one_too() -> None:
    counts = {"input_tokens": 9, "output_tokens": 2, "cost": {"total_cost": 7}, "is_byok": True}
    data = json.dumps(response(message("Hi"), used=counts)).encode()
    answer = parse().native_body(data, answering())
    rendered = answer.render(report(answer.facts))
    assert (rendered.count(b'"cost":'), rendered.count(b'"is_byok":')) == (1, 1)
    usage = json.loads(rendered)["usage"]
    assert (usage["cost"], usage["input_tokens"]) == (0.000021, 9)
