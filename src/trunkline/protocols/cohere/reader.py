"""A Cohere answer, read once: what streams and whole bodies have in common."""

from typing import Final

from msgspec import Raw

from trunkline.protocols.answers import Facts
from trunkline.protocols.cohere.citations import CITATIONS_MAX, Citation
from trunkline.protocols.cohere.parts import PLAN_ID, AnswerPart, AnswerState, CallPart, TextPart, ThoughtPart
from trunkline.protocols.cohere.usage import read_usage
from trunkline.protocols.events import (
    Annotated,
    Completed,
    Extra,
    Failed,
    Finished,
    GenerationEvent,
    Started,
    UpstreamFault,
)
from trunkline.protocols.faults.reading import RAW_CHARS_MAX
from trunkline.protocols.finish import normalise as normalise_finish
from trunkline.protocols.lenient_json import NOTHING, is_blank, label_of, text_of

PARTS_MAX: Final = 4096
"""More parts than this in one answer are not a model's."""
PLAN: Final = "tool_plan"

_READ_OF_END: Final = frozenset({"id", "message", "finish_reason", "usage", "error", "error_type"})
_TYPES: Final = {"text": Raw(b'"text"'), "thinking": Raw(b'"thinking"')}
"""The type of an item by the member that holds its words."""
_TIMEOUT: Final = "TIMEOUT"


