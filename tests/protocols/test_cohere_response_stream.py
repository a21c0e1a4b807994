"""Streams in Cohere's format that are cut, broken or odd: the same events for any reads, a fault for every break."""

import json
import random
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.fakes.cohere_v2 import CALL, CITATION, END, TEXT, THINKING, event, events, message, usage
from tests.protocols.cohere_recordings import answers, cut, decode_stream, payload
from tests.recorded import requires_recorded
from trunkline.protocols.cohere.citations import CITATIONS_MAX
from trunkline.protocols.cohere.decoder import CohereDecoder, decode_body
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

PLAN = "I will look it up."
TOLD = events(THINKING, TEXT, plan=PLAN, calls=[CALL], citations=[{**CITATION, "content_index": 1}], finish="TOOL_CALL")
STREAM = b"\xef\xbb\xbf" + (b"".join(map(event, TOLD)) + END).replace(b"\n", b"\r\n")


def deltas_of(told: list[GenerationEvent], kind: type[Any]) -> list[Any]:
    return [one for one in told if isinstance(one, kind)]


def whole(*told: dict[str, Any]) -> bytes:
    return b"".join(map(event, told)) + END


@given(bounds=st.lists(st.integers(0, len(STREAM)), max_size=8))
def test_any_split_of_a_stream_gives_the_same_events(bounds: list[int]) -> None:
    assert decode_stream(cut(STREAM, bounds)) == decode_stream([STREAM])


def test_a_stream_read_byte_by_byte_gives_the_same_events() -> None:
    facts, told = decode_stream([bytes([byte]) for byte in STREAM])
    assert (facts, told) == decode_stream([STREAM])
    assert facts.finish_reason == "tool_calls"
    assert "".join(one.text for one in deltas_of(told, TextDelta)) == TEXT["text"]
    assert "".join(one.arguments for one in deltas_of(told, ToolCallDelta)) == '{"city":"Oslo"}'
    assert "".join(one.text for one in deltas_of(told, ReasoningDelta)) == PLAN + str(THINKING["thinking"])
    assert {one.detail_index: one.id for one in deltas_of(told, ReasoningDelta)} == {0: "tool_plan", 1: None}


@requires_recorded
def test_recorded_streams_read_in_random_pieces_give_the_same_events() -> None:
    dice = random.Random(7)
    for exchange in (exchange for exchange in answers() if exchange["stream"]):
        data = payload(exchange)
        bounds = dice.sample(range(len(data)), min(40, len(data) - 1))
        assert decode_stream(cut(data, bounds)) == decode_stream([data]), exchange["id"]


@given(end=st.integers(0, len(STREAM) - 1))
def test_a_stream_cut_anywhere_is_whole_only_once_the_reason_to_stop_is_known(end: int) -> None:
    facts, told = decode_stream([STREAM[:end]])
    if facts.fault is None:
        assert b"message-end" in STREAM[:end]
        assert facts.finish_reason == "tool_calls"
        assert isinstance(told[-1], Completed)
    else:
        assert facts.fault.truncated or facts.upstream_id is None
        assert isinstance(told[-1], Failed)
        assert facts.finish_reason is None


@given(noise=st.binary(max_size=200), place=st.integers(0, len(STREAM)))
def test_noise_is_a_fault_or_nothing_and_never_an_exception(noise: bytes, place: int) -> None:
    facts, told = decode_stream([STREAM[:place] + noise + STREAM[place:]])
    assert isinstance(told[-1], Failed if facts.fault is not None else Completed)
    assert not any(isinstance(one, Failed | Completed) for one in told[:-1])


@given(data=st.binary(max_size=300))
def test_any_body_is_an_answer_or_a_fault(data: bytes) -> None:
    decoded = decode_body(data)
    assert isinstance(decoded.events[-1], Failed)
    assert decoded.facts.fault is not None


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=8,
)
MEMBERS = ["content", "tool_plan", "tool_calls", "citations", "role", "text", "thinking", "type", "id", "function"]
odd_messages = st.dictionaries(st.sampled_from(MEMBERS), json_values, max_size=4)
EVENT_TYPES = [*dict.fromkeys(str(one["type"]) for one in TOLD), "error", "debug"]


@given(st.lists(st.tuples(st.sampled_from(EVENT_TYPES), json_values, odd_messages), max_size=8))
def test_events_with_members_of_any_kind_never_raise(odd: list[tuple[str, Any, dict[str, Any]]]) -> None:
    told = [{"type": kind, "index": index, "delta": {"message": members}} for kind, index, members in odd]
    facts, made = decode_stream([whole(*told)])
    assert (facts.fault is not None) == isinstance(made[-1], Failed)
    for _, finish, members in odd:
        assert decode_body(json.dumps({"message": members, "finish_reason": finish}).encode()).events


