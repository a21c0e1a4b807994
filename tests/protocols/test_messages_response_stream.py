"""Streams in Anthropic's format that are cut, broken or odd: the same events for any reads, a fault for every break."""

import json
import random
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec import structs

from tests.fakes.anthropic_messages import CALL, TEXT, THINKING, event, events, message, usage
from tests.protocols.messages_recordings import TARGET, answers, cut, decode_stream, payload
from tests.recorded import requires_recorded
from trunkline.protocols.events import (
    Completed,
    Extra,
    Failed,
    Finished,
    GenerationEvent,
    PartStarted,
    ReasoningDelta,
    TextDelta,
    ToolCallDelta,
)
from trunkline.protocols.messages.decoder import MessagesDecoder, decode_body

REDACTED = {"type": "redacted_thinking", "data": "EmwKAhgB+/=="}
SEARCH = {"type": "server_tool_use", "id": "srvtoolu_1", "name": "web_search", "input": {"query": "Oslo 🌡"}}
FOUND = {"type": "web_search_tool_result", "tool_use_id": "srvtoolu_1", "content": []}
CONTENT = (THINKING, REDACTED, SEARCH, FOUND, TEXT, CALL)
STREAM = b"\xef\xbb\xbf" + b"".join(event(one) for one in events(CONTENT, stop="tool_use")).replace(b"\n", b"\r\n")


def deltas_of(told: list[GenerationEvent], kind: type[Any]) -> list[Any]:
    return [one for one in told if isinstance(one, kind)]


@given(bounds=st.lists(st.integers(0, len(STREAM)), max_size=8))
def test_any_split_of_a_stream_gives_the_same_events(bounds: list[int]) -> None:
    assert decode_stream(cut(STREAM, bounds)) == decode_stream([STREAM])


def test_a_stream_read_byte_by_byte_gives_the_same_events() -> None:
    facts, told = decode_stream([bytes([byte]) for byte in STREAM])
    assert (facts, told) == decode_stream([STREAM])
    assert facts.finish_reason == "tool_calls"
    assert "".join(one.text for one in deltas_of(told, TextDelta)) == TEXT["text"]
    assert "".join(one.arguments for one in deltas_of(told, ToolCallDelta)) == '{"city":"Oslo"}'
    assert json.loads(bytes(deltas_of(told, Extra)[0].value)) == SEARCH
    assert [one.type for one in deltas_of(told, ReasoningDelta)][-1] == "reasoning.encrypted"


@requires_recorded
def test_recorded_streams_read_in_random_pieces_give_the_same_events() -> None:
    dice = random.Random(7)
    for exchange in (exchange for exchange in answers() if exchange["stream"]):
        data = payload(exchange)
        bounds = dice.sample(range(len(data)), min(40, len(data) - 1))
        assert decode_stream(cut(data, bounds)) == decode_stream([data]), exchange["id"]


@pytest.mark.parametrize(
    "said",
    [
        '"index":0,"delta":{"type":"text_delta","text":"more"}',
        '"index":0,"delta":{"type":"text_delta","text":""}',
        '"index":0,"delta":{"type":"text_delta","text":"\\ud83d"}',
        '"index":0,"delta":{"type":"text_delta","text":null}',
        '"index":1,"delta":{"type":"text_delta","text":"of a call"}',
        '"index":7,"delta":{"type":"text_delta","text":"of a block that never began"}',
        '"index":-1,"delta":{"type":"text_delta","text":"nowhere"}',
        '"index":"0","delta":{"type":"text_delta","text":"a number in quotes"}',
        '"delta":{"type":"text_delta","text":"without an index"}',
    ],
)
def test_a_text_delta_is_read_alike_whether_it_is_plain_or_says_more(said: str) -> None:
    *before, last, end = events((TEXT, CALL))
    begun = b"".join(event(one) for one in [*before[:4], before[3]])
    opened = event({"type": "content_block_start", "index": 1, "content_block": CALL})
    rest = event(last) + event(end)

    def told(extra: str) -> tuple[Any, list[GenerationEvent]]:
        odd = f'event: content_block_delta\ndata: {{"type":"content_block_delta",{said}{extra}}}\n\n'.encode()
        return decode_stream([begun, odd, odd, opened, event(before[3]), odd, rest])

    assert told("") == told(',"padding":"x"')


