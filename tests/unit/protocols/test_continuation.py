"""Two upstreams' words as one answer: whatever the first said and however the second cuts its own."""

from hypothesis import given
from hypothesis import strategies as st

from trunkline.protocols.answers import Facts
from trunkline.protocols.continuation import CHARS_MAX, ContinuableDecoder, Said
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
)

FAULT = UpstreamFault(status=200, message="gone", truncated=True)


class Scripted:
    """A decoder whose every byte is one event."""

    def __init__(self, events: list[GenerationEvent]) -> None:
        self.facts = Facts()
        self._events = events

    def feed(self, data: bytes) -> list[GenerationEvent]:
        taken, self._events = self._events[: len(data)], self._events[len(data) :]
        return self._seen(taken)

    def close(self) -> list[GenerationEvent]:
        taken, self._events = self._events, []
        return self._seen(taken)

    def _seen(self, events: list[GenerationEvent]) -> list[GenerationEvent]:
        if any(isinstance(event, Failed) for event in events):
            self.facts.fault = FAULT
        return events


def text_of(events: list[GenerationEvent]) -> str:
    return "".join(event.text for event in events if isinstance(event, TextDelta))


def brackets_match(events: list[GenerationEvent]) -> bool:
    """Each part opens once, grows while it is open, and ends once."""
    opened: set[int] = set()
    open_now: set[int] = set()
    for event in events:
        match event:
            case PartStarted(index):
                if index in opened:
                    return False
                opened.add(index)
                open_now.add(index)
            case TextDelta(index) | ToolCallDelta(index):
                if index not in open_now:
                    return False
            case PartEnded(index):
                open_now.remove(index)
            case _:
                pass
    return not open_now


def cut(text: str, places: list[int]) -> list[str]:
    ends = sorted({min(place, len(text)) for place in places} | {len(text)})
    return [text[start:end] for start, end in zip([0, *ends], ends, strict=False) if end > start]


def joined(first: list[GenerationEvent], second: list[GenerationEvent], *, repeats: bool) -> list[GenerationEvent]:
    decoder = ContinuableDecoder(Scripted([*first, Failed(FAULT)]))
    events = decoder.feed(b"x" * len(first)) + decoder.close()
    decoder.go_on_with(Scripted(second), is_repeated=repeats)
    return events + decoder.feed(b"x" * (len(second) - 1)) + decoder.close()


TEXT = st.text(alphabet="ab \n🦊", min_size=2, max_size=24)
PLACES = st.lists(st.integers(1, 24), max_size=6)


@given(TEXT, st.integers(1, 23), PLACES, PLACES, st.booleans(), st.booleans())
def test_the_text_is_whole_however_it_is_cut(
    text: str, place: int, first_cut: list[int], second_cut: list[int], repeats: bool, ended: bool
) -> None:
    said = text[: min(place, len(text) - 1)]
    if not said.strip():
        return
    given_to_second = said.rstrip()
    second_says = text if repeats else text[len(given_to_second) :]
    first: list[GenerationEvent] = [Started(), PartStarted(0, "text")]
    first += [TextDelta(0, piece) for piece in cut(said, first_cut)]
    first += [PartEnded(0)] if ended else []
    second: list[GenerationEvent] = [Started("id"), PartStarted(0, "text")]
    second += [TextDelta(0, piece) for piece in cut(second_says, second_cut)]
    second += [PartEnded(0), Finished("stop", "stop"), Completed(None)]
    events = joined(first, second, repeats=repeats)
    assert text_of(events) == text
    assert brackets_match(events)
    assert sum(isinstance(event, Started) for event in events) == 1
    assert sum(isinstance(event, Finished) for event in events) == 1
    assert not any(isinstance(event, Failed) for event in events)


def test_the_second_upstreams_thoughts_are_left_out_and_its_calls_are_numbered_on() -> None:
    first: list[GenerationEvent] = [
        PartStarted(0, "reasoning"), ReasoningDelta(0, "Hm"), PartEnded(0), PartStarted(1, "text"), TextDelta(1, "I "),
    ]  # fmt: skip
    second: list[GenerationEvent] = [
        PartStarted(0, "reasoning"), ReasoningDelta(0, "Ah"), PartEnded(0),
        PartStarted(1, "text"), TextDelta(1, "look."), PartEnded(1),
        PartStarted(2, "tool_call", 0, "c", "look"), ToolCallDelta(2, "{}"), PartEnded(2),
        Finished("tool_calls", None), Completed(None),
    ]  # fmt: skip
    events = joined(first, second, repeats=False)
    assert [event.text for event in events if isinstance(event, ReasoningDelta)] == ["Hm"]
    assert text_of(events) == "I look."
    assert [event.index for event in events if isinstance(event, PartStarted)] == [0, 1, 2]
    assert brackets_match([event for event in events if not isinstance(event, ReasoningDelta)])


def test_a_text_that_nothing_is_added_to_ends_before_what_follows() -> None:
    first: list[GenerationEvent] = [PartStarted(0, "text"), TextDelta(0, "Done.")]
    call: list[GenerationEvent] = [PartStarted(0, "tool_call", 0, "c", "look"), PartEnded(0)]
    assert brackets_match(joined(first, [*call, Finished("tool_calls", None), Completed(None)], repeats=False))
    assert brackets_match(joined(first, [Finished("stop", None), Completed(None)], repeats=False))


def test_what_seemed_a_repetition_and_was_none_is_told() -> None:
    first: list[GenerationEvent] = [PartStarted(0, "text"), TextDelta(0, "abc")]
    second: list[GenerationEvent] = [PartStarted(0, "text"), TextDelta(0, "ab"), PartEnded(0), Finished("stop", None)]
    assert text_of(joined(first, second, repeats=True)) == "abcab"


def test_the_end_of_a_broken_upstream_is_kept_for_when_nobody_goes_on() -> None:
    last: list[GenerationEvent] = [TextDelta(0, "b"), PartEnded(0), Failed(FAULT)]
    decoder = ContinuableDecoder(Scripted([PartStarted(0, "text"), TextDelta(0, "a"), *last]))
    assert decoder.feed(b"xx") == [PartStarted(0, "text"), TextDelta(0, "a")]
    assert decoder.close() == last[:1]
    assert decoder.said.text == "ab"
    assert decoder.close() == last[1:]


def test_an_answer_longer_than_the_bound_is_not_kept() -> None:
    said = Said()
    said.take([PartStarted(0, "text")])
    for _ in range(CHARS_MAX // 1024):
        said.take([TextDelta(0, "x" * 1024)])
    assert said.text is not None
    said.take([TextDelta(0, "x")])
    assert said.text is None
    assert said._pieces == []
