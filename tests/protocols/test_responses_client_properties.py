"""What holds for every stream to a Responses client, however its upstream behaves."""

from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec import Raw

from tests.fakes.openai_responses import frames, message, reasoning, response, stream_of
from tests.protocols.responses_client import TARGET, answering, end, parse, report, told
from trunkline.core.errors import ProviderUnavailable
from trunkline.protocols.events import (
    GenerationEvent,
    MediaDelta,
    PartEnded,
    PartStarted,
    ReasoningDelta,
    TextDelta,
    ToolCallDelta,
)
from trunkline.protocols.responses.decoder import ResponsesDecoder

IMAGE = Raw(b'{"type":"image_url","image_url":{"url":"data:image/png;base64,iVBORw0KGgo="}}')

_words = st.text(max_size=6)
_parts = st.one_of(
    st.builds(lambda pieces: ("text", pieces), st.lists(_words, max_size=4)),
    st.builds(lambda pieces: ("refusal", pieces), st.lists(_words, max_size=2)),
    st.builds(lambda pieces: ("reasoning", pieces), st.lists(_words, max_size=3)),
    st.builds(lambda pieces: ("tool_call", pieces), st.lists(_words, max_size=3)),
    st.just(("image", [])),
)


def _events_of(index: int, kind: Any, pieces: list[str]) -> list[GenerationEvent]:
    begun = PartStarted(index, kind, 0, f"call_{index}", "f")
    grown: list[GenerationEvent] = []
    for piece in pieces:
        if kind == "reasoning":
            grown.append(ReasoningDelta(index, piece, detail_index=index))
        elif kind == "tool_call":
            grown.append(ToolCallDelta(index, piece))
        else:
            grown.append(TextDelta(index, piece))
    if kind == "image":
        grown.append(MediaDelta(index, "image", IMAGE))
    return [begun, *grown, PartEnded(index)]


@settings(max_examples=150, deadline=None)
@given(parts=st.lists(_parts, max_size=6), data=st.data())
def test_however_parts_overlap_the_rules_hold_and_nothing_is_lost(
    parts: list[tuple[str, list[str]]], data: st.DataObject
) -> None:
    lanes = [_events_of(index, kind, pieces) for index, (kind, pieces) in enumerate(parts)]
    mixed: list[GenerationEvent] = []
    while any(lanes):
        lane = data.draw(st.sampled_from([lane for lane in lanes if lane]))
        mixed.append(lane.pop(0))
    events = told(*[[event] for event in mixed], end())
    said = ["".join(pieces) for kind, pieces in parts if kind in ("text", "refusal")]
    output = events.response["output"]
    shown = sorted(
        part.get("text", part.get("refusal"))
        for item in output
        if item["type"] == "message"
        for part in item["content"]
    )
    assert "".join(sorted("".join(shown))) == "".join(sorted("".join(said)))
    calls = sorted(item["arguments"] for item in output if item["type"] == "function_call")
    assert calls == sorted("".join(pieces) or "{}" for kind, pieces in parts if kind == "tool_call")


@settings(max_examples=150, deadline=None)
@given(garbage=st.lists(st.binary(max_size=60), max_size=6))
def test_garbage_is_a_classified_failure_and_never_an_exception(garbage: list[bytes]) -> None:
    for stream in (
        parse(stream=True).native_stream(answering()),
        parse(stream=True).hub_stream(ResponsesDecoder(TARGET), answering()),
    ):
        out = b"".join([stream.feed(b"data: " + piece + b"\n\n") for piece in garbage]) + stream.close()
        assert stream.facts.fault is not None
        assert out == b""


@settings(max_examples=60, deadline=None)
@given(cut=st.integers(0, 100))
def test_a_native_stream_that_was_cut_is_never_completed(cut: int) -> None:
    whole = b"".join(frames(stream_of(response(reasoning("Hm"), message("Hello.")))))
    stream = parse(stream=True).native_stream(answering())
    out = stream.feed(whole[: len(whole) * cut // 101]) + stream.close()
    assert stream.facts.fault is not None
    text = (out + stream.error_tail(ProviderUnavailable("Away."), report(stream.facts))).decode()
    assert "response.completed" not in text
    assert text.endswith("data: [DONE]\n\n")
