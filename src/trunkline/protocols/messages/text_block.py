"""A text block while it is read (inference.md 30.9)."""

from trunkline.protocols.events import GenerationEvent, PartStarted
from trunkline.protocols.lenient_json import list_of, text_of
from trunkline.protocols.messages.block_state import AnswerState, Members, unknown_members
from trunkline.protocols.messages.citations import url_citation
from trunkline.protocols.messages.cited_text import CitedText

_KNOWN = frozenset({"type", "text", "citations"})


class TextBlock:
    """Text, with its citations."""

    __slots__ = ("_index", "_text", "add")

    def __init__(self, state: AnswerState, index: int) -> None:
        self._index = index
        self._text = CitedText(state, index, url_citation)
        self.add = self._text.add

    def open(self, members: Members) -> list[GenerationEvent]:
        self._text.cite(list_of(members.get("citations")))
        return [
            PartStarted(self._text.part, "text"),
            *self.add(text_of(members.get("text"))),
            *unknown_members(members, self._index, _KNOWN),
        ]

    def grow(self, kind: str, delta: Members) -> list[GenerationEvent]:
        if kind == "text_delta":
            return self.add(text_of(delta.get("text")))
        if kind == "citations_delta" and "citation" in delta:
            self._text.cite((delta["citation"],))
        return []

    def close(self) -> list[GenerationEvent]:
        return self._text.end()
