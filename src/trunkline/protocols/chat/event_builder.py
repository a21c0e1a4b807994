"""Regular deltas of a chat answer as events of the hub."""

from msgspec import Raw

from trunkline.protocols.chat.reading import DeltaRead
from trunkline.protocols.chat.reasoning_details import to_event
from trunkline.protocols.chat.tool_calls import CallFragment
from trunkline.protocols.events import (
    Annotated,
    Extra,
    GenerationEvent,
    MediaDelta,
    PartEnded,
    PartKind,
    PartStarted,
    TextDelta,
    ToolCallDelta,
)
from trunkline.protocols.lenient_json import NOTHING
from trunkline.protocols.part_sequence import PartSequence


class EventBuilder:
    """The parts of one choice. Text, refusal and reasoning take turns: one of them is open at a time. A call stays open
    until the choice ends, since parallel calls may grow in turns."""

    __slots__ = ("_calls", "_choice", "_parts", "_whole")

    def __init__(self, choice: int, *, whole: bool) -> None:
        self._choice = choice
        self._whole = whole
        self._parts = PartSequence(choice)
        self._calls: dict[int, int] = {}

    def events(self, delta: DeltaRead) -> list[GenerationEvent]:
        """In the order in which a reader should meet them: thoughts, sources, words, calls, media."""
        events: list[GenerationEvent] = []
        if delta.reasoning is not None:
            for detail in delta.reasoning.details:
                # In a whole answer every detail is complete: a part of its own keeps neighbours apart.
                part = self._parts.open("reasoning", events, fresh=self._whole)
                events.append(to_event(detail, part, self._choice))
        events += [Annotated(annotation, self._choice) for annotation in delta.annotations]
        self._add_words(delta, events)
        for call in delta.calls:
            self._add_call(call, events)
        for image in delta.images:
            self._add_media("image", image, events)
        if delta.audio:
            self._add_media("audio", delta.audio, events)
        member = "message" if self._whole else "delta"
        events += [Extra(f"choices[].{member}.{name}", raw, self._choice) for name, raw in delta.extras.items()]
        events += [Extra(f"choices[].{name}", raw, self._choice) for name, raw in delta.choice_extras.items()]
        return events

    def silence(self) -> list[GenerationEvent]:
        """A message that says nothing is an empty text."""
        events: list[GenerationEvent] = []
        self._parts.open("text", events)
        return events

    def end(self) -> list[GenerationEvent]:
        """Close what is open."""
        events: list[GenerationEvent] = []
        self._parts.close(events)
        events += [PartEnded(part, self._choice) for part in self._calls.values()]
        self._calls.clear()
        return events

    def _add_words(self, delta: DeltaRead, events: list[GenerationEvent]) -> None:
        logprobs = delta.logprobs
        if delta.refusal:
            part = self._parts.open("refusal", events)
            events.append(TextDelta(part, delta.refusal, self._choice, NOTHING if delta.text else logprobs))
        if delta.text:
            part = self._parts.open("text", events)
            events.append(TextDelta(part, delta.text, self._choice, logprobs))
        elif logprobs and not delta.refusal:
            events.append(Extra("choices[].logprobs", logprobs, self._choice))

    def _add_call(self, call: CallFragment, events: list[GenerationEvent]) -> None:
        part = self._calls.get(call.ordinal)
        if part is None:
            self._parts.close(events)
            part = self._parts.number()
            self._calls[call.ordinal] = part
            events.append(PartStarted(part, "tool_call", self._choice, call.id or "", call.name or ""))
        if call.arguments:
            events.append(ToolCallDelta(part, call.arguments, self._choice))
        for name, raw in call.extras.items():
            events.append(Extra(f"choices[].tool_calls[{call.ordinal}].{name}", raw, self._choice))

    def _add_media(self, kind: PartKind, payload: Raw, events: list[GenerationEvent]) -> None:
        part = self._parts.open(kind, events, fresh=kind == "image")
        events.append(MediaDelta(part, "image" if kind == "image" else "audio", payload, self._choice))
