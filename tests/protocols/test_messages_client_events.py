"""Any answer of the hub as a Messages stream: blocks nest, never interleave, nothing follows the end."""

import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec import Raw

from tests.fakes import anthropic_messages as claude
from tests.protocols.messages_client import ANSWERING, ASKED, IDENTITY, native, parse, report, through_hub
from tests.ways.messages import assemble, events
from trunkline.protocols.answers import Facts
from trunkline.protocols.events import (
    Annotated,
    Completed,
    Finished,
    GenerationEvent,
    MediaDelta,
    PartEnded,
    PartStarted,
    ReasoningDelta,
    TextDelta,
    ToolCallDelta,
    Usage,
)
from trunkline.protocols.hub import DecodedBody
from trunkline.protocols.messages import block_teller
from trunkline.protocols.messages.event_encoder import EventEncoder

USAGE = Usage(prompt_tokens=30, completion_tokens=9, cached_tokens=10, cache_write_tokens=5, reasoning_tokens=2)
IMAGE = Raw(b'{"type":"image_url","image_url":{"url":"data:image/png;base64,AAAA"}}')
CITED = Raw(
    b'{"type":"url_citation","url_citation":{"url":"https://a.example","title":"A","start_index":0,"end_index":2}}'
)


def stream(told: list[GenerationEvent], *, hide_thinking: bool = False) -> list[dict[str, Any]]:
    encoder = EventEncoder(IDENTITY, Facts(), "https://docs.example", hide_thinking=hide_thinking)
    out = b"".join([encoder.encode([event]) for event in told]) + encoder.release() + encoder.tail(report(USAGE))
    return events(out.decode())


def whole(told: list[GenerationEvent]) -> dict[str, Any]:
    answer = ASKED.hub_body(DecodedBody(Facts(finish_reason="stop"), told), ANSWERING)
    return json.loads(answer.render(report(USAGE)))


def ended(*told: GenerationEvent, reason: Any = "stop", native_reason: str | None = "stop") -> list[GenerationEvent]:
    return [*told, Finished(reason, native_reason), Completed(USAGE)]


def test_calls_that_grow_in_turns_leave_one_after_the_other() -> None:
    told = ended(
        PartStarted(0, "tool_call", tool_call_id="a", name="look"),
        PartStarted(1, "tool_call", tool_call_id="b", name="look"),
        ToolCallDelta(1, '{"city":'),
        ToolCallDelta(0, '{"city":'),
        ToolCallDelta(1, '"Rome"}'),
        ToolCallDelta(0, '"Oslo"}'),
        PartEnded(1),
        PartEnded(0),
        reason="tool_calls",
    )
    message = assemble(stream(told))
    assert [block["input"] for block in message["content"]] == [{"city": "Oslo"}, {"city": "Rome"}]
    assert message["stop_reason"] == "tool_use"
    assert message["content"] == whole(told)["content"]


def test_encrypted_reasoning_of_others_comes_back_to_the_letter() -> None:
    details = [
        ReasoningDelta(0, text="First I think.", type="reasoning.summary", format="openai-responses-v1"),
        ReasoningDelta(0, data="gAAA==", type="reasoning.encrypted", id="rs_1", format="openai-responses-v1"),
        ReasoningDelta(0, text="", signature="Sig+/=", format="google-gemini-v1", detail_index=2),
    ]
    content = assemble(stream(ended(PartStarted(0, "reasoning"), *details, PartEnded(0))))["content"]
    assert [block["type"] for block in content] == ["thinking", "redacted_thinking", "thinking"]
    assert content[0] == {"type": "thinking", "thinking": "First I think.", "signature": ""}
    turns = [{"role": "user", "content": "Hi"}, {"role": "assistant", "content": content}]
    hub = parse(messages=[*turns, {"role": "user", "content": "And?"}]).to_hub()
    back = [json.loads(bytes(detail.raw)) for detail in hub.messages[1].reasoning_details or ()]
    assert back == [
        {"type": "reasoning.summary", "format": "openai-responses-v1", "index": 0, "summary": "First I think."},
        {"type": "reasoning.encrypted", "format": "openai-responses-v1", "index": 0, "data": "gAAA==", "id": "rs_1"},
        {"type": "reasoning.text", "format": "google-gemini-v1", "index": 2, "text": "", "signature": "Sig+/="},
    ]


def test_foreign_thinking_is_not_sent_to_claude_natively_and_its_own_is_untouched() -> None:
    own = {"type": "thinking", "thinking": "Mine.", "signature": "EqQB"}
    content = assemble(
        stream(
            ended(
                PartStarted(0, "reasoning"),
                ReasoningDelta(0, data="gAAA==", type="reasoning.encrypted", format="openai-responses-v1"),
                PartEnded(0),
            )
        )
    )["content"]
    asked = parse(
        messages=[
            {"role": "user", "content": "Hi"},
            {"role": "assistant", "content": [*content, own, {"type": "text", "text": "Yes."}], "new_member": 1},
            {"role": "user", "content": "And?"},
        ]
    )
    sent = json.loads(asked.edit(ANSWERING.target))["messages"][1]
    assert sent == {"role": "assistant", "content": [own, {"type": "text", "text": "Yes."}], "new_member": 1}


