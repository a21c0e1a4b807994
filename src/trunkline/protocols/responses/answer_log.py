"""What an answer has said so far, as events of the hub: its parts open, grow and close here; facts are counted."""

from msgspec import Raw, Struct

from trunkline.core import ids
from trunkline.protocols.answers import Facts
from trunkline.protocols.events import (
    Annotated,
    Extra,
    GenerationEvent,
    MediaDelta,
    PartEnded,
    PartKind,
    PartStarted,
    ReasoningDelta,
    TextDelta,
    ToolCallDelta,
)
from trunkline.protocols.lenient_json import NOTHING

HIDDEN = -1
"""Index of reasoning that the client does not want to see: counted, never told."""


class OpenPart(Struct, gc=False):
    """A part of the hub while it grows."""

    index: int
    kind: PartKind
    offset: int
    """Characters of text in the answer before it: annotations count from the start of their own part."""
    length: int = 0
    """Characters so far."""
    has_logprobs: bool = False
    annotations: int = 0
    """How many were told."""


class AnswerLog:
    """The events of one answer that were not taken yet."""

    __slots__ = ("_call_ids", "_count", "_events", "_exclude_reasoning", "_facts", "has_refusal", "text_chars")

    def __init__(self, facts: Facts, *, exclude_reasoning: bool) -> None:
        self._facts = facts
        self._exclude_reasoning = exclude_reasoning
        self._events: list[GenerationEvent] = []
        self._call_ids: set[str] = set()
        self._count = 0
        self.text_chars = 0
        self.has_refusal = False

    def take(self) -> list[GenerationEvent]:
        """The events since the last time."""
        events, self._events = self._events, []
        return events

    def append(self, event: GenerationEvent) -> None:
        self._events.append(event)

    def open(self, kind: PartKind) -> OpenPart:
        """A new part of text, refusal, reasoning or image."""
        if kind == "reasoning" and self._exclude_reasoning:
            return OpenPart(HIDDEN, kind, 0)
        part = OpenPart(self._next_index(), kind, self.text_chars)
        self._events.append(PartStarted(part.index, kind))
        return part

    def open_call(self, call_id: str, name: str) -> OpenPart:
        """A new tool call. An id that is missing or was used before is minted (inference.md 8.2)."""
        if not call_id or call_id in self._call_ids:
            call_id = ids.tool_call_id()
        self._call_ids.add(call_id)
        part = OpenPart(self._next_index(), "tool_call", self.text_chars)
        self._events.append(PartStarted(part.index, "tool_call", 0, call_id, name))
        self._facts.tool_call_count += 1
        self._facts.content_seen = True
        return part

    def close(self, part: OpenPart) -> None:
        if part.index != HIDDEN:
            self._events.append(PartEnded(part.index))

    def say(self, part: OpenPart, text: str, logprobs: Raw = NOTHING) -> None:
        """More text or refusal."""
        self._events.append(TextDelta(part.index, text, 0, logprobs))
        part.length += len(text)
        part.has_logprobs = part.has_logprobs or bool(logprobs)
        if part.kind == "refusal":
            self.has_refusal = self.has_refusal or bool(text)
        else:
            self.text_chars += len(text)
        self._grew(len(text))

    def think(self, part: OpenPart, delta: ReasoningDelta) -> None:
        """More reasoning, perhaps opaque."""
        part.length += len(delta.text)
        if part.index == HIDDEN:
            # Thinking that the client does not get commits nothing.
            self._facts.output_chars += len(delta.text)
            return
        self._events.append(delta)
        self._grew(len(delta.text))
        if delta.data or delta.signature:
            self._facts.content_seen = True

    def argue(self, part: OpenPart, arguments: str) -> None:
        """More of a call's arguments."""
        self._events.append(ToolCallDelta(part.index, arguments))
        part.length += len(arguments)
        self._grew(len(arguments))

    def annotate(self, annotation: Raw) -> None:
        self._events.append(Annotated(annotation))
        self._facts.content_seen = True

    def show_image(self, payload: Raw) -> None:
        """A whole image, as chat's image object."""
        part = self.open("image")
        self._events.append(MediaDelta(part.index, "image", payload))
        self.close(part)
        self._facts.media_count += 1
        self._facts.content_seen = True

    def keep(self, path: str, value: Raw) -> None:
        """A member that the hub has no word for."""
        self._events.append(Extra(path, value))

    def _grew(self, chars: int) -> None:
        if chars:
            self._facts.output_chars += chars
            self._facts.content_seen = True

    def _next_index(self) -> int:
        self._count += 1
        return self._count - 1
