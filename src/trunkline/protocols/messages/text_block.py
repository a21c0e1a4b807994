"""Text while it is read, with its citations (inference.md 30.9, 30.10)."""

from msgspec import Raw

from trunkline.protocols.events import Annotated, Extra, GenerationEvent, PartEnded, PartStarted, TextDelta
from trunkline.protocols.lenient_json import list_of, text_of
from trunkline.protocols.messages.block_state import AnswerState, Members, unknown_members
from trunkline.protocols.messages.citations import url_citation

CITATIONS_MAX = 1000

_KNOWN = frozenset({"type", "text", "citations"})


class TextBlock:
    """Text, with its citations. They may come before the words they stand for, so they are told at the end."""

    __slots__ = ("_chars_before", "_citations", "_index", "_part", "_state")

    def __init__(self, state: AnswerState, index: int) -> None:
        self._state = state
        self._index = index
        self._part = state.next_part()
        self._chars_before = state.text_chars
        self._citations: list[Raw] = []

    def open(self, members: Members) -> list[GenerationEvent]:
        self._citations += list_of(members.get("citations"))[:CITATIONS_MAX]
        return [
            PartStarted(self._part, "text"),
            *self.add(text_of(members.get("text"))),
            *unknown_members(members, self._index, _KNOWN),
        ]

    def grow(self, kind: str, delta: Members) -> list[GenerationEvent]:
        if kind == "text_delta":
            return self.add(text_of(delta.get("text")))
        if kind == "citations_delta" and "citation" in delta and len(self._citations) < CITATIONS_MAX:
            self._citations.append(delta["citation"])
        return []

    def close(self) -> list[GenerationEvent]:
        events: list[GenerationEvent] = []
        for citation in self._citations:
            annotation = url_citation(citation, self._chars_before, self._state.text_chars)
            if annotation is not None:
                events.append(Annotated(annotation))
            events.append(Extra(f"content[{self._index}].citations[]", citation))
        events.append(PartEnded(self._part))
        return events

    def add(self, text: str) -> list[GenerationEvent]:
        """More text."""
        if not text:
            return []
        self._state.text_chars += len(text)
        self._state.produced(len(text))
        return [TextDelta(self._part, text)]