def test_hidden_thinking_keeps_what_must_come_back() -> None:
    told = ended(
        PartStarted(0, "reasoning"),
        ReasoningDelta(0, text="Secret.", format="anthropic-claude-v1"),
        ReasoningDelta(0, signature="EqQB", format="anthropic-claude-v1"),
        PartEnded(0),
    )
    content = assemble(stream(told, hide_thinking=True))["content"]
    assert content == [{"type": "thinking", "thinking": "", "signature": "EqQB"}]


def test_a_citation_that_comes_after_its_text_is_hung_on_it() -> None:
    told = ended(PartStarted(0, "text"), TextDelta(0, "Hi"), PartEnded(0), Annotated(CITED))
    (block,) = assemble(stream(told))["content"]
    assert block["citations"][0]["url"] == "https://a.example"
    assert [block] == whole(told)["content"]


def test_usage_counts_add_up_to_the_prompt() -> None:
    usage = whole(ended(PartStarted(0, "text"), TextDelta(0, "Hi"), PartEnded(0)))["usage"]
    assert (usage["input_tokens"], usage["cache_read_input_tokens"], usage["cache_creation_input_tokens"]) == (
        15,
        10,
        5,
    )
    assert usage["output_tokens_details"] == {"thinking_tokens": 2}


@pytest.mark.parametrize(
    ("reason", "native_reason", "stop"),
    [
        ("stop", "stop", "end_turn"),
        ("stop", "pause_turn", "pause_turn"),
        ("stop", "stop_sequence", "stop_sequence"),
        ("length", "length", "max_tokens"),
        ("length", "model_context_window_exceeded", "model_context_window_exceeded"),
        ("content_filter", "SAFETY", "refusal"),
        ("tool_calls", "tool_calls", "tool_use"),
    ],
)
def test_reasons_to_stop(reason: Any, native_reason: str, stop: str) -> None:
    told = ended(PartStarted(0, "text"), TextDelta(0, "Hi"), PartEnded(0), reason=reason, native_reason=native_reason)
    message = whole(told)
    assert message["stop_reason"] == stop
    assert (message["stop_details"] is not None) == (stop == "refusal")
    assert assemble(stream(told))["stop_reason"] == stop


def test_an_answer_that_ends_in_an_error_is_no_answer() -> None:
    told = ended(PartStarted(0, "text"), TextDelta(0, "Hi"), PartEnded(0), reason="error", native_reason="LANGUAGE")
    assert stream(told)[-1]["error"]["error_type"] == "provider_unavailable"
    answer = ASKED.hub_body(DecodedBody(Facts(content_seen=True, finish_reason="error"), told), ANSWERING)
    assert answer.facts.fault is not None
    assert not answer.facts.content_seen


@st.composite
def answers(draw: st.DrawFn) -> list[GenerationEvent]:
    """Parts of every kind that overlap as they like."""
    kinds = draw(st.lists(st.sampled_from(["text", "reasoning", "tool_call", "image", "refusal"]), max_size=6))
    waiting = [_part(draw, index, kind) for index, kind in enumerate(kinds)]
    told: list[GenerationEvent] = []
    while any(waiting):
        started = [queue for queue in waiting if queue]
        # Parts start in order, and grow in any.
        queue = draw(st.sampled_from(started[: 1 + sum(not isinstance(q[0], PartStarted) for q in started)]))
        told.append(queue.pop(0))
    return ended(*told)


def _part(draw: st.DrawFn, index: int, kind: Any) -> list[GenerationEvent]:
    texts = draw(st.lists(st.text(min_size=1, max_size=5), max_size=3))
    grown: list[GenerationEvent]
    match kind:
        case "tool_call":
            grown = [ToolCallDelta(index, piece) for piece in ("{", "}")][: 2 * bool(texts)]
        case "reasoning":
            grown = [ReasoningDelta(index, text=text) for text in texts]
        case "image":
            grown = [MediaDelta(index, "image", IMAGE)]
        case _:
            grown = [TextDelta(index, text) for text in texts]
    return [PartStarted(index, kind, tool_call_id=f"call_{index}", name="look"), *grown, PartEnded(index)]


@settings(max_examples=300, deadline=None)
@given(answers())
def test_blocks_never_interleave_and_the_stream_folds_to_the_whole_answer(told: list[GenerationEvent]) -> None:
    streamed = stream(told)
    assert streamed[-1]["type"] == "message_stop"
    assert assemble(streamed)["content"] == whole(told)["content"]


