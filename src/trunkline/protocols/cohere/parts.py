"""Texts, thoughts and calls of one answer while they are read (inference.md 7.3, 30.9)."""

from typing import Final, Protocol

from msgspec import Raw

from trunkline.core import ids
from trunkline.protocols.answers import Facts
from trunkline.protocols.events import (
    Extra,
    GenerationEvent,
    PartEnded,
    PartStarted,
    ReasoningDelta,
    TextDelta,
    ToolCallDelta,
)
from trunkline.protocols.lenient_json import compact, is_blank, object_of, text_of

PLAN_ID: Final = "tool_plan"
"""`id` of the detail that holds what the model planned before its calls: it goes back to where it came from."""

_KNOWN_OF_CALL: Final = frozenset({"id", "type", "function"})


class AnswerState:
    """What the parts of one answer share."""

    __slots__ = ("call_ids", "exclude_reasoning", "facts", "parts", "text_chars", "thought_chars", "thoughts")

    def __init__(self, facts: Facts, *, exclude_reasoning: bool) -> None:
        self.facts = facts
        self.exclude_reasoning = exclude_reasoning
        self.parts = 0
        self.thoughts = 0
        self.text_chars = 0
        self.thought_chars = 0
        self.call_ids: set[str] = set()

    def next_part(self) -> int:
        self.parts += 1
        return self.parts - 1


class AnswerPart(Protocol):
    """One item of the answer. `members` are those of its start or of a delta."""

    def open(self) -> list[GenerationEvent]: ...

    def grow(self, members: dict[str, Raw]) -> list[GenerationEvent]: ...

    def close(self) -> list[GenerationEvent]: ...


class TextPart:
    """Text for the client."""

    __slots__ = ("_part", "_state")

    def __init__(self, state: AnswerState) -> None:
        self._state = state
        self._part = state.next_part()

    def open(self) -> list[GenerationEvent]:
        return [PartStarted(self._part, "text")]

    def grow(self, members: dict[str, Raw]) -> list[GenerationEvent]:
        text = text_of(members.get("text"))
        if not text:
            return []
        facts = self._state.facts
        self._state.text_chars += len(text)
        facts.output_chars += len(text)
        facts.content_seen = True
        return [TextDelta(self._part, text)]

    def close(self) -> list[GenerationEvent]:
        return [PartEnded(self._part)]


class ThoughtPart:
    """Thinking, or the plan before calls. Where the client does not get it, it is counted and commits nothing."""

    __slots__ = ("_detail_index", "_id", "_member", "_part", "_state")

    def __init__(self, state: AnswerState, member: str, detail_id: str | None = None) -> None:
        self._state = state
        self._member = member
        self._id = detail_id
        self._part = -1 if state.exclude_reasoning else state.next_part()
        self._detail_index = state.thoughts
        state.thoughts += 1

    def open(self) -> list[GenerationEvent]:
        return [] if self._state.exclude_reasoning else [PartStarted(self._part, "reasoning")]

    def grow(self, members: dict[str, Raw]) -> list[GenerationEvent]:
        text = text_of(members.get(self._member))
        if not text:
            return []
        self._state.thought_chars += len(text)
        self._state.facts.output_chars += len(text)
        if self._state.exclude_reasoning:
            return []
        self._state.facts.content_seen = True
        return [ReasoningDelta(self._part, text, id=self._id, detail_index=self._detail_index)]

    def close(self) -> list[GenerationEvent]:
        return [] if self._state.exclude_reasoning else [PartEnded(self._part)]


class CallPart:
    """A call of one of the caller's tools; without arguments it is called with an empty object."""

    __slots__ = ("_grown", "_members", "_part", "_place", "_state")

    def __init__(self, state: AnswerState, index: int, members: dict[str, Raw]) -> None:
        self._state = state
        self._members = members
        self._place = f"message.tool_calls[{index}]"
        self._part = state.next_part()
        self._grown = False

    def open(self) -> list[GenerationEvent]:
        state, members = self._state, self._members
        identifier = text_of(members.get("id"))
        if not identifier or identifier in state.call_ids:
            identifier = ids.tool_call_id()
        state.call_ids.add(identifier)
        state.facts.tool_call_count += 1
        state.facts.content_seen = True
        name = text_of(object_of(members.get("function")).get("name"))
        unknown = [
            Extra(f"{self._place}.{member}", raw)
            for member, raw in members.items()
            if member not in _KNOWN_OF_CALL and not is_blank(raw)
        ]
        return [PartStarted(self._part, "tool_call", tool_call_id=identifier, name=name), *unknown]

    def grow(self, members: dict[str, Raw]) -> list[GenerationEvent]:
        raw = object_of(members.get("function")).get("arguments")
        if raw is None or is_blank(raw):
            return []
        fragment = text_of(raw) if bytes(raw).startswith(b'"') else compact(raw).decode()
        return self._fragment(fragment) if fragment else []

    def close(self) -> list[GenerationEvent]:
        return [*([] if self._grown else self._fragment("{}")), PartEnded(self._part)]

    def _fragment(self, fragment: str) -> list[GenerationEvent]:
        self._grown = True
        self._state.facts.output_chars += len(fragment)
        return [ToolCallDelta(self._part, fragment)]