@given(end=st.integers(0, len(STREAM) - 1))
def test_a_stream_cut_anywhere_is_whole_only_once_the_reason_to_stop_is_known(end: int) -> None:
    facts, told = decode_stream([STREAM[:end]])
    if facts.fault is None:
        assert b"message_delta" in STREAM[:end]
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
    decoded = decode_body(data, TARGET)
    # A list without blocks is an answer that says nothing.
    assert isinstance(decoded.events[-1], Failed) or b'"content":[]' in data
    assert decoded.facts.fault is not None


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=8,
)
MEMBERS = ["type", "index", "delta", "content_block", "message", "usage", "error", "text", "partial_json", "citation"]
EVENT_TYPES = [str(one["type"]) for one in events(CONTENT)] + ["error", "unheard_of"]


@given(
    st.lists(
        st.tuples(st.sampled_from(EVENT_TYPES), st.dictionaries(st.sampled_from(MEMBERS), json_values, max_size=4)),
        max_size=8,
    )
)
def test_events_with_members_of_any_kind_never_raise(odd: list[tuple[str, dict[str, Any]]]) -> None:
    told = b"".join(event({**members, "type": kind}) for kind, members in odd)
    facts, made = decode_stream([told])
    assert (facts.fault is not None) == isinstance(made[-1], Failed)
    body = {**message([]), "content": [members for _, members in odd]}
    assert decode_body(json.dumps(body).encode(), TARGET).events


def test_nothing_is_told_after_the_end_or_a_fault() -> None:
    decoder = MessagesDecoder(TARGET)
    assert decoder.feed(STREAM)
    assert decoder.feed(STREAM) == []
    assert isinstance(decoder.close()[-1], Completed)
    assert decoder.close() == []
    assert decoder.feed(STREAM) == []


@pytest.mark.parametrize(
    ("kind", "status"),
    [("overloaded_error", 529), ("api_error", 500), ("rate_limit_error", 429), ("invalid_request_error", 400)],
)
def test_an_error_event_is_a_fault_with_the_status_of_its_type(kind: str, status: int) -> None:
    failure = event({"type": "error", "error": {"type": kind, "message": "No"}})
    facts, told = decode_stream([event(events(())[0]) + failure + STREAM])
    assert facts.fault is not None
    assert (facts.fault.status, facts.fault.code, facts.fault.message) == (status, kind, "No")
    assert not facts.content_seen
    assert isinstance(told[-1], Failed)


def test_an_error_object_instead_of_a_stream_is_read_too() -> None:
    facts, _ = decode_stream([b'{"type":"error","error":{"type":"overloaded_error","message":"Later"}}'])
    assert facts.fault is not None
    assert facts.fault.status == 529
    page, _ = decode_stream([b"<html><body>502</body></html>"])
    assert page.fault is not None
    assert page.fault.message == "The answer is no event stream"


def test_usage_of_a_broken_stream_is_what_was_counted_so_far() -> None:
    counted = usage(100, 9, cached=20, written=3)
    told = [event(one) for one in events((TEXT,), used=counted)]
    facts, _ = decode_stream([b"".join(told[:4])])
    assert facts.usage is not None
    assert (facts.usage.prompt_tokens, facts.usage.cached_tokens, facts.usage.cache_write_tokens) == (123, 20, 3)
    assert facts.usage.completion_tokens == 1


def test_of_every_count_the_last_that_is_not_null_is_meant() -> None:
    start = event({"type": "message_start", "message": message([], stop=None, used=usage(7, 1, cached=5))})
    end = {"delta": {"stop_reason": "end_turn"}, "usage": {"input_tokens": None, "output_tokens": 40}}
    facts, _ = decode_stream([start + event({"type": "message_delta", **end}) + event({"type": "message_stop"})])
    assert facts.usage is not None
    assert (facts.usage.prompt_tokens, facts.usage.completion_tokens) == (12, 40)


