"""An openai-responses upstream's answer as events of the hub (inference.md 30.9)."""

from typing import Final

from trunkline.core import json
from trunkline.protocols.answers import UpstreamTarget
from trunkline.protocols.event_sequence import SequenceDecoder
from trunkline.protocols.events import GenerationEvent, UpstreamFault
from trunkline.protocols.faults.reading import fault_in_answer
from trunkline.protocols.hub import DecodedBody
from trunkline.protocols.lenient_json import NULL, UNREADABLE, is_blank, label_of, object_of, text_of
from trunkline.protocols.responses.answer import AnswerReader
from trunkline.protocols.responses.items import OutputItem
from trunkline.protocols.responses.wire import WireEvent, read_event, read_members
from trunkline.protocols.sse import SseParser

_TERMINAL: Final[dict[str, str]] = {
    "response.completed": "completed",
    "response.done": "completed",
    "response.incomplete": "incomplete",
    "response.failed": "failed",
    "response.cancelled": "cancelled",
}
"""Event → the status that it stands for. `response.done` is what some relays call the last one."""

_ENDINGS: Final = frozenset(_TERMINAL.values())

_KIND_OF_EVENT: Final[tuple[tuple[str, str], ...]] = (
    ("response.output_text.", "message"),
    ("response.refusal.", "message"),
    ("response.reasoning_", "reasoning"),
    ("response.function_call_arguments.", "function_call"),
    ("response.custom_tool_call_input.", "custom_tool_call"),
)
"""What an item is whose beginning was not announced."""


class ResponsesDecoder(SequenceDecoder):
    """Bytes of a stream in, events out; `facts` fill up on the way and are final after `close`.

    Items may overlap and finish in any order: each is a part, or several, of its own. The stream ends with its
    terminal event; `[DONE]` does not belong to this format and is read over.
    """

    def __init__(self, target: UpstreamTarget, *, exclude_reasoning: bool = False) -> None:
        self._answer = AnswerReader(target, exclude_reasoning=exclude_reasoning)
        super().__init__(self._answer.facts, SseParser())

    def read(self, payload: bytes) -> list[GenerationEvent]:
        return [] if payload.startswith(b"[DONE]") else self.take(read_event(payload))

    def take(self, event: WireEvent) -> list[GenerationEvent]:
        """The same for an event that was read already."""
        self._read(event)
        return self._answer.log.take()

    def fail(self, fault: UpstreamFault) -> list[GenerationEvent]:
        self._answer.fail(fault)
        return self._answer.log.take()

    def end(self) -> list[GenerationEvent]:
        return self._answer.end()

    def _read(self, event: WireEvent) -> None:
        answer = self._answer
        if event.delta is not None or event.annotation:
            item = self._item_of(event)
            if item is not None and not item.finished:
                item.grow(event)
        elif event.type == "response.output_item.added":
            self._begin_item(event)
        elif event.type == "response.output_item.done":
            item = self._begin_item(event)
            if item is not None:
                item.finish(object_of(event.item))
        elif event.type in _TERMINAL:
            response = object_of(event.response)
            status = text_of(response.get("status"))
            answer.conclude(response, status if status in _ENDINGS else _TERMINAL[event.type])
            self.facts.done = self.facts.fault is None
        elif event.type in ("response.created", "response.in_progress", "response.queued"):
            answer.start(object_of(event.response))
        elif event.type == "error" or not is_blank(event.error):
            flat = {"code": event.code or NULL, "message": event.message or NULL}
            answer.fail(fault_in_answer(json.raw(flat) if is_blank(event.error) else event.error))

    def _begin_item(self, event: WireEvent) -> OutputItem | None:
        members = object_of(event.item)
        position = event.output_index
        if position is None:
            known = self._answer.by_id(label_of(members.get("id")) or "")
            if known is not None:
                return known
            position = len(self._answer.items)
        return self._answer.item(position, text_of(members.get("type")), members)

    def _item_of(self, event: WireEvent) -> OutputItem | None:
        """By place: ids differ from event to event at some relays."""
        items = self._answer.items
        position = event.output_index
        if position is None:
            known = self._answer.by_id(event.item_id or "")
            if known is not None:
                return known
            position = max(items, default=0)
        known = items.get(position)
        if known is not None:
            return known
        kind = next((kind for prefix, kind in _KIND_OF_EVENT if event.type.startswith(prefix)), None)
        return None if kind is None else self._answer.item(position, kind, {})


def decode_body(data: bytes, target: UpstreamTarget, *, exclude_reasoning: bool = False) -> DecodedBody:
    """A `response` object. A body that is none ends with `Failed`."""
    answer = AnswerReader(target, exclude_reasoning=exclude_reasoning)
    answer.facts.done = True
    try:
        response = read_members(data)
    except UNREADABLE:
        response = {}
    if "output" in response or not is_blank(response.get("error")):
        # Some compatible servers leave the status out.
        answer.conclude(response, text_of(response.get("status")) or "completed")
    else:
        answer.fail(UpstreamFault(status=200, message="The answer is no JSON object with output"))
    return DecodedBody(answer.facts, answer.end())