class AnswerReader:
    """Parts, citations, usage, the end; `facts` is final after `end` or `fail`."""

    def __init__(self, *, whole: bool, exclude_reasoning: bool) -> None:
        self.facts = Facts()
        self._whole = whole
        self._state = AnswerState(self.facts, exclude_reasoning=exclude_reasoning)
        self._plan: ThoughtPart | None = None
        self._content: dict[int, AnswerPart] = {}
        self._calls: dict[int, CallPart] = {}
        self._text_starts: dict[int, int] = {}
        self._citations = 0
        self._extras: list[GenerationEvent] = []
        self._finish_word: str | None = None
        self._usage = NOTHING
        self._error = NOTHING
        self._error_code: str | None = None
        self._started = False
        self._ended = False

    def start(self, upstream_id: Raw | None) -> list[GenerationEvent]:
        if self._started:
            return []
        self._started = True
        self.facts.upstream_id = label_of(upstream_id)
        return [Started(self.facts.upstream_id)]

    def open_content(self, index: int, item: dict[str, Raw]) -> list[GenerationEvent]:
        """An item of `content` starts, with what it says at once."""
        if self._state.parts >= PARTS_MAX:
            return []
        events = self.close_plan() + self.close_content(index)
        kind = text_of(item.get("type"))
        if kind == "text":
            part: AnswerPart = TextPart(self._state)
            self._text_starts[index] = self._state.text_chars
        elif kind == "thinking":
            part = ThoughtPart(self._state, "thinking")
        else:
            return [*events, *self._unknown_item(index, item)]
        self._content[index] = part
        return events + part.open() + part.grow(item)

    def grow_content(self, index: int, item: dict[str, Raw]) -> list[GenerationEvent]:
        """More of an item; one that did not start is known by what it holds."""
        part = self._content.get(index)
        if part is not None:
            return part.grow(item)
        for member, kind in _TYPES.items():
            if member in item:
                return self.open_content(index, {**item, "type": kind})
        return self._unknown_item(index, item)

    def close_content(self, index: int) -> list[GenerationEvent]:
        part = self._content.pop(index, None)
        return [] if part is None else part.close()

    def grow_plan(self, message: dict[str, Raw]) -> list[GenerationEvent]:
        """`tool_plan`: what the model says that it is about to call, before it does."""
        if not text_of(message.get(PLAN)):
            return []
        events: list[GenerationEvent] = []
        if self._plan is None:
            if self._state.parts >= PARTS_MAX:
                return []
            self._plan = ThoughtPart(self._state, PLAN, PLAN_ID)
            events = self._plan.open()
        return events + self._plan.grow(message)

    def close_plan(self) -> list[GenerationEvent]:
        plan, self._plan = self._plan, None
        return [] if plan is None else plan.close()

    def open_call(self, index: int, call: dict[str, Raw]) -> list[GenerationEvent]:
        if self._state.parts >= PARTS_MAX:
            return []
        events = self.close_plan() + self.close_call(index)
        part = self._calls[index] = CallPart(self._state, index, call)
        return events + part.open() + part.grow(call)

    def grow_call(self, index: int, call: dict[str, Raw]) -> list[GenerationEvent]:
        part = self._calls.get(index)
        return [] if part is None else part.grow(call)

    def close_call(self, index: int) -> list[GenerationEvent]:
        part = self._calls.pop(index, None)
        return [] if part is None else part.close()

    def cite(self, raw: Raw | None) -> list[GenerationEvent]:
        """A citation of words that were already told."""
        if raw is None or is_blank(raw) or self._citations >= CITATIONS_MAX:
            return []
        self._citations += 1
        citation = Citation(raw)
        text_start = self._text_starts.get(citation.content_index, 0)
        told: list[GenerationEvent] = [Annotated(one) for one in citation.annotations(text_start)]
        return [*told, Extra("message.citations[]", raw)]

    def end_message(self, members: dict[str, Raw]) -> None:
        """The reason to stop, the counts, and what went wrong: of `message-end`, or of a whole body."""
        self._finish_word = label_of(members.get("finish_reason")) or self._finish_word
        self._usage = members.get("usage", self._usage)
        self._error = members.get("error", self._error)
        self._error_code = label_of(members.get("error_type")) or self._error_code
        self._extras += [
            Extra(name, raw) for name, raw in members.items() if name not in _READ_OF_END and not is_blank(raw)
        ]

    def fail(self, fault: UpstreamFault) -> list[GenerationEvent]:
        """The answer is over. What was counted so far stays known."""
        if self._ended:
            return []
        self._ended = True
        self.facts.fault = fault
        self.facts.native_finish_reason = self._finish_word
        self.facts.usage = read_usage(self._usage, self._state.thought_chars)
        return [Failed(fault)]

    def end(self, *, truncated: bool) -> list[GenerationEvent]:
        """No more comes. `truncated`: without the format's own end."""
        if self._ended:
            return []
        if not self._started and not self._state.parts:
            return self.fail(UpstreamFault(status=200, message="The answer has no message", truncated=truncated))
        events = self._close_all() + self._extras
        facts, word = self.facts, self._finish_word
        if word is not None:
            if word.startswith("ERROR") or word == _TIMEOUT:
                return events + self.fail(self._failure(word))
            facts.native_finish_reason = word
            facts.finish_reason = normalise_finish(word, has_calls=facts.tool_call_count > 0)
        elif facts.tool_call_count and not truncated:
            facts.finish_reason = "tool_calls"
        elif self._state.parts or not self._whole:
            fault = UpstreamFault(status=200, message="The answer has no finish reason", truncated=True)
            return events + self.fail(fault)
        # A body without reason and content is an answer that says nothing, and costs nothing (inference.md 13.4).
        if facts.finish_reason is not None:
            events.append(Finished(facts.finish_reason, word))
        facts.usage = read_usage(self._usage, self._state.thought_chars)
        self._ended = True
        return [*events, Completed(facts.usage)]

    def _failure(self, word: str) -> UpstreamFault:
        return UpstreamFault(
            status=504 if word == _TIMEOUT else 200,
            code=self._error_code or word,
            message=text_of(self._error) or "The model ended its answer with an error",
            raw=bytes(self._error).decode("utf-8", "replace")[:RAW_CHARS_MAX],
        )

    def _close_all(self) -> list[GenerationEvent]:
        events = self.close_plan()
        for index in sorted(self._content):
            events += self.close_content(index)
        for index in sorted(self._calls):
            events += self.close_call(index)
        return events

    def _unknown_item(self, index: int, item: dict[str, Raw]) -> list[GenerationEvent]:
        return [Extra(f"message.content[{index}].{name}", raw) for name, raw in item.items() if not is_blank(raw)]
