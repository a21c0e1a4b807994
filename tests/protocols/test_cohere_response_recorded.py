"""Every recorded answer in Cohere's format against an independent reading of the same bytes: nothing gets lost."""

import json
from typing import Any

import msgspec

from tests.fakes.cohere_v2 import END, event, events
from tests.protocols.cohere_recordings import answers, decode, decode_stream, read
from tests.recorded import exchanges, requires_recorded
from trunkline.protocols.chat.event_fold import fold_events
from trunkline.protocols.cohere.decoder import decode_body
from trunkline.protocols.events import (
    Completed,
    Extra,
    Failed,
    Finished,
    GenerationEvent,
    PartEnded,
    PartStarted,
    ReasoningDelta,
    Started,
    TextDelta,
    ToolCallDelta,
)
from trunkline.protocols.faults.classify import classify

pytestmark = requires_recorded

FINISH = {"COMPLETE": "stop", "STOP_SEQUENCE": "stop", "MAX_TOKENS": "length", "TOOL_CALL": "tool_calls"}


def rebuilt(told: list[GenerationEvent]) -> dict[str, Any]:
    """The upstream's body, from events alone."""
    message: dict[str, Any] = {"role": "assistant", "content": [], "tool_plan": "", "tool_calls": [], "citations": []}
    body: dict[str, Any] = {"message": message}
    parts: dict[int, dict[str, Any]] = {}
    for one in told:
        match one:
            case Started(upstream_id):
                body["id"] = upstream_id
            case Extra("message.citations[]", raw):
                message["citations"].append(json.loads(bytes(raw)))
            case Finished(_, native):
                body["finish_reason"] = native
            case Completed(usage):
                if usage is not None:
                    body["usage"] = json.loads(bytes(usage.raw))
            case _:
                _grow(message, parts, one)
    return body


def _grow(message: dict[str, Any], parts: dict[int, dict[str, Any]], one: GenerationEvent) -> None:
    match one:
        case PartStarted(index, "tool_call"):
            function = {"name": one.name, "arguments": ""}
            parts[index] = {"id": one.tool_call_id, "type": "function", "function": function}
            message["tool_calls"].append(parts[index])
        case PartStarted(index, "text"):
            parts[index] = {"type": "text", "text": ""}
            message["content"].append(parts[index])
        case TextDelta(index, text):
            parts[index]["text"] += text
        case ReasoningDelta(index, text, id="tool_plan"):
            message["tool_plan"] += text
        case ReasoningDelta(index, text):
            if index not in parts:
                parts[index] = {"type": "thinking", "thinking": ""}
                message["content"].append(parts[index])
            parts[index]["thinking"] += text
        case ToolCallDelta(index, arguments):
            parts[index]["function"]["arguments"] += arguments
        case _:
            pass


def without_nothing(body: dict[str, Any]) -> dict[str, Any]:
    """What a body says; empty lists and texts say nothing, and a call without arguments has empty ones."""
    message = {name: value for name, value in body["message"].items() if value not in (None, "", [])}
    for call in message.get("tool_calls", ()):
        call["function"]["arguments"] = call["function"]["arguments"] or "{}"
    return {**body, "message": message}


def said(body: dict[str, Any]) -> dict[str, Any]:
    """A body's message with all of its members."""
    message: dict[str, Any] = {"content": [], "tool_plan": "", "tool_calls": [], "citations": []}
    return message | {name: value for name, value in body["message"].items() if value is not None}


def test_every_leaf_of_every_recorded_answer_is_told() -> None:
    whole = 0
    for exchange in answers():
        facts, told = decode(exchange)
        body = read(exchange)
        if body["finish_reason"] == "ERROR":
            assert isinstance(told[-1], Failed)
            assert facts.fault is not None
            assert (facts.fault.message, facts.fault.code) == (body["error"], body["error_type"])
            continue
        assert without_nothing(rebuilt(told)) == without_nothing(body), exchange["id"]
        whole += 1
    assert whole > 50


