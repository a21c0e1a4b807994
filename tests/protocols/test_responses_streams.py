"""Streams of Responses as they should not be, but are: cut anywhere, overlapping, out of order, broken, hostile."""

import json
import random
from itertools import pairwise
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec import Raw, structs

from tests.fakes.openai_responses import (
    frames,
    function_call,
    item_events,
    message,
    reasoning,
    refusal,
    response,
    stream_of,
    usage,
)
from tests.protocols.responses_recordings import Said, answers, decode_stream, of_events, of_items, target_of
from tests.recorded import requires_recorded
from trunkline.protocols.answers import Facts, UpstreamTarget
from trunkline.protocols.events import (
    Completed,
    Failed,
    Finished,
    FinishReason,
    GenerationEvent,
    PartStarted,
    ReasoningDelta,
    TextDelta,
    ToolCallDelta,
)
from trunkline.protocols.responses.decoder import ResponsesDecoder, decode_body

TARGET = UpstreamTarget(provider="acme", upstream_model="rocket", supported_parameters=frozenset())
CITATION = {"type": "url_citation", "url": "https://a.example", "title": "A", "start_index": 0, "end_index": 3}
RICH = response(
    reasoning("Hm …", "Gr\u00fc\u00dfe \U0001f600", encrypted="gAAA=="),
    message("Let me see. ", annotations=[CITATION]),
    function_call("add", '{"a": 1}'),
    function_call("sub", "", call_id="call_2", id="fc_2"),
    {"type": "web_search_call", "id": "ws_1", "status": "completed", "action": {"type": "search", "query": "q"}},
    {"type": "image_generation_call", "id": "ig_1", "output_format": "webp", "result": "UklGRg==", "size": "1x1"},
    message("Done.", annotations=[CITATION]) | {"id": "msg_2"},
    used=usage(9, 7, cached=4, written=3, reasoning=2),
)
STREAM = b"\xef\xbb\xbf: hello\r\n\r\n" + b"".join(frames(stream_of(RICH)))


def read(data: bytes) -> tuple[Facts, list[GenerationEvent]]:
    return decode_stream([data], TARGET)


@given(cuts=st.lists(st.integers(0, len(STREAM)), max_size=8))
def test_any_split_of_a_stream_gives_the_same_events(cuts: list[int]) -> None:
    bounds = [0, *sorted(cuts), len(STREAM)]
    facts, events = decode_stream([STREAM[a:b] for a, b in pairwise(bounds)], TARGET)
    assert (facts, events) == read(STREAM)


@requires_recorded
def test_recorded_streams_may_be_cut_anywhere() -> None:
    dice = random.Random(7)
    for exchange in answers():
        if exchange["stream"]:
            data = exchange["response"]["body"].encode()
            cuts = sorted(dice.randrange(len(data)) for _ in range(6))
            reads = [data[a:b] for a, b in zip([0, *cuts], [*cuts, len(data)], strict=True)]
            target = target_of(exchange)
            assert decode_stream(reads, target) == decode_stream([data], target), exchange["id"]


def test_a_stream_and_its_body_come_to_the_same() -> None:
    facts, events = read(STREAM)
    whole = decode_body(json.dumps(RICH).encode(), TARGET)
    expected = of_items(RICH["output"])
    assert of_events(events) == of_events(whole.events) == expected
    assert facts.finish_reason == whole.facts.finish_reason == "tool_calls"
    assert (facts.tool_call_count, facts.media_count, facts.search_count) == (2, 1, 1)
    assert facts.usage is not None and whole.facts.usage is not None
    assert structs.replace(facts.usage, raw=Raw(b"")) == structs.replace(whole.facts.usage, raw=Raw(b""))
    assert (facts.usage.cached_tokens, facts.usage.cache_write_tokens, facts.usage.web_searches) == (4, 3, 1)
    assert (facts.upstream_id, facts.service_tier, facts.done) == ("resp_1", "default", True)