@settings(max_examples=200, deadline=None)
@given(st.lists(st.binary(max_size=60), max_size=8))
def test_garbage_is_a_fault_and_never_an_exception(reads: list[bytes]) -> None:
    for path in (native, through_hub):
        answer, out = path(reads)
        assert answer.facts.fault is not None
        assert out == b""


@settings(max_examples=200, deadline=None)
@given(
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.text(max_size=8),
        lambda inner: (
            st.lists(inner, max_size=3)
            | st.dictionaries(
                st.sampled_from(
                    ["type", "text", "index", "delta", "content_block", "message", "usage", "id", "citations", "input"]
                ),
                inner,
                max_size=4,
            )
        ),
        max_leaves=8,
    ),
    st.sampled_from(
        [
            "message_start",
            "content_block_start",
            "content_block_delta",
            "content_block_stop",
            "message_delta",
            "error",
            "later",
        ]
    ),
)
def test_events_of_any_shape_end_in_an_answer_or_a_fault(value: Any, kind: str) -> None:
    event = {
        **(value if isinstance(value, dict) else {"message": value, "delta": value, "content_block": value}),
        "type": kind,
    }
    start = {"type": "message_start", "message": {"id": "msg", "content": [], "usage": {"input_tokens": 1}}}
    data = b"".join(
        b"event: x\ndata: " + json.dumps(one).encode() + b"\n\n" for one in (start, event, {"type": "message_stop"})
    )
    for path in (native, through_hub):
        answer, out = path([data])
        assert answer.facts.fault is not None or b"message_stop" in out


def test_hundreds_of_calls_that_wait_for_the_first_are_told() -> None:
    indexes = range(1_000)
    began: list[GenerationEvent] = [
        PartStarted(index, "tool_call", tool_call_id=f"c{index}", name="look") for index in indexes
    ]
    told = ended(*began, *[PartEnded(index) for index in reversed(indexes)], reason="tool_calls")
    starts = [event for event in stream(told) if event["type"] == "content_block_start"]
    assert {event["content_block"]["id"] for event in starts} == {f"c{index}" for index in indexes}
    assert len(whole(told)["content"]) == len(indexes)


@pytest.mark.parametrize("way", [native, through_hub])
@pytest.mark.parametrize("block", [{"type": "text", "text": ""}, {"type": "thinking", "thinking": ""}])
def test_nothing_is_left_out_however_much_comes_before_the_first_word(way: Any, block: dict[str, Any]) -> None:
    answer, out = way(upstream(claude.events([*[block] * 100, claude.TEXT], stop="max_tokens")))
    assert answer.facts.fault is None
    assert assemble(events(out.decode()))["content"][-1]["text"] == claude.TEXT["text"]


def test_signs_of_life_before_the_first_word_push_no_event_out() -> None:
    first, *rest = claude.events([claude.TEXT])
    _, out = native(upstream([first, *[{"type": "ping"}] * 500, *rest]))
    assert assemble(events(out.decode()))["content"][0]["text"] == claude.TEXT["text"]


def test_an_upstream_that_never_comes_to_the_point_is_not_kept_in_memory() -> None:
    answer = ASKED.native_stream(ANSWERING)
    answer.feed(upstream(claude.events([])[:1])[0])
    out = b"".join(answer.feed(claude.event({"type": "later", "filler": "x" * 10_000})) for _ in range(200))
    assert len(out) > 1_900_000
    assert answer.facts.content_seen, "another endpoint cannot answer any more"


def test_reason_and_counts_may_come_in_events_of_their_own() -> None:
    *began, delta, stop = claude.events([claude.TEXT], stop="max_tokens")
    counts = {"type": "message_delta", "delta": {"stop_reason": None}, "usage": {"output_tokens": 7}}
    _, out = native(upstream([*began, delta, counts, stop]))
    answer = assemble(events(out.decode()))
    assert (answer["stop_reason"], answer["usage"]["output_tokens"]) == ("max_tokens", 7)


def upstream(told: list[dict[str, Any]]) -> list[bytes]:
    return [claude.event(event) for event in told]


def test_an_answer_of_which_too_much_must_wait_has_failed_and_costs_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(block_teller, "WAITING_CHARS_MAX", 100)
    parts: list[GenerationEvent] = [
        PartStarted(index, "tool_call", tool_call_id=str(index), name="f") for index in (0, 1)
    ]
    waiting: list[GenerationEvent] = [ToolCallDelta(1, "x" * 101)]
    told = ended(*parts, *waiting, reason="tool_calls")
    facts = Facts(content_seen=True)
    EventEncoder(IDENTITY, facts, "https://docs.example", hide_thinking=False).encode([*parts, *waiting])
    assert facts.fault is not None, "a stream with a fault ends in an error, and is not charged"
    body = ASKED.hub_body(DecodedBody(Facts(finish_reason="tool_calls"), told), ANSWERING)
    assert body.facts.fault is not None
