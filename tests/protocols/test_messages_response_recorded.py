"""Every recorded answer in Anthropic's format against an independent reading of the same bytes: nothing gets lost."""

import json
from typing import Any

from tests.protocols.messages_recordings import TARGET, Message, answers, decode, read, recorded
from tests.recorded import requires_recorded
from trunkline.protocols.chat.event_fold import fold_events
from trunkline.protocols.chat.reading import DeltaRead
from trunkline.protocols.events import (
    Annotated,
    Completed,
    Extra,
    Finished,
    GenerationEvent,
    PartEnded,
    PartStarted,
    ReasoningDelta,
    Started,
    TextDelta,
    ToolCallDelta,
    Usage,
)
from trunkline.protocols.faults.classify import classify
from trunkline.protocols.messages.decoder import decode_body

pytestmark = requires_recorded

WRITTEN_ANEW = {"type", "role", "model"}
"""What the envelope says of every answer, in our own words."""
FINISH = {
    "end_turn": "stop",
    "stop_sequence": "stop",
    "pause_turn": "stop",
    "tool_use": "tool_calls",
    "max_tokens": "length",
    "refusal": "content_filter",
}


def sound() -> list[dict[str, Any]]:
    """All but a few fixtures that hold several answers in one stream."""
    return [exchange for exchange in answers() if exchange["response"]["body"].count("event: message_start") <= 1]


def rebuilt(events: list[GenerationEvent]) -> tuple[list[dict[str, Any]], dict[str, Any]]:
    """The upstream's blocks, and the members around them, from events alone."""
    blocks: list[dict[str, Any]] = []
    members: dict[str, Any] = {}
    parts: dict[int, dict[str, Any]] = {}
    for event in events:
        match event:
            case PartStarted(index, kind):
                block: dict[str, Any] = {"type": {"tool_call": "tool_use", "reasoning": "thinking"}.get(kind, kind)}
                if kind == "tool_call":
                    block |= {"id": event.tool_call_id, "name": event.name, "input": ""}
                parts[index] = block
                blocks.append(block)
            case TextDelta(index, text):
                parts[index]["text"] = parts[index].get("text", "") + text
            case ToolCallDelta(index, arguments):
                parts[index]["input"] += arguments
            case ReasoningDelta():
                take_reasoning(parts[event.index], event)
            case Extra(path, value):
                take_extra(blocks, members, path, json.loads(bytes(value)))
            case Started(upstream_id):
                members["id"] = upstream_id
            case Finished(_, native):
                members["stop_reason"] = native
            case _:
                pass
    for block in blocks:
        if block["type"] == "tool_use":
            block["input"] = json.loads(block["input"])
    return blocks, members


def take_reasoning(block: dict[str, Any], event: ReasoningDelta) -> None:
    assert event.format == "anthropic-claude-v1"
    if event.type == "reasoning.encrypted":
        block |= {"type": "redacted_thinking", "data": event.data}
    else:
        block["thinking"] = block.get("thinking", "") + event.text
        block["signature"] = event.signature or block.get("signature", "")


def take_extra(blocks: list[dict[str, Any]], members: dict[str, Any], path: str, value: Any) -> None:
    if not path.startswith("content["):
        members[path] = value
    elif path.endswith("]") and ".citations" not in path:
        blocks.append(value)
    elif path.endswith(".citations[]"):
        blocks[-1].setdefault("citations", []).append(value)
    else:
        blocks[-1][path.partition("].")[2]] = value


def without_nothing(block: dict[str, Any]) -> dict[str, Any]:
    """Null, an empty text and an empty list of citations say nothing."""
    return {n: v for n, v in block.items() if v is not None and not (n in ("citations", "text", "signature") and not v)}


def test_every_block_and_every_member_of_a_recorded_answer_is_told() -> None:
    leaves = 0
    for exchange in sound():
        message = read(exchange)
        blocks, members = rebuilt(decode(exchange)[1])
        assert [without_nothing(b) for b in blocks] == [without_nothing(b) for b in message.blocks], exchange["id"]
        told = {name: value for name, value in message.members.items() if name not in WRITTEN_ANEW}
        assert members == told, exchange["id"]
        leaves += len(json.dumps(message.blocks))
    assert len(sound()) > 400
    assert leaves > 1_000_000


def test_every_answer_ends_in_order_with_our_word_and_the_upstreams() -> None:
    for exchange in sound():
        facts, events = decode(exchange)
        stop = read(exchange).members["stop_reason"]
        has_calls = any(block["type"] == "tool_use" for block in read(exchange).blocks)
        assert facts.fault is None, exchange["id"]
        assert facts.done, exchange["id"]
        assert facts.native_finish_reason == stop, exchange["id"]
        assert facts.finish_reason == ("tool_calls" if has_calls and FINISH[stop] == "stop" else FINISH[stop])
        assert isinstance(events[-1], Completed), exchange["id"]
        assert isinstance(events[-2], Finished), exchange["id"]
        assert isinstance(events[0], Started), exchange["id"]