def test_citations_count_from_the_start_of_the_whole_text() -> None:
    _, events = read(STREAM)
    places = [
        (citation["start_index"], citation["end_index"])
        for citation in (json.loads(bytes(e.annotation))["url_citation"] for e in events if hasattr(e, "annotation"))
    ]
    assert places == [(0, 3), (12, 15)]


def test_overlapping_items_keep_apart() -> None:
    first = item_events(0, reasoning("Thinking", encrypted="gAAA"))
    second = item_events(1, message("Talking"))
    third = item_events(2, function_call("add", '{"a":1}'))
    # The reasoning ends last, the items begin in reverse.
    begun = [third[0], second[0], first[0]]
    grown = [event for group in zip(first[1:-1], second[1:-1], third[1:-1], strict=False) for event in group]
    rest = [*first[1:-1], *second[1:-1], *third[1:-1]]
    grown += [event for event in rest if event not in grown]
    ended = [second[-1], third[-1], first[-1]]
    last = {"type": "response.completed", "response": response()}
    facts, events = read(b"".join(frames([*begun, *grown, *ended, last])))
    said = of_events(events)
    assert (said.summaries, said.texts, said.calls) == (["Thinking"], ["Talking"], [("call_1", "add", '{"a":1}')])
    assert said.encrypted == [("rs_1", "gAAA")]
    assert facts.finish_reason == "tool_calls"


def test_items_that_only_the_final_response_tells_are_told() -> None:
    final = response(message("Late."), function_call("add", "{}"))
    _, events = read(b"".join(frames([{"type": "response.completed", "response": final}])))
    assert of_events(events) == of_items(final["output"])


def test_an_item_without_an_announcement_is_known_by_its_deltas() -> None:
    unannounced = [event for event in stream_of(response(message("Hello"))) if "added" not in event["type"]]
    assert of_events(read(b"".join(frames(unannounced)))[1]).texts == ["Hello"]
    nothing_else = [event for event in unannounced if "done" not in event["type"]][:-1]
    nothing_else.append({"type": "response.completed", "response": response()})
    assert of_events(read(b"".join(frames(nothing_else)))[1]).texts == ["Hello"]


def test_a_server_that_counts_no_places_is_understood_by_ids() -> None:
    whole = response(reasoning("Hm"), message("Hello"))
    bare = [{n: v for n, v in event.items() if n != "output_index"} for event in stream_of(whole)]
    assert of_events(read(b"".join(frames(bare)))[1]) == of_items(whole["output"])


def test_deltas_without_a_place_belong_to_the_item_of_their_id() -> None:
    first, second = item_events(0, message("One", id="m1")), item_events(1, message("Two", id="m2"))
    mixed = [first[0], second[0], *first[1:-1], *second[1:-1], {"type": "response.completed", "response": response()}]
    bare = [{n: v for n, v in event.items() if n != "output_index"} for event in mixed]
    assert of_events(read(b"".join(frames(bare)))[1]).texts == ["One", "Two"]


def test_a_relay_that_counts_places_otherwise_at_the_end_repeats_nothing() -> None:
    whole = response(message("One", id="m1"), message("Two", id="m2"))
    shifted = [event | {"output_index": event["output_index"] + 1} for event in stream_of(whole)[2:-1]]
    last = {"type": "response.completed", "response": whole}
    assert of_events(read(b"".join(frames([*shifted, last])))[1]).texts == ["One", "Two"]


def test_what_deltas_left_out_is_told_at_the_end_of_the_item() -> None:
    events = stream_of(response(message("Hello, world"), function_call("add", '{"a":1}')))
    lossy = [event for event in events if event.get("delta") not in ("ld", "rld", ":1}", "}")]
    assert len(lossy) < len(events)
    said = of_events(read(b"".join(frames(lossy)))[1])
    assert (said.texts, said.calls) == (["Hello, world"], [("call_1", "add", '{"a":1}')])


