"""A Cohere upstream's answer as events of the hub."""

from msgspec import Raw

from trunkline.protocols.cohere.reader import AnswerReader
from trunkline.protocols.cohere.wire import WireEvent, read_body, read_event
from trunkline.protocols.event_sequence import SequenceDecoder
from trunkline.protocols.events import Extra, GenerationEvent, UpstreamFault
from trunkline.protocols.faults.reading import fault_in_answer
from trunkline.protocols.hub import DecodedBody
from trunkline.protocols.lenient_json import UNREADABLE, int_of, is_blank, list_of, object_of, objects_of, text_of
from trunkline.protocols.sse import SseParser

_READ_OF_MESSAGE = frozenset({"role", "content", "tool_plan", "tool_calls", "citations"})


class CohereDecoder(SequenceDecoder):
    """Bytes of a stream in, events out; `facts` are final after `close`."""

    def __init__(self, *, exclude_reasoning: bool = False) -> None:
        self._reader = AnswerReader(whole=False, exclude_reasoning=exclude_reasoning)
        super().__init__(self._reader.facts, SseParser())
        self._message_ended = False

    def fail(self, fault: UpstreamFault) -> list[GenerationEvent]:
        return self._reader.fail(fault)

    def end(self) -> list[GenerationEvent]:
        return self._reader.end(truncated=not self._message_ended)

    def read(self, payload: bytes) -> list[GenerationEvent]:
        if payload == b"[DONE]":
            self.facts.done = True
            return []
        if self._message_ended:
            return []
        event = read_event(payload)
        match event.type:
            case "message-start":
                return self._reader.start(event.id)
            case "message-end":
                self._reader.end_message(object_of(event.delta))
                self._message_ended = True
                return []
            case "" | "error":
                return self._reader.fail(fault_in_answer(Raw(payload)))
            case _:
                return self._read_growth(event)

    def _read_growth(self, event: WireEvent) -> list[GenerationEvent]:
        """Events between start and end; `citation-end`, `debug` and what later versions may add say nothing."""
        reader, message = self._reader, event.message
        match event.type:
            case "content-delta":
                return reader.grow_content(_index(event), object_of(message.get("content")))
            case "tool-call-delta":
                return reader.grow_call(_index(event), object_of(message.get("tool_calls")))
            case "tool-plan-delta":
                return reader.grow_plan(message)
            case "content-start":
                return reader.open_content(_index(event), object_of(message.get("content")))
            case "content-end":
                return reader.close_content(_index(event))
            case "tool-call-start":
                return reader.open_call(_index(event), object_of(message.get("tool_calls")))
            case "tool-call-end":
                return reader.close_call(_index(event))
            case "citation-start":
                return reader.cite(message.get("citations"))
            case _:
                return []


def decode_body(data: bytes, *, exclude_reasoning: bool = False) -> DecodedBody:
    """A whole answer. A body that is none ends with `Failed`."""
    reader = AnswerReader(whole=True, exclude_reasoning=exclude_reasoning)
    reader.facts.done = True
    return DecodedBody(reader.facts, _body_events(reader, data))


def _body_events(reader: AnswerReader, data: bytes) -> list[GenerationEvent]:
    try:
        body = read_body(data)
    except UNREADABLE:
        return reader.fail(UpstreamFault(status=200, message="The answer is no JSON object"))
    message = object_of(body.get("message"))
    if not message:
        said = text_of(body.get("message")) or not is_blank(body.get("error"))
        return reader.fail(
            fault_in_answer(Raw(data)) if said else UpstreamFault(status=200, message="The answer has no message")
        )
    events = reader.start(body.get("id")) + reader.grow_plan(message)
    for index, item in enumerate(list_of(message.get("content"))):
        events += reader.open_content(index, object_of(item)) + reader.close_content(index)
    for index, call in enumerate(objects_of(message.get("tool_calls"))):
        events += reader.open_call(index, object_of(call)) + reader.close_call(index)
    for citation in list_of(message.get("citations")):
        events += reader.cite(citation)
    events += [
        Extra(f"message.{name}", raw)
        for name, raw in message.items()
        if name not in _READ_OF_MESSAGE and not is_blank(raw)
    ]
    reader.end_message(body)
    return events + reader.end(truncated=False)


def _index(event: WireEvent) -> int:
    """Events of a single item leave it out."""
    return int_of(event.index) or 0
