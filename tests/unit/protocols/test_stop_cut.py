"""Text that ends before a stop sequence, however it was cut into deltas."""

from hypothesis import given
from hypothesis import strategies as st

from trunkline.protocols.answers import Facts
from trunkline.protocols.events import (
    Completed,
    Failed,
    Finished,
    GenerationEvent,
    PartEnded,
    PartStarted,
    ReasoningDelta,
    Started,
    TextDelta,
    ToolCallDelta,
    UpstreamFault,
    Usage,
)
from trunkline.protocols.hub import DecodedBody
from trunkline.protocols.stop_cut import cut_body, cut_stream

USAGE = Usage(prompt_tokens=3, completion_tokens=9)


class Scripted:
    """A decoder whose bytes are ordinals of events."""

    def __init__(self, events: list[GenerationEvent]) -> None:
        self.facts = Facts(finish_reason="length", usage=USAGE, tool_call_count=1)
        self._events = events

    def feed(self, data: bytes) -> list[GenerationEvent]:
        return [self._events[ordinal] for ordinal in data]

    def close(self) -> list[GenerationEvent]:
        return []


def answer(*texts: str) -> list[GenerationEvent]:
    return [
        Started("r1"),
        PartStarted(0, "text"),
        *(TextDelta(0, text) for text in texts),
        PartEnded(0),
        Finished("length", "max_output_tokens"),
        Completed(USAGE),
    ]


def streamed(events: list[GenerationEvent], *stop: str) -> tuple[list[GenerationEvent], Facts]:
    decoder = cut_stream(Scripted(events), stop)
    told = [event for ordinal in range(len(events)) for event in decoder.feed(bytes([ordinal]))]
    return told + decoder.close(), decoder.facts


def text_of(events: list[GenerationEvent]) -> str:
    return "".join(event.text for event in events if isinstance(event, TextDelta))


def test_the_text_ends_before_the_sequence_and_the_answer_is_said_to_have_stopped() -> None:
    events, facts = streamed(answer("one tw", "o thr", "ee four"), "three", "zzz")
    assert text_of(events) == "one two "
    assert events[-3:] == [PartEnded(0), Finished("stop", "max_output_tokens"), Completed(USAGE)]
    assert (facts.finish_reason, facts.usage) == ("stop", USAGE)


def test_without_the_sequence_nothing_is_lost_and_nothing_changes() -> None:
    events, facts = streamed(answer("one thr", "ow"), "three")
    assert text_of(events) == "one throw"
    assert facts.finish_reason == "length"
    assert events[-1] == Completed(USAGE)


def test_what_may_be_a_beginning_waits_and_comes_before_the_part_ends() -> None:
    events, _ = streamed(answer("a th"), "three")
    assert events[2:5] == [TextDelta(0, "a "), TextDelta(0, "th"), PartEnded(0)]


def test_without_stop_sequences_the_decoder_is_the_same() -> None:
    decoder = Scripted([])
    assert cut_stream(decoder, ()) is decoder


def test_reasoning_and_arguments_are_not_searched() -> None:
    events: list[GenerationEvent] = [
        PartStarted(0, "reasoning"),
        ReasoningDelta(0, "three"),
        PartStarted(1, "tool_call", tool_call_id="c", name="f"),
        ToolCallDelta(1, '"three"'),
    ]
    assert streamed(events, "three")[0] == events


def test_calls_after_the_cut_are_none_of_the_answer() -> None:
    call: list[GenerationEvent] = [PartStarted(1, "tool_call", tool_call_id="c", name="f"), PartEnded(1)]
    events = [*answer("one three")[:-2], *call, Finished("tool_calls", "completed"), Completed(USAGE)]
    told, facts = streamed(events, "three")
    assert not any(isinstance(event, PartStarted) and event.kind == "tool_call" for event in told)
    assert (facts.finish_reason, facts.tool_call_count) == ("stop", 0)


def test_a_failure_after_the_cut_is_still_told() -> None:
    failed = Failed(UpstreamFault(status=200, message="broke", truncated=True))
    decoder = Scripted([*answer("one three")[:-2], failed])
    decoder.facts.fault = failed.fault
    cut = cut_stream(decoder, ("three",))
    assert cut.feed(bytes(range(5)))[-1] == failed
    cut.close()
    assert cut.facts.finish_reason == "length"


@given(
    text=st.text("abc", max_size=20),
    stop=st.lists(st.text("abc", min_size=1, max_size=4), min_size=1, max_size=4),
    data=st.data(),
)
def test_any_split_ends_where_the_whole_text_does(text: str, stop: list[str], data: st.DataObject) -> None:
    bounds = sorted(data.draw(st.lists(st.integers(0, len(text)), max_size=6)))
    pieces = [text[begin:end] for begin, end in zip([0, *bounds], [*bounds, len(text)], strict=True)]
    split, facts = streamed(answer(*pieces), *stop)
    whole = cut_body(DecodedBody(Facts(finish_reason="length"), answer(text)), stop)
    assert text_of(split) == text_of(whole.events)
    assert facts.finish_reason == whole.facts.finish_reason
    assert not any(one in text_of(split) for one in stop)
    found = [(text.index(one) + len(one), text.index(one)) for one in stop if one in text]
    assert text_of(split) == (text[: min(found)[1]] if found else text)