def test_arguments_that_come_before_the_name_wait_for_it() -> None:
    begun, *grown, ended = item_events(0, function_call("add", '{"a":1}'))
    begun["item"]["name"] = None
    ended["item"] = {name: value for name, value in ended["item"].items() if name != "arguments"}
    last = {"type": "response.completed", "response": response()}
    assert of_events(read(b"".join(frames([begun, *grown, ended, last])))[1]).calls == [("call_1", "add", '{"a":1}')]


def test_only_searches_count_not_the_reading_of_pages() -> None:
    actions = [{"type": "search", "query": "q"}, {"type": "open_page", "url": "u"}, {"type": "find_in_page"}]
    calls = [{"type": "web_search_call", "id": f"ws_{n}", "action": action} for n, action in enumerate(actions)]
    assert read(b"".join(frames(stream_of(response(*calls, message("Hi"))))))[0].search_count == 1
    told = response(*calls, message("Hi"), tool_usage={"web_search": {"num_requests": 4}})
    assert read(b"".join(frames(stream_of(told))))[0].search_count == 4


def test_open_text_of_reasoning_belongs_to_no_provider() -> None:
    _, events = read(b"".join(frames(stream_of(response(reasoning(texts=["Hm"], encrypted="e"), message("Hi"))))))
    formats = {event.type: event.format for event in events if isinstance(event, ReasoningDelta)}
    assert formats == {"reasoning.text": "unknown", "reasoning.encrypted": "openai-responses-v1"}


def test_calls_without_ids_or_with_equal_ones_get_their_own() -> None:
    whole = response(function_call("f", "{}"), function_call("g", "{}"), function_call("h", "{}", call_id="", id=""))
    _, events = read(b"".join(frames(stream_of(whole))))
    ids = [event.tool_call_id for event in events if isinstance(event, PartStarted)]
    assert ids[0] == "call_1"
    assert len(set(ids)) == 3
    assert all(ids)


def test_a_call_without_arguments_gets_an_empty_object() -> None:
    _, events = read(b"".join(frames(stream_of(response(function_call("f", ""))))))
    assert [event.arguments for event in events if isinstance(event, ToolCallDelta)] == ["{}"]


def test_reasoning_comes_as_summaries_then_what_is_encrypted_with_one_index() -> None:
    whole = response(reasoning("A", "B", encrypted="x"), message("Hi"), reasoning("C", encrypted="y", id="rs_2"))
    _, events = read(b"".join(frames(stream_of(whole))))
    details = [e for e in events if isinstance(e, ReasoningDelta)]
    assert [(e.type, e.text or e.data, e.id, e.detail_index) for e in details] == [
        ("reasoning.summary", "A", None, 0),
        ("reasoning.summary", "B", None, 0),
        ("reasoning.encrypted", "x", "rs_1", 0),
        ("reasoning.summary", "C", None, 1),
        ("reasoning.encrypted", "y", "rs_2", 1),
    ]
    assert {e.format for e in details} == {"openai-responses-v1"}


def test_another_gateways_reasoning_keeps_its_format_and_signature() -> None:
    signed = reasoning(texts=["Hm"], format="anthropic-claude-v1", signature="sig")
    _, events = read(b"".join(frames(stream_of(response(signed, message("Hi"))))))
    details = [e for e in events if isinstance(e, ReasoningDelta)]
    assert {(e.type, e.format) for e in details} == {("reasoning.text", "anthropic-claude-v1")}
    assert details[-1].signature == "sig"


@pytest.mark.parametrize(
    ("whole", "reason", "native"),
    [
        (response(message("Hi")), "stop", "completed"),
        (response(function_call("f", "{}")), "tool_calls", "completed"),
        (response(refusal("No.")), "content_filter", "completed"),
        (response(message("Hi"), refusal("No.")), "stop", "completed"),
        (response(message("H"), status="incomplete", incomplete_details={"reason": "max_output_tokens"}), "length", ""),
        (
            response(function_call("f", "{"), status="incomplete", incomplete_details={"reason": "max_output_tokens"}),
            "length",
            "",
        ),
        (response(status="incomplete", incomplete_details={"reason": "content_filter"}), "content_filter", ""),
        (response(message("H"), status="incomplete"), "length", "incomplete"),
    ],
)
def test_how_an_answer_ended(whole: dict[str, Any], reason: FinishReason, native: str) -> None:
    native = native or whole["incomplete_details"]["reason"]
    for events in (
        read(b"".join(frames(stream_of(whole))))[1],
        decode_body(json.dumps(whole).encode(), TARGET).events,
    ):
        assert events[-2] == Finished(reason, native)
        assert isinstance(events[-1], Completed)