def expected_usage(message: Message) -> Usage:
    """Straight from the vendor's description of its counts."""
    counted = [message.usage, *(i for i in message.usage.get("iterations") or [] if i["type"] == "compaction")]

    def total(name: str) -> int:
        return sum(part.get(name) or 0 for part in counted)

    read_, written = total("cache_read_input_tokens"), total("cache_creation_input_tokens")
    visible = sum(len(block.get("thinking", "")) for block in message.blocks)
    thinking = (message.usage.get("output_tokens_details") or {}).get("thinking_tokens", -(-visible // 4))
    return Usage(
        prompt_tokens=total("input_tokens") + read_ + written,
        completion_tokens=total("output_tokens"),
        cached_tokens=read_,
        cache_write_tokens=written,
        cache_write_1h_tokens=(message.usage.get("cache_creation") or {}).get("ephemeral_1h_input_tokens", 0),
        reasoning_tokens=min(thinking, total("output_tokens")),
        web_searches=(message.usage.get("server_tool_use") or {}).get("web_search_requests", 0),
    )


def test_usage_counts_are_the_upstreams_and_its_classes_add_up() -> None:
    seen = {"cached": 0, "written": 0, "written_1h": 0, "thought": 0, "searched": 0}
    for exchange in sound():
        message, usage = read(exchange), decode(exchange)[0].usage
        assert usage is not None, exchange["id"]
        assert json.loads(bytes(usage.raw)) == message.usage, exchange["id"]
        expected = expected_usage(message)
        got = {name: getattr(usage, name) for name in Usage.__struct_fields__ if name != "raw"}
        assert got == {name: getattr(expected, name) for name in got}, exchange["id"]
        assert usage.cached_tokens + usage.cache_write_tokens <= usage.prompt_tokens
        seen["cached"] += usage.cached_tokens > 0
        seen["written"] += usage.cache_write_tokens > 0
        seen["written_1h"] += usage.cache_write_1h_tokens > 0
        seen["thought"] += usage.reasoning_tokens > 0
        seen["searched"] += usage.web_searches > 0
    assert all(seen.values()), seen


def test_facts_count_calls_characters_and_searches() -> None:
    for exchange in sound():
        message, (facts, _) = read(exchange), decode(exchange)
        calls = [block for block in message.blocks if block["type"] == "tool_use"]
        words = sum(len(block.get("text", "")) + len(block.get("thinking", "")) for block in message.blocks)
        assert facts.tool_call_count == len(calls), exchange["id"]
        assert facts.output_chars >= words, exchange["id"]
        assert facts.content_seen == bool(words or calls or any("data" in block for block in message.blocks))
        assert facts.upstream_id == message.members["id"]
        assert facts.service_tier in (None, "default"), exchange["id"]


def test_citations_of_pages_become_annotations_that_span_their_text() -> None:
    count = 0
    for exchange in sound():
        message, events = read(exchange), decode(exchange)[1]
        text = "".join(block.get("text", "") for block in message.blocks if block["type"] == "text")
        got = [json.loads(bytes(e.annotation))["url_citation"] for e in events if isinstance(e, Annotated)]
        cited = [
            (block["text"], citation.get("url") or citation.get("source"), citation["cited_text"])
            for block in message.blocks
            for citation in block.get("citations") or []
            if str(citation.get("url") or citation.get("source")).startswith("http")
        ]
        assert [(text[c["start_index"] : c["end_index"]], c["url"], c["content"]) for c in got] == cited, exchange["id"]
        count += len(got)
    assert count > 80


def in_hand(events: list[GenerationEvent]) -> dict[str, Any]:
    """What a client of our chat has when the answer is over, with arguments as values."""
    message, end = fold_events(events).messages[0]
    assert isinstance(message, DeltaRead)
    return {
        "text": message.text,
        "reasoning": message.reasoning.text if message.reasoning is not None else None,
        "details": [json.loads(bytes(d)) for d in message.reasoning.details] if message.reasoning is not None else [],
        "calls": [(call.id, call.name, json.loads(call.arguments)) for call in message.calls],
        "annotations": [json.loads(bytes(annotation)) for annotation in message.annotations],
        "finish": (end.finish_reason, end.native_finish_reason),
    }


def test_a_stream_and_its_message_sent_whole_give_the_client_the_same() -> None:
    count = 0
    for exchange in sound():
        if not exchange["stream"]:
            continue
        message = read(exchange)
        whole = {**message.members, "content": message.blocks, "usage": message.usage}
        decoded = decode_body(json.dumps(whole).encode(), TARGET)
        facts, events = decode(exchange)
        assert in_hand(decoded.events) == in_hand(events), exchange["id"]
        assert rebuilt(decoded.events)[1] == rebuilt(events)[1], exchange["id"]
        assert decoded.facts.finish_reason == facts.finish_reason
        assert decoded.facts.tool_call_count == facts.tool_call_count
        count += 1
    assert count > 125


def test_excluded_reasoning_leaves_no_trace_but_its_count() -> None:
    count = 0
    for exchange in sound():
        facts, events = decode(exchange, exclude_reasoning=True)
        assert not any(isinstance(event, ReasoningDelta) for event in events), exchange["id"]
        assert not any(isinstance(event, PartStarted) and event.kind == "reasoning" for event in events)
        assert facts.usage == decode(exchange)[0].usage, exchange["id"]
        count += facts.usage is not None and facts.usage.reasoning_tokens > 0
    assert count > 50


def test_parts_open_grow_and_close_in_order() -> None:
    for exchange in sound():
        open_parts: set[int] = set()
        opened = 0
        for event in decode(exchange)[1]:
            match event:
                case PartStarted(index):
                    assert index == opened, exchange["id"]
                    opened += 1
                    open_parts.add(index)
                case TextDelta(index) | ToolCallDelta(index):
                    assert index in open_parts, exchange["id"]
                case ReasoningDelta():
                    assert event.index in open_parts, exchange["id"]
                case PartEnded(index):
                    open_parts.remove(index)
                case _:
                    pass
        assert not open_parts, exchange["id"]


def test_recorded_refusals_of_the_api_are_classified() -> None:
    seen = {
        (answer["status"], classify(answer["status"], {}, answer["body"].encode()).error_type)
        for answer in (exchange["response"] for exchange in recorded())
        if answer["status"] >= 400
    }
    assert (400, "context_length_exceeded") in seen
    assert (401, "provider_unavailable") in seen
    assert (404, "not_found") in seen
    assert (400, "invalid_request") in seen
