"""Thinking while it is read (inference.md 7.3, 7.4)."""

from trunkline.protocols.events import GenerationEvent, PartEnded, PartStarted, ReasoningDelta
from trunkline.protocols.lenient_json import text_of
from trunkline.protocols.messages.block_state import AnswerState, Members, unknown_members
from trunkline.protocols.messages.thinking_history import FORMAT

_KNOWN = frozenset({"type", "thinking", "signature", "data"})


class ThinkingBlock:
    """Thinking with its signature, or redacted thinking, which comes whole."""

    __slots__ = ("_format", "_index", "_part", "_state")

    def __init__(self, state: AnswerState, index: int, *, reasoning_format: str = FORMAT) -> None:
        self._state = state
        self._index = index
        self._format = reasoning_format
        # Thinking that the client does not get is no part of its answer.
        self._part = -1 if state.exclude_reasoning else state.next_part()

    def open(self, members: Members) -> list[GenerationEvent]:
        data = text_of(members.get("data"))
        if data:
            delta = ReasoningDelta(
                self._part, type="reasoning.encrypted", data=data, format=self._format, detail_index=self._index
            )
        else:
            text = text_of(members.get("thinking"))
            self._count(text)
            delta = self._delta(text, text_of(members.get("signature")))
        shown = self._shown([PartStarted(self._part, "reasoning"), delta], commits=bool(data or delta.text))
        return [*shown, *unknown_members(members, self._index, _KNOWN)]

    def grow(self, kind: str, delta: Members) -> list[GenerationEvent]:
        if kind == "thinking_delta":
            text = text_of(delta.get("thinking"))
            self._count(text)
            return self._shown([self._delta(text, None)], commits=True) if text else []
        signature = text_of(delta.get("signature")) if kind == "signature_delta" else ""
        return self._shown([self._delta("", signature)], commits=True) if signature else []

    def close(self) -> list[GenerationEvent]:
        return self._shown([PartEnded(self._part)], commits=False)

    def _delta(self, text: str, signature: str | None) -> ReasoningDelta:
        return ReasoningDelta(self._part, text=text, signature=signature, format=self._format, detail_index=self._index)

    def _count(self, text: str) -> None:
        self._state.thinking_chars += len(text)
        self._state.facts.output_chars += len(text)

    def _shown(self, events: list[GenerationEvent], *, commits: bool) -> list[GenerationEvent]:
        """Thinking that the client does not get is counted, and commits nothing."""
        if self._state.exclude_reasoning:
            return []
        if commits:
            self._state.facts.content_seen = True
        return events