@pytest.mark.parametrize(
    ("error", "status", "code"),
    [
        ({"type": "error", "code": "server_error", "message": "Sorry", "param": None}, 500, "server_error"),
        ({"type": "error", "error": {"type": "too_many", "code": "rate_limit_exceeded", "message": "Sorry"}}, 429, ""),
        ({"error": {"code": "rate_limit_exceeded", "message": "Sorry"}}, 429, ""),
        (
            {"type": "response.failed", "response": {"status": "failed", "error": {"code": "x", "message": "Sorry"}}},
            200,
            "x",
        ),
    ],
)
def test_errors_in_a_stream_are_faults_after_which_nothing_comes(error: dict[str, Any], status: int, code: str) -> None:
    data = b"".join(b"data: " + msgspec.json.encode(event) + b"\n\n" for event in [*stream_of(RICH)[:6], error])
    decoder = ResponsesDecoder(TARGET)
    events = decoder.feed(data)
    assert isinstance(events[-1], Failed)
    fault = events[-1].fault
    assert (fault.status, fault.code, fault.message) == (status, code or "rate_limit_exceeded", "Sorry")
    assert decoder.feed(STREAM) == []
    assert decoder.close() == []


def test_a_failed_body_is_a_fault_with_the_providers_code() -> None:
    failed = response(status="failed", error={"code": "content_filter", "message": "No."})
    decoded = decode_body(json.dumps(failed).encode(), TARGET)
    assert decoded.facts.fault is not None
    assert (decoded.facts.fault.status, decoded.facts.fault.code) == (400, "content_filter")


@pytest.mark.parametrize("status", ["queued", "in_progress", "cancelled"])
def test_a_body_that_is_no_end_is_a_fault(status: str) -> None:
    decoded = decode_body(json.dumps(response(message("Hi"), status=status)).encode(), TARGET)
    assert decoded.facts.fault is not None
    assert decoded.facts.finish_reason is None


def test_a_stream_that_breaks_off_is_truncated_wherever_it_does() -> None:
    pieces = frames(stream_of(RICH))
    for count in range(len(pieces)):
        facts, events = read(b"".join(pieces[:count]) + pieces[count][:20])
        assert facts.fault is not None and facts.fault.truncated, count
        assert isinstance(events[-1], Failed)
        assert facts.finish_reason is None


def test_a_terminal_event_ends_the_answer_even_if_its_response_still_says_in_progress() -> None:
    events = stream_of(response(message("Hi")))
    events[-1] = {"type": "response.completed", "response": response(message("Hi"), status="in_progress")}
    facts, _ = read(b"".join(frames(events)))
    assert (facts.finish_reason, facts.native_finish_reason) == ("stop", "completed")


def test_an_end_without_its_empty_line_is_an_end() -> None:
    assert read(STREAM.rstrip(b"\n"))[0].finish_reason == "tool_calls"


def test_a_done_marker_that_does_not_belong_here_does_no_harm() -> None:
    assert read(STREAM + b"data: [DONE]\n\n") == read(STREAM)
    facts, _ = read(b"".join(frames(stream_of(RICH)[:-1])) + b"data: [DONE]\n\n")
    assert facts.fault is not None and facts.fault.truncated


def test_a_json_error_instead_of_a_stream_is_told() -> None:
    facts, _ = read(b'{"error":{"code":"rate_limit_exceeded","message":"Slow down"}}')
    assert facts.fault is not None
    assert (facts.fault.status, facts.fault.message) == (429, "Slow down")


