"""Text while it is read, with its citations (inference.md 30.9, 30.10)."""

from collections.abc import Callable, Iterable
from typing import TypeAlias

from msgspec import Raw

from trunkline.protocols.events import Annotated, Extra, GenerationEvent, PartEnded, TextDelta
from trunkline.protocols.messages.block_state import AnswerState

CITATIONS_MAX = 1000

Annotate: TypeAlias = Callable[[Raw, int, int], Raw | None]
"""(citation, start, end of its text in the answer) → the annotation; None where the citation names no page."""


class CitedText:
    """One block's text. Citations may come before the words they stand for, so they are told at the end."""

    __slots__ = ("_annotate", "_chars_before", "_citations", "_index", "_state", "part")

    def __init__(self, state: AnswerState, index: int, annotate: Annotate) -> None:
        self.part = state.next_part()
        self._state = state
        self._index = index
        self._annotate = annotate
        self._chars_before = state.text_chars
        self._citations: list[Raw] = []

    def cite(self, citations: Iterable[Raw]) -> None:
        """Further citations, as far as there is room."""
        room = CITATIONS_MAX - len(self._citations)
        self._citations += list(citations)[:room]

    def add(self, text: str) -> list[GenerationEvent]:
        """More text."""
        if not text:
            return []
        self._state.text_chars += len(text)
        self._state.produced(len(text))
        return [TextDelta(self.part, text)]

    def end(self) -> list[GenerationEvent]:
        """The citations, and the end of the part."""
        events: list[GenerationEvent] = []
        for citation in self._citations:
            annotation = self._annotate(citation, self._chars_before, self._state.text_chars)
            if annotation is not None:
                events.append(Annotated(annotation))
            events.append(Extra(f"content[{self._index}].citations[]", citation))
        return [*events, PartEnded(self.part)]