def test_facts_of_every_recorded_answer_are_those_of_its_bytes() -> None:
    for exchange in answers():
        facts, _ = decode(exchange)
        body = read(exchange)
        if body["finish_reason"] == "ERROR":
            continue
        message, billed = said(body), body["usage"]["billed_units"]
        calls = message["tool_calls"]
        assert facts.fault is None, exchange["id"]
        assert facts.done is (not exchange["stream"] or exchange["response"]["body"].endswith("[DONE]\n\n"))
        assert facts.finish_reason == FINISH[body["finish_reason"]]
        assert facts.native_finish_reason == body["finish_reason"]
        assert facts.upstream_id == body["id"]
        assert facts.tool_call_count == len(calls)
        assert facts.content_seen
        chars = sum(len(item.get("text", "") + item.get("thinking", "")) for item in message["content"])
        chars += len(message["tool_plan"]) + sum(len(call["function"]["arguments"] or "{}") for call in calls)
        assert facts.output_chars == chars, exchange["id"]
        usage = facts.usage
        assert usage is not None
        assert (usage.prompt_tokens, usage.completion_tokens) == (billed["input_tokens"], billed["output_tokens"])
        assert usage.reasoning_tokens <= usage.completion_tokens
        assert usage.prompt_image_tokens <= usage.prompt_tokens
        told = body["usage"].get("tokens", {}).get("reasoning_tokens")
        if told is not None:
            assert usage.reasoning_tokens == told, exchange["id"]


def test_a_recorded_stream_and_the_body_that_says_the_same_give_the_same_message() -> None:
    for exchange in answers():
        body = read(exchange)
        if body["finish_reason"] == "ERROR":
            continue
        message = said(body)
        streamed = events(
            *message["content"],
            plan=message["tool_plan"],
            calls=message["tool_calls"],
            citations=message["citations"],
            finish=body["finish_reason"],
            used=body["usage"],
        )
        streamed[0]["id"] = body["id"]
        facts, told = decode_stream([b"".join(map(event, streamed)) + END])
        whole = decode_body(msgspec.json.encode(body))
        assert facts == whole.facts, exchange["id"]
        ours, theirs = fold_events(told).messages[0][0], fold_events(whole.events).messages[0][0]
        assert (ours.text, ours.reasoning) == (theirs.text, theirs.reasoning)
        assert ours.annotations == theirs.annotations
        assert [(call.id, call.name, call.arguments) for call in ours.calls] == [
            (call.id, call.name, call.arguments) for call in theirs.calls
        ]


def test_excluded_reasoning_is_counted_and_never_told() -> None:
    seen = 0
    for exchange in answers():
        shown, _ = decode(exchange)
        hidden, told = decode(exchange, exclude_reasoning=True)
        assert not any(isinstance(one, ReasoningDelta) for one in told)
        assert hidden.output_chars == shown.output_chars
        assert hidden.usage == shown.usage
        started = [one.index for one in told if isinstance(one, PartStarted)]
        assert started == list(range(len(started)))
        seen += any(isinstance(one, ReasoningDelta) for one in decode(exchange)[1])
    assert seen > 15


def test_parts_open_grow_and_close_in_order() -> None:
    for exchange in answers():
        _, told = decode(exchange)
        open_parts: set[int] = set()
        for one in told:
            match one:
                case PartStarted(index):
                    open_parts.add(index)
                case TextDelta(index) | ToolCallDelta(index) | ReasoningDelta(index):
                    assert index in open_parts, exchange["id"]
                case PartEnded(index):
                    open_parts.remove(index)
                case _:
                    pass
        assert not open_parts, exchange["id"]


def test_citations_stand_where_their_words_are() -> None:
    for exchange in answers():
        message = said(read(exchange))
        for citation in message["citations"]:
            item = message["content"][citation.get("content_index", 0)]
            assert item["text"][citation["start"] : citation["end"]] == citation["text"], exchange["id"]


def test_recorded_refusals_of_the_api_are_classified() -> None:
    refusals = [e["response"] for e in exchanges("cohere-v2.jsonl.gz") if e["response"]["status"] >= 400]
    seen = {classify(one["status"], {}, one["body"].encode()) for one in refusals}
    assert {(one.fault.status, one.error_type, one.fault.code) for one in seen} == {
        (401, "provider_unavailable", None),
        (400, "context_length_exceeded", "TOO_MANY_TOKENS"),
    }