def test_a_member_of_an_unexpected_type_costs_that_member_only() -> None:
    odd = [event | {"item_id": 7, "sequence_number": "x"} for event in stream_of(response(message("Hello")))]
    data = b"".join(b"data: " + msgspec.json.encode(event) + b"\n\n" for event in odd)
    assert of_events(read(data)[1]).texts == ["Hello"]


def test_text_that_is_none_is_mended() -> None:
    data = b"".join(frames(stream_of(response(message("Hello")))))
    broken = data.replace(b'"delta":"Hel"', b'"delta":"H\\ud800el"')
    assert next(e.text for e in read(broken)[1] if isinstance(e, TextDelta)) == "H\ufffdel"


NAMES = st.sampled_from(
    [
        *("type", "delta", "item", "output_index", "content_index", "summary_index", "item_id", "response", "status"),
        *("output", "content", "summary", "encrypted_content", "call_id", "name", "arguments", "annotations", "error"),
        *("usage", "input_tokens", "output_tokens", "logprobs", "annotation", "code", "incomplete_details", "result"),
    ]
)
WORDS = st.sampled_from(
    [
        *("message", "reasoning", "function_call", "image_generation_call", "web_search_call", "output_text"),
        *("response.output_item.added", "response.output_item.done", "response.completed", "response.failed", "error"),
        *("response.output_text.delta", "response.function_call_arguments.delta", "response.created", "completed"),
        "response.reasoning_summary_text.delta",
    ]
)
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=6) | WORDS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(NAMES, inner, max_size=5),
    max_leaves=14,
)


def check_order(facts: Facts, events: list[GenerationEvent]) -> None:
    """Whatever came in: one end, no part twice, and usage that adds up."""
    ends = [index for index, event in enumerate(events) if isinstance(event, Failed | Completed)]
    assert ends == [len(events) - 1]
    assert isinstance(events[-1], Failed) == (facts.fault is not None)
    started = [event.index for event in events if isinstance(event, PartStarted)]
    assert len(started) == len(set(started))
    if facts.usage is not None:
        assert facts.usage.cached_tokens + facts.usage.cache_write_tokens <= facts.usage.prompt_tokens
        assert facts.usage.reasoning_tokens <= facts.usage.completion_tokens


@given(st.lists(st.dictionaries(NAMES, VALUES, max_size=5) | VALUES, max_size=6))
def test_no_stream_of_json_raises(payloads: list[Any]) -> None:
    data = b"".join(b"data: " + msgspec.json.encode(payload) + b"\n\n" for payload in payloads)
    check_order(*read(data))


@given(st.dictionaries(NAMES, VALUES, max_size=6) | VALUES)
def test_no_body_raises(value: Any) -> None:
    decoded = decode_body(msgspec.json.encode(value), TARGET)
    check_order(decoded.facts, decoded.events)


@given(st.binary(max_size=80), st.integers(0, len(STREAM)))
def test_no_bytes_raise(noise: bytes, place: int) -> None:
    check_order(*read(STREAM[:place] + noise + STREAM[place:]))
    decoded = decode_body(noise, TARGET)
    check_order(decoded.facts, decoded.events)


@given(
    texts=st.lists(st.text(min_size=1), max_size=3),
    summaries=st.lists(st.text(min_size=1), max_size=3),
    arguments=st.lists(st.text(min_size=1), max_size=3),
    width=st.integers(1, 5),
)
def test_any_answer_is_read_alike_streamed_and_whole(
    texts: list[str], summaries: list[str], arguments: list[str], width: int
) -> None:
    output = [reasoning(*summaries, encrypted="e"), *(message(text, id=f"m{n}") for n, text in enumerate(texts))]
    output += [function_call("f", text, call_id=f"c{n}", id=f"f{n}") for n, text in enumerate(arguments)]
    whole = response(*output)
    streamed: Said = of_events(read(b"".join(frames(stream_of(whole, width=width))))[1])
    assert streamed == of_events(decode_body(msgspec.json.encode(whole), TARGET).events) == of_items(output)