def test_nothing_is_told_after_the_end_or_a_fault() -> None:
    decoder = CohereDecoder()
    assert decoder.feed(STREAM)
    assert decoder.feed(STREAM) == []
    assert isinstance(decoder.close()[-1], Completed)
    assert decoder.close() == []
    assert decoder.feed(STREAM) == []


def test_nothing_counts_between_the_last_event_and_the_end_marker() -> None:
    late = [*events(TEXT), *events({"type": "text", "text": "more"})[1:]]
    assert decode_stream([whole(*late)]) == decode_stream([whole(*events(TEXT))])


@pytest.mark.parametrize(
    ("native", "reason"),
    [
        ("COMPLETE", "stop"),
        ("STOP_SEQUENCE", "stop"),
        ("MAX_TOKENS", "length"),
        ("TOOL_CALL", "tool_calls"),
        ("SOMETHING_NEW", "stop"),
    ],
)
def test_reasons_to_stop_are_ours_and_the_upstreams_own_word_stands_beside(native: str, reason: str) -> None:
    _, told = decode_stream([whole(*events(TEXT, finish=native))])
    assert deltas_of(told, Finished) == [Finished(reason, native)]


@pytest.mark.parametrize(("native", "status"), [("ERROR", 200), ("TIMEOUT", 504), ("ERROR_TOXIC", 200)])
def test_an_answer_that_ended_with_an_error_is_a_fault_and_keeps_its_counts(native: str, status: int) -> None:
    facts, told = decode_stream([whole(*events(TEXT, finish=native, used=usage(7, 3), error="Sorry"))])
    body = decode_body(msgspec.json.encode(message(TEXT, finish=native, used=usage(7, 3)) | {"error": "Sorry"}))
    assert facts == body.facts
    assert facts.fault is not None
    assert (facts.fault.status, facts.fault.code, facts.fault.message) == (status, native, "Sorry")
    assert (facts.finish_reason, facts.native_finish_reason) == (None, native)
    assert facts.usage is not None
    assert (facts.usage.prompt_tokens, facts.usage.completion_tokens) == (7, 3)
    assert isinstance(told[-1], Failed)


def test_a_call_that_was_cut_by_the_token_limit_stays_cut() -> None:
    facts, _ = decode_stream([whole(*events(calls=[CALL], finish="MAX_TOKENS"))])
    assert (facts.finish_reason, facts.tool_call_count) == ("length", 1)


@pytest.mark.parametrize("arguments", ["", None, {}])
def test_a_call_without_arguments_is_an_empty_object_in_both_modes(arguments: object) -> None:
    call = {**CALL, "function": {"name": "now", "arguments": arguments}}
    start = {"type": "tool-call-start", "index": 0, "delta": {"message": {"tool_calls": call}}}
    first, last = events(finish="TOOL_CALL")
    _, told = decode_stream([whole(first, start, last)])
    assert [one.arguments for one in deltas_of(told, ToolCallDelta)] == ["{}"]
    body = decode_body(json.dumps(message(calls=[call], finish="TOOL_CALL")).encode())
    assert [one.arguments for one in deltas_of(body.events, ToolCallDelta)] == ["{}"]


def test_calls_with_the_same_id_get_ids_of_their_own() -> None:
    _, told = decode_stream([whole(*events(calls=[CALL, CALL], finish="TOOL_CALL"))])
    first, second = (one.tool_call_id for one in deltas_of(told, PartStarted))
    assert first == "get_temp_01"
    assert second.startswith("call_")


def test_a_citation_of_the_second_text_is_placed_in_the_whole_text() -> None:
    second: dict[str, Any] = {"type": "text", "text": "No: 8 °C."}
    cited = {**CITATION, "start": 4, "end": 8, "text": "8 °C", "content_index": 1}
    _, told = decode_stream([whole(*events(TEXT, second, citations=[cited]))])
    place = json.loads(bytes(deltas_of(told, Annotated)[0].annotation))["url_citation"]
    assert f"{TEXT['text']}{second['text']}"[place["start_index"] : place["end_index"]] == "8 °C"


@pytest.mark.parametrize(
    "change", [{"type": "PLAN"}, {"type": "THINKING_CONTENT"}, {"sources": [{"document": {"title": "mine"}}]}]
)
def test_citations_without_a_place_in_the_text_or_an_address_are_carried_and_not_shown(change: dict[str, Any]) -> None:
    cited = {**CITATION, **change}
    _, told = decode_stream([whole(*events(TEXT, citations=[cited]))])
    assert not deltas_of(told, Annotated)
    assert [json.loads(bytes(one.value)) for one in deltas_of(told, Extra)] == [cited]


