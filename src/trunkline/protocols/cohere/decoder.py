"""A Cohere upstream's answer as events of the hub."""

import contextlib

from msgspec import Raw

from trunkline.protocols.cohere.reader import AnswerReader
from trunkline.protocols.cohere.wire import WireEvent, read_body, read_event
from trunkline.protocols.events import Extra, GenerationEvent, UpstreamFault
from trunkline.protocols.faults.reading import fault_in_answer
from trunkline.protocols.hub import DecodedBody
from trunkline.protocols.lenient_json import UNREADABLE, int_of, is_blank, list_of, object_of, objects_of, text_of
from trunkline.protocols.sse import EventTooLarge, SseParser

_READ_OF_MESSAGE = frozenset({"role", "content", "tool_plan", "tool_calls", "citations"})


class CohereDecoder:
    """Bytes of a stream in, events out; `facts` are final after `close`."""

    def __init__(self, *, exclude_reasoning: bool = False) -> None:
        self._reader = AnswerReader(whole=False, exclude_reasoning=exclude_reasoning)
        self._sse = SseParser()
        self._closed = False
        self._message_ended = False
        self.facts = self._reader.facts

    def feed(self, data: bytes) -> list[GenerationEvent]:
        """The events that are complete with `data`; after the end or a fault none."""
        if self._over():
            return []
        try:
            payloads = self._sse.feed(data)
        except EventTooLarge as error:
            return self._reader.fail(UpstreamFault(status=200, message=str(error)))
        events: list[GenerationEvent] = []
        for payload in payloads:
            if self._over():
                break
            try:
                events += self._read(payload)
            except UNREADABLE:
                events += self._reader.fail(
                    UpstreamFault(status=200, message="An event of the stream is no JSON object")
                )
        return events

    def close(self) -> list[GenerationEvent]:
        """The bytes ended: the last events. Calling it again gives none."""
        if self._closed:
            return []
        events: list[GenerationEvent] = []
        if not self._over():
            for payload in self._sse.close():
                # The last event may lack its empty line; one that was cut in the middle is as good as not sent.
                with contextlib.suppress(*UNREADABLE):
                    events += self._read(payload)
        self._closed = True
        if self.facts.upstream_id is None and not events and self._sse.stray:
            events += self._reader.fail(_stray_fault(self._sse.stray))
        return events + self._reader.end(truncated=not self._message_ended)

    def _over(self) -> bool:
        return self._closed or self.facts.done or self.facts.fault is not None

    def _read(self, payload: bytes) -> list[GenerationEvent]:
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


def _stray_fault(stray: bytes) -> UpstreamFault:
    """No event came. A JSON object instead of a stream may say why."""
    if not object_of(Raw(stray)):
        return UpstreamFault(status=200, message="The answer is no event stream")
    return fault_in_answer(Raw(stray))


def _index(event: WireEvent) -> int:
    """Events of a single item leave it out."""
    return int_of(event.index) or 0
