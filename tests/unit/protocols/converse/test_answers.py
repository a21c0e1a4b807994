"""Answers of this format that were not recorded."""

from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.fakes.bedrock_converse import event, frame, frames
from tests.unit.protocols.converse.requests import CLAUDE, NOVA, target
from trunkline.protocols.answers import Facts
from trunkline.protocols.converse.decoder import ConverseDecoder, decode_body
from trunkline.protocols.converse.protocol import ConverseProtocol
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
    TextDelta,
    ToolCallDelta,
)


def streamed(*sent: bytes, model: str = CLAUDE, **fields: Any) -> tuple[Facts, list[GenerationEvent]]:
    decoder = ConverseDecoder(target(model, **fields))
    events = [one for data in sent for one in decoder.feed(data)]
    return decoder.facts, events + decoder.close()


def whole(*content: Any, stop: str | None = "end_turn", model: str = CLAUDE, **members: Any) -> list[GenerationEvent]:
    body = {"stopReason": stop, **members, "output": {"message": {"content": list(content)}}}
    return decode_body(msgspec.json.encode(body), target(model)).events


@pytest.mark.parametrize(
    ("stop", "reason"),
    [
        ("end_turn", "stop"),
        ("stop_sequence", "stop"),
        ("max_tokens", "length"),
        ("model_context_window_exceeded", "length"),
        ("content_filtered", "content_filter"),
        ("guardrail_intervened", "content_filter"),
        ("malformed_model_output", "error"),
        ("malformed_tool_use", "error"),
        ("tool_use", "stop"),
        ("a_later_word", "stop"),
    ],
)
def test_stop_reasons_have_our_words(stop: str, reason: str) -> None:
    finished = whole({"text": "Hi"}, stop=stop)[-2]
    assert isinstance(finished, Finished)
    assert (finished.reason, finished.native_reason) == (reason, stop)


def test_redacted_thinking_is_told_whole_and_streamed_alike() -> None:
    block = {"reasoningContent": {"redactedContent": "RXVR+/=="}}
    delta = ReasoningDelta(0, type="reasoning.encrypted", data="RXVR+/==", format="anthropic-claude-v1")
    assert delta in whole(block)
    assert delta in streamed(*frames([block]))[1]


def test_reasoning_of_other_families_bears_no_claim_of_whose_it_is() -> None:
    events = whole({"reasoningContent": {"reasoningText": {"text": "Hm"}}}, model="openai.gpt-oss-20b-1:0")
    assert [e.format for e in events if isinstance(e, ReasoningDelta)] == ["unknown"]


def test_the_tool_that_stands_in_for_a_schema_answers_with_text() -> None:
    call = {"toolUse": {"toolUseId": "t", "name": "reply", "input": {"a": 1}}}
    facts, events = streamed(*frames([call], stop="tool_use"), model=NOVA, answer_tool="reply")
    assert "".join(e.text for e in events if isinstance(e, TextDelta)) == '{"a":1}'
    assert (facts.finish_reason, facts.tool_call_count) == ("stop", 0)


def test_a_call_without_arguments_has_an_empty_object() -> None:
    start = event("contentBlockStart", {"contentBlockIndex": 0, "start": {"toolUse": {"toolUseId": "t", "name": "f"}}})
    stop = [event("contentBlockStop", {"contentBlockIndex": 0}), event("messageStop", {"stopReason": "tool_use"})]
    facts, events = streamed(start, *stop)
    assert [e.arguments for e in events if isinstance(e, ToolCallDelta)] == ["{}"]
    assert facts.finish_reason == "tool_calls"
    assert facts.usage is None


def test_a_block_that_starts_again_was_complete_before() -> None:
    start = {"contentBlockIndex": 0, "start": {"toolUse": {"toolUseId": "t", "name": "f"}}}
    events = streamed(event("contentBlockStart", start), event("contentBlockStart", start))[1]
    assert [type(e) for e in events[1:4]] == [PartStarted, ToolCallDelta, PartEnded]


def test_text_under_the_index_of_reasoning_is_a_block_of_its_own() -> None:
    deltas = [{"reasoningContent": {"text": "Hm"}}, {"text": "Hi"}]
    sent = [event("contentBlockDelta", {"contentBlockIndex": 0, "delta": delta}) for delta in deltas]
    events = streamed(*sent)[1]
    assert [e.kind for e in events if isinstance(e, PartStarted)] == ["reasoning", "text"]
    assert [e.text for e in events if isinstance(e, TextDelta)] == ["Hi"]


def test_a_citation_points_to_the_words_of_its_own_block() -> None:
    citation = {"location": {"web": {"url": "https://acme.test/", "domain": "acme.test"}}}
    cited = {"citationsContent": {"content": [{"text": "is cold"}], "citations": [citation]}}
    events = whole({"text": "Oslo "}, cited)
    annotation = next(msgspec.json.decode(e.annotation) for e in events if isinstance(e, Annotated))
    assert annotation["url_citation"] == {
        "url": "https://acme.test/",
        "title": "acme.test",
        "content": "",
        "start_index": 5,
        "end_index": 12,
    }


