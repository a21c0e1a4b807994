"""Calls while they are read: of the caller's tools, and of the one that stands in for structured output."""

from msgspec import Raw

from trunkline.core import ids
from trunkline.protocols.events import GenerationEvent, PartEnded, PartStarted, ToolCallDelta
from trunkline.protocols.lenient_json import NOTHING, compact, is_blank, quoted, text_of
from trunkline.protocols.messages.block_state import AnswerState, Members, unknown_members
from trunkline.protocols.messages.text_block import TextBlock

_KNOWN = frozenset({"type", "id", "name", "input"})


class CallBlock:
    """A call of one of the caller's tools. `input` of the start counts only where no fragment follows."""

    __slots__ = ("_grown", "_index", "_input", "_part", "_state")

    def __init__(self, state: AnswerState, index: int) -> None:
        self._state = state
        self._index = index
        self._part = state.next_part()
        self._input = NOTHING
        self._grown = False

    def open(self, members: Members) -> list[GenerationEvent]:
        state = self._state
        self._input = members.get("input", NOTHING)
        identifier = text_of(members.get("id"))
        if not identifier or identifier in state.call_ids:
            identifier = ids.tool_call_id()
        state.call_ids.add(identifier)
        state.facts.tool_call_count += 1
        state.produced(0)
        return [
            PartStarted(self._part, "tool_call", tool_call_id=identifier, name=text_of(members.get("name"))),
            *unknown_members(members, self._index, _KNOWN),
        ]

    def grow(self, kind: str, delta: Members) -> list[GenerationEvent]:
        fragment = text_of(delta.get("partial_json")) if kind == "input_json_delta" else ""
        return self._fragment(fragment) if fragment else []

    def close(self) -> list[GenerationEvent]:
        events = [] if self._grown else self._fragment(_input_text(self._input))
        return [*events, PartEnded(self._part)]

    def _fragment(self, fragment: str) -> list[GenerationEvent]:
        self._grown = True
        self._state.facts.output_chars += len(fragment)
        return [ToolCallDelta(self._part, fragment)]


class AnswerToolBlock:
    """A call of the tool that stands in for structured output: its arguments are the answer's text (9.1)."""

    __slots__ = ("_input", "_text")

    def __init__(self, state: AnswerState, index: int) -> None:
        self._text = TextBlock(state, index)
        self._input = NOTHING

    def open(self, members: Members) -> list[GenerationEvent]:
        self._input = members.get("input", NOTHING)
        return self._text.open({})

    def grow(self, kind: str, delta: Members) -> list[GenerationEvent]:
        if kind != "input_json_delta" or not text_of(delta.get("partial_json")):
            return []
        self._input = NOTHING
        return self._text.grow("text_delta", {"text": delta["partial_json"]})

    def close(self) -> list[GenerationEvent]:
        events: list[GenerationEvent] = []
        if self._input:
            events = self._text.grow("text_delta", {"text": Raw(quoted(_input_text(self._input)))})
        return events + self._text.close()


def _input_text(raw: Raw) -> str:
    """Arguments as JSON text; nothing is an empty object."""
    if is_blank(raw):
        return "{}"
    return text_of(raw) or compact(raw).decode()