def test_an_item_that_nobody_knows_is_carried() -> None:
    body = message({"type": "video", "video": {"id": 7}}, TEXT) | {"novel": True}
    made = decode_body(json.dumps(body).encode()).events
    assert {one.path: json.loads(bytes(one.value)) for one in deltas_of(made, Extra)} == {
        "message.content[0].type": "video",
        "message.content[0].video": {"id": 7},
        "novel": True,
    }


@pytest.mark.parametrize(
    ("said", "status", "text"),
    [
        (b'{"id":"e","message":"internal server error"}', 200, "internal server error"),
        (b'data: {"id":"e","message":"too busy","code":503}\n\n', 503, "too busy"),
        (b"<html><body>502</body></html>", 200, "The answer is no event stream"),
    ],
)
def test_an_error_instead_of_a_stream_is_read_too(said: bytes, status: int, text: str) -> None:
    facts, told = decode_stream([said])
    assert facts.fault is not None
    assert (facts.fault.status, facts.fault.message) == (status, text)
    assert isinstance(told[-1], Failed)


def test_counts_without_billed_units_are_taken_as_they_are() -> None:
    counts: dict[str, Any] = {"tokens": {"input_tokens": 12.0, "output_tokens": 3}}
    facts, _ = decode_stream([whole(*events(TEXT, used=counts))])
    assert facts.usage is not None
    assert (facts.usage.prompt_tokens, facts.usage.completion_tokens) == (12, 3)


def test_counts_of_images_and_thoughts_are_parts_of_their_totals() -> None:
    counts = usage(10, 5, image_tokens=8)
    facts, _ = decode_stream([whole(*events({"type": "thinking", "thinking": "Nine signs"}, TEXT, used=counts))])
    assert facts.usage is not None
    assert facts.usage.prompt_image_tokens == 8
    assert facts.usage.reasoning_tokens == 3, "estimated from ten characters"


def test_an_item_that_did_not_start_is_known_by_what_it_holds() -> None:
    told = [one for one in events(THINKING, TEXT) if one["type"] != "content-start"]
    assert decode_stream([whole(*told)])[1] == decode_stream([whole(*events(THINKING, TEXT))])[1]


def test_an_answer_without_its_start_is_one_all_the_same() -> None:
    facts, told = decode_stream([whole(*events(TEXT)[1:])])
    assert (facts.fault, facts.finish_reason, facts.upstream_id) == (None, "stop", None)
    assert isinstance(told[-1], Completed)


def test_a_plan_is_closed_before_anything_else_opens() -> None:
    _, told = decode_stream([STREAM])
    bounds = [one for one in told if isinstance(one, PartStarted | PartEnded)]
    assert [one.index for one in bounds] == [0, 0, 1, 1, 2, 2, 3, 3]


def test_a_thought_that_was_shown_binds_the_answer_to_its_upstream() -> None:
    decoder = CohereDecoder()
    decoder.feed(b"".join(map(event, events(THINKING)[:3])))
    assert decoder.facts.content_seen
    silent = CohereDecoder(exclude_reasoning=True)
    silent.feed(b"".join(map(event, events(THINKING)[:3])))
    assert not silent.facts.content_seen


def test_a_body_of_calls_may_lack_its_reason_and_an_empty_one_says_nothing() -> None:
    calls = decode_body(msgspec.json.encode(message(calls=[CALL]) | {"finish_reason": None}))
    assert (calls.facts.finish_reason, calls.facts.native_finish_reason) == ("tool_calls", None)
    empty = decode_body(b'{"id":"c","message":{"role":"assistant","content":[]}}')
    assert (empty.facts.fault, empty.facts.finish_reason, empty.facts.usage) == (None, None, None)
    assert empty.events[-1] == Completed(None)
    text = decode_body(msgspec.json.encode(message(TEXT) | {"finish_reason": None}))
    assert text.facts.fault is not None


def test_what_a_call_says_beyond_name_and_arguments_is_carried() -> None:
    made = decode_body(msgspec.json.encode(message(calls=[{**CALL, "novel": 1}]))).events
    assert [(one.path, bytes(one.value)) for one in deltas_of(made, Extra)] == [("message.tool_calls[0].novel", b"1")]


def test_sources_that_tools_found_have_addresses_too_and_citations_have_an_end() -> None:
    found = [{"type": "tool", "id": "t:0", "tool_output": {"url": "https://yr.test", "title": "Yr"}}]
    _, told = decode_stream([whole(*events(TEXT, citations=[{**CITATION, "sources": found}] * (CITATIONS_MAX + 1)))])
    annotations = deltas_of(told, Annotated)
    assert len(annotations) == CITATIONS_MAX
    assert json.loads(bytes(annotations[0].annotation))["url_citation"]["url"] == "https://yr.test"