def test_a_call_without_arguments_is_an_empty_object_in_both_modes() -> None:
    call = {"type": "tool_use", "id": "toolu_1", "name": "now", "input": {}}
    opened = {"type": "content_block_start", "index": 0, "content_block": call}
    silent = [one for one in events((call,), stop="tool_use") if one["type"] != "content_block_delta"]
    assert opened in silent
    _, told = decode_stream([b"".join(map(event, silent))])
    assert [one.arguments for one in deltas_of(told, ToolCallDelta)] == ["{}"]
    whole = decode_body(json.dumps(message([call], stop="tool_use")).encode(), TARGET).events
    assert [one.arguments for one in deltas_of(whole, ToolCallDelta)] == ["{}"]


def test_input_of_the_start_counts_only_where_no_fragment_follows() -> None:
    full = events((CALL,), stop="tool_use")
    for one in full:
        if one["type"] == "content_block_start":
            one["content_block"] = CALL
    _, told = decode_stream([b"".join(map(event, full))])
    assert "".join(one.arguments for one in deltas_of(told, ToolCallDelta)) == '{"city":"Oslo"}'
    bare = [one for one in full if one["type"] != "content_block_delta"]
    _, told = decode_stream([b"".join(map(event, bare))])
    assert [one.arguments for one in deltas_of(told, ToolCallDelta)] == ['{"city":"Oslo"}']


def test_calls_with_the_same_id_get_ids_of_their_own() -> None:
    _, told = decode_stream([b"".join(map(event, events((CALL, CALL), stop="tool_use")))])
    first, second = (one.tool_call_id for one in deltas_of(told, PartStarted))
    assert first == "toolu_01"
    assert second.startswith("call_")


@pytest.mark.parametrize(
    ("native", "reason"),
    [
        ("end_turn", "stop"),
        ("stop_sequence", "stop"),
        ("pause_turn", "stop"),
        ("compaction", "stop"),
        ("max_tokens", "length"),
        ("model_context_window_exceeded", "length"),
        ("refusal", "content_filter"),
        ("something_new", "stop"),
    ],
)
def test_reasons_to_stop_are_ours_and_the_upstreams_own_word_stands_beside(native: str, reason: str) -> None:
    _, told = decode_stream([b"".join(map(event, events((TEXT,), stop=native)))])
    assert deltas_of(told, Finished) == [Finished(reason, native)]


def test_a_call_that_was_cut_by_the_token_limit_stays_cut() -> None:
    facts, _ = decode_stream([b"".join(map(event, events((CALL,), stop="max_tokens")))])
    assert (facts.finish_reason, facts.tool_call_count) == ("length", 1)


def test_a_block_that_nobody_knows_is_carried_whole_however_it_grew() -> None:
    start, ping, *_, end, stop = events(())
    block = {"type": "compaction", "content": None}
    pieces = [{"type": "compaction_delta", "content": piece} for piece in ("So ", "far.")]
    told = [start, ping, {"type": "content_block_start", "index": 0, "content_block": block}]
    told += [{"type": "content_block_delta", "index": 0, "delta": piece} for piece in pieces]
    told += [{"type": "content_block_stop", "index": 0}, end, stop]
    _, made = decode_stream([b"".join(map(event, told))])
    assert [(one.path, json.loads(bytes(one.value))) for one in deltas_of(made, Extra)] == [
        ("content[0]", {"type": "compaction", "content": "So far."})
    ]


@pytest.mark.parametrize(("model", "is_answer"), [("claude-3-5-haiku-latest", True), ("claude-sonnet-4-5", False)])
def test_the_call_that_stands_in_for_structured_output_is_text_and_ends_with_stop(model: str, is_answer: bool) -> None:
    target = structs.replace(TARGET, upstream_model=model, answer_tool="get_temp")
    data = b"".join(map(event, events((CALL,), stop="tool_use")))
    facts, told = decode_stream([data], target)
    whole = decode_body(json.dumps(message([CALL], stop="tool_use")).encode(), target)
    for seen, made in ((facts, told), (whole.facts, whole.events)):
        text = "".join(one.text for one in deltas_of(made, TextDelta))
        assert text == ('{"city":"Oslo"}' if is_answer else "")
        assert seen.finish_reason == ("stop" if is_answer else "tool_calls")
        assert seen.native_finish_reason == "tool_use"
        assert seen.tool_call_count == (0 if is_answer else 1)
        assert seen.content_seen
