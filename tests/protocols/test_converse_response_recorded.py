"""Every recorded Converse answer against an independent reading of the same bytes: nothing gets lost."""

import json
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from tests.protocols.converse_recordings import answers, cut, decode, decode_stream, payload, read, streams, target
from tests.recorded import requires_recorded
from trunkline.protocols.converse.event_stream import EventStreamParser
from trunkline.protocols.events import (
    Annotated,
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

pytestmark = requires_recorded

AROUND = {"output", "stopReason", "usage", "serviceTier", "metrics"}
"""Members with a place of their own; `metrics` is the upstream's own clock."""
FINISH = {
    "end_turn": "stop",
    "stop_sequence": "stop",
    "tool_use": "tool_calls",
    "max_tokens": "length",
    "content_filtered": "content_filter",
    "guardrail_intervened": "content_filter",
}


def sound() -> list[dict[str, Any]]:
    """All but fixtures that lack the end of their stream."""
    return [exchange for exchange in answers() if "stopReason" in read(exchange)]


def rebuilt(events: list[GenerationEvent]) -> tuple[list[dict[str, Any]], dict[str, Any]]:
    """The upstream's blocks, and the members around them, from events alone."""
    blocks: list[dict[str, Any]] = []
    members: dict[str, Any] = {}
    parts: dict[int, dict[str, Any]] = {}
    for event in events:
        match event:
            case PartStarted(index, kind):
                parts[index] = {"kind": kind}
                if kind == "tool_call":
                    parts[index] |= {"toolUseId": event.tool_call_id, "name": event.name, "input": ""}
                blocks.append(parts[index])
            case TextDelta(index, text):
                parts[index]["text"] = parts[index].get("text", "") + text
            case ToolCallDelta(index, arguments):
                parts[index]["input"] += arguments
            case ReasoningDelta():
                take_reasoning(parts[event.index], event)
            case Extra(path, value) if path.startswith("content["):
                take_extra(blocks, path, json.loads(bytes(value)))
            case Extra(path, value):
                members[path] = json.loads(bytes(value))
            case _:
                pass
    return blocks, members


def take_reasoning(part: dict[str, Any], event: ReasoningDelta) -> None:
    part["text"] = part.get("text", "") + event.text
    part["signature"] = event.signature or part.get("signature", "")
    if event.data:
        part["redactedContent"] = event.data


def take_extra(blocks: list[dict[str, Any]], path: str, value: Any) -> None:
    member = path.partition("].")[2]
    if member == "citations[]":
        blocks[-1].setdefault("citations", []).append(value)
    elif member in ("toolUse", "toolResult"):
        blocks.append({"kind": member, **value})
    else:
        blocks[-1][member] = value


def expected(block: dict[str, Any]) -> dict[str, Any]:
    """A block of the upstream in the shape of `rebuilt`."""
    match block:
        case {"toolUse": {"type": "server_tool_use", **use}}:
            return {"kind": "toolUse", "type": "server_tool_use", **use}
        case {"toolUse": {"type": _, **use}} | {"toolUse": use}:
            return {"kind": "tool_call", **use}
        case {"toolResult": result}:
            return {"kind": "toolResult", **result}
        case {"reasoningContent": {"reasoningText": text}}:
            return {"kind": "reasoning", **text}
        case {"reasoningContent": redacted}:
            return {"kind": "reasoning", **redacted}
        case {"citationsContent": cited}:
            text = "".join(piece["text"] for piece in cited.get("content", []))
            return {"kind": "text", "text": text, "citations": cited["citations"]}
        case _:
            return {"kind": "text", "text": block["text"]}


def without_nothing(block: dict[str, Any]) -> dict[str, Any]:
    """An empty text says nothing, and arguments are compared as values."""
    if block["kind"] == "tool_call" and isinstance(block["input"], str):
        block = {**block, "input": json.loads(block["input"])}
    return {n: v for n, v in block.items() if not (n in ("text", "signature") and not v) and n != "type"}


def test_every_block_and_every_member_of_a_recorded_answer_is_told() -> None:
    leaves = 0
    for exchange in sound():
        answer = read(exchange)
        blocks, members = rebuilt(decode(exchange)[1])
        sent = [expected(block) for block in answer["output"]["message"]["content"]]
        assert [without_nothing(b) for b in blocks] == [without_nothing(b) for b in sent], exchange["id"]
        assert members == {n: v for n, v in answer.items() if n not in AROUND and v is not None}, exchange["id"]
        leaves += len(json.dumps(sent))
    assert len(sound()) > 115
    assert leaves > 40_000


def test_every_answer_ends_in_order_with_our_word_and_the_upstreams() -> None:
    for exchange in sound():
        answer = read(exchange)
        facts, events = decode(exchange)
        uses = [b["toolUse"] for b in answer["output"]["message"]["content"] if "toolUse" in b]
        calls = [use for use in uses if use.get("type") != "server_tool_use"]
        reason = FINISH[answer["stopReason"]]
        assert facts.fault is None, exchange["id"]
        assert facts.native_finish_reason == answer["stopReason"]
        assert facts.finish_reason == ("tool_calls" if calls and reason == "stop" else reason), exchange["id"]
        assert facts.tool_call_count == len(calls)
        assert facts.service_tier == answer.get("serviceTier", {}).get("type")
        assert isinstance(events[0], Started)
        assert isinstance(events[-2], Finished)
        assert isinstance(events[-1], Completed)


def test_usage_counts_are_the_upstreams_and_its_classes_add_up() -> None:
    seen = {"cached": 0, "written": 0, "thought": 0}
    for exchange in sound():
        answer, usage = read(exchange), decode(exchange)[0].usage
        told = answer.get("usage")
        if not told:
            assert usage is None
            continue
        assert usage is not None, exchange["id"]
        reads, writes = told.get("cacheReadInputTokens", 0), told.get("cacheWriteInputTokens", 0)
        assert (usage.cached_tokens, usage.cache_write_tokens) == (reads, writes)
        assert usage.prompt_tokens == told["inputTokens"] + reads + writes
        assert usage.completion_tokens == told["outputTokens"]
        assert usage.prompt_tokens + usage.completion_tokens == told["totalTokens"], exchange["id"]
        assert usage.reasoning_tokens <= usage.completion_tokens
        assert json.loads(bytes(usage.raw)) == told
        seen["cached"] += reads > 0
        seen["written"] += writes > 0
        seen["thought"] += usage.reasoning_tokens > 0
    assert min(seen.values()) > 3, seen


def test_facts_count_what_the_client_sees() -> None:
    for exchange in sound():
        facts, events = decode(exchange)
        written = sum(len(e.text) for e in events if isinstance(e, TextDelta | ReasoningDelta))
        written += sum(len(e.arguments) for e in events if isinstance(e, ToolCallDelta))
        assert facts.output_chars == written, exchange["id"]
        assert facts.content_seen == (written > 0 or any(isinstance(e, PartStarted) for e in events))
        assert facts.done or "usage" not in read(exchange)


def test_excluded_reasoning_leaves_no_trace_but_its_tokens() -> None:
    hidden = 0
    for exchange in sound():
        facts, events = decode(exchange, exclude_reasoning=True)
        plain = decode(exchange)[0]
        assert not any(isinstance(event, ReasoningDelta) for event in events)
        assert facts.usage == plain.usage
        hidden += facts.usage is not None and facts.usage.reasoning_tokens > 0
    assert hidden > 10


def test_citations_with_an_address_are_annotations_at_their_words() -> None:
    found: list[dict[str, Any]] = []
    for exchange in sound():
        facts_events = decode(exchange)[1]
        text = "".join(e.text for e in facts_events if isinstance(e, TextDelta))
        for event in facts_events:
            if isinstance(event, Annotated):
                citation = json.loads(bytes(event.annotation))["url_citation"]
                found.append({**citation, "words": text[citation["start_index"] : citation["end_index"]]})
    assert any(c["url"] == "https://example.com/ruby-facts" and "Matsumoto" in c["words"] for c in found)
    assert any(c["url"].startswith("https://www.ruby-lang.org") for c in found)


def test_any_two_reads_give_the_same_events() -> None:
    for exchange in streams():
        data, endpoint = payload(exchange), target(exchange)
        whole = decode_stream([data], endpoint)
        step = max(1, len(data) // 60)
        for bound in range(0, len(data), step):
            assert decode_stream(cut(data, [bound]), endpoint) == whole, exchange["id"]


def test_byte_by_byte_reads_give_the_same_events() -> None:
    for exchange in streams():
        data, endpoint = payload(exchange), target(exchange)
        assert decode_stream([data[i : i + 1] for i in range(len(data))], endpoint) == decode_stream([data], endpoint)


def test_a_stream_that_is_cut_before_its_stop_reason_is_truncated() -> None:
    for exchange in streams():
        data, endpoint = payload(exchange), target(exchange)
        for end in range(0, len(data), max(1, len(data) // 40)):
            facts, events = decode_stream([data[:end]], endpoint)
            if facts.native_finish_reason is None:
                assert facts.fault is not None
                assert facts.fault.truncated
                assert isinstance(events[-1], Failed)
            else:
                assert facts.fault is None
                assert isinstance(events[-1], Completed)


def test_a_flipped_bit_is_noticed_and_nothing_after_it_is_told() -> None:
    exchange = streams()[0]
    data, endpoint = payload(exchange), target(exchange)
    whole = decode_stream([data], endpoint)[1]
    for place in range(0, len(data), 97):
        broken = data[:place] + bytes([data[place] ^ 1]) + data[place + 1 :]
        facts, events = decode_stream([broken], endpoint)
        assert facts.fault is not None
        assert isinstance(events[-1], Failed)
        assert events[:-1] == whole[: len(events) - 1] or isinstance(events[-2], PartEnded)


def test_no_event_comes_after_the_end() -> None:
    exchange = streams()[0]
    data, endpoint = payload(exchange), target(exchange)
    assert decode_stream([data, data, b"garbage"], endpoint) == decode_stream([data], endpoint)


@given(st.lists(st.binary(max_size=200), max_size=8))
@settings(max_examples=300, deadline=None)
def test_garbage_is_a_fault_and_never_an_exception(reads: list[bytes]) -> None:
    facts, events = decode_stream(reads, target({"model": None}))
    assert facts.fault is not None
    assert isinstance(events[-1], Failed)


def test_frames_are_handed_over_as_soon_as_they_are_complete() -> None:
    data = payload(streams()[0])
    total = int.from_bytes(data[:4])
    parser = EventStreamParser()
    assert parser.feed(data[: total - 1]) == ([], None)
    assert len(parser.feed(data[total - 1 : total])[0]) == 1