def test_equal_ids_of_calls_are_made_unlike() -> None:
    call: dict[str, Any] = {"toolUse": {"toolUseId": "t", "name": "f", "input": {}}}
    ids = [e.tool_call_id for e in whole(call, call, stop="tool_use") if isinstance(e, PartStarted)]
    assert ids[0] == "t"
    assert len(set(ids)) == 2


def test_writes_with_a_long_life_are_counted_apart() -> None:
    details = [{"ttl": "5m", "inputTokens": 30}, {"ttl": "1h", "inputTokens": 70}]
    used = {"inputTokens": 1, "outputTokens": 2, "cacheWriteInputTokens": 100, "cacheDetails": details}
    completed = whole({"text": "Hi"}, usage=used)[-1]
    assert isinstance(completed, Completed)
    assert completed.usage is not None
    assert completed.usage.cache_write_1h_tokens == 70
    assert completed.usage.prompt_tokens == 101


def test_what_the_hub_has_no_word_for_rides_along() -> None:
    events = whole({"text": "Hi"}, {"image": {"format": "png", "source": {"bytes": "AA"}}}, trace={"a": 1})
    extras = {e.path: msgspec.json.decode(e.value) for e in events if isinstance(e, Extra)}
    assert extras == {"content[1].image": {"format": "png", "source": {"bytes": "AA"}}, "trace": {"a": 1}}


@pytest.mark.parametrize("body", [b"", b"[]", b"null", b'{"output":{}}', b'{"message":"x"}', b"\xff\xfe"])
def test_a_body_that_is_none_is_a_fault(body: bytes) -> None:
    decoded = decode_body(body, target(CLAUDE))
    assert isinstance(decoded.events[-1], Failed)
    assert decoded.facts.fault is not None


def test_a_body_without_a_stop_reason_is_a_fault() -> None:
    assert isinstance(whole({"text": "Hi"}, stop=None)[-1], Failed)


@pytest.mark.parametrize("payload", [b"[]", b"nonsense", b'{"contentBlockIndex":"x","delta":{}}'])
def test_an_event_that_is_no_object_ends_the_answer(payload: bytes) -> None:
    sent = event("contentBlockDelta", {"contentBlockIndex": 0, "delta": {"text": "Hi"}})
    broken = frame({":message-type": "event", ":event-type": "contentBlockDelta"}, payload)
    facts, events = streamed(sent, broken, sent)
    assert isinstance(events[-1], Failed)
    assert facts.output_chars == 2


NAMES = st.sampled_from(
    [
        *("contentBlockIndex", "delta", "start", "stopReason", "usage", "text", "toolUse", "input", "name", "type"),
        *("reasoningContent", "signature", "redactedContent", "citation", "toolResult", "inputTokens", "output"),
        *("message", "content", "serviceTier", "citationsContent", "citations", "reasoningText", "toolUseId"),
    ]
)
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5) | st.just("server_tool_use"),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(NAMES, inner, max_size=4),
    max_leaves=12,
)
EVENTS = ["messageStart", "contentBlockStart", "contentBlockDelta", "contentBlockStop", "messageStop", "metadata", "x"]


@given(st.lists(st.tuples(st.sampled_from(EVENTS), st.dictionaries(NAMES, VALUES, max_size=4)), max_size=8))
def test_no_event_however_odd_raises_and_all_cuts_agree(told: list[tuple[str, dict[str, Any]]]) -> None:
    sent = [frame({":message-type": "event", ":event-type": kind}, payload) for kind, payload in told]
    facts, events = streamed(*sent)
    again, together = streamed(b"".join(sent))
    assert [type(e) for e in events] == [type(e) for e in together]
    assert facts.usage == again.usage
    assert isinstance(events[-1], Completed | Failed)
    assert (facts.fault is None) == isinstance(events[-1], Completed)


@given(st.dictionaries(NAMES, VALUES, max_size=4), st.lists(VALUES, max_size=4))
def test_no_body_however_odd_raises(members: dict[str, Any], content: list[Any]) -> None:
    events = whole(*content, **{name: value for name, value in members.items() if name != "output"})
    assert isinstance(events[-1], Completed | Failed)


def test_the_model_is_one_segment_of_the_path() -> None:
    arn = "arn:aws:bedrock:us-east-1:1:inference-profile/us.amazon.nova-pro-v1:0"
    path = ConverseProtocol().path(target(arn), stream=True)
    assert path == (
        "model/arn%3Aaws%3Abedrock%3Aus-east-1%3A1%3Ainference-profile%2Fus.amazon.nova-pro-v1%3A0/converse-stream"
    )
