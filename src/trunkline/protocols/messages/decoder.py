"""A Messages upstream's answer as events of the hub (inference.md 30.9)."""

from trunkline.protocols.answers import UpstreamTarget
from trunkline.protocols.event_sequence import SequenceDecoder
from trunkline.protocols.events import GenerationEvent, TextDelta, UpstreamFault
from trunkline.protocols.faults.reading import fault_in_answer
from trunkline.protocols.hub import DecodedBody
from trunkline.protocols.lenient_json import UNREADABLE, int_of, is_blank, list_of, object_of
from trunkline.protocols.messages.reader import AnswerReader
from trunkline.protocols.messages.wire import WireEvent, read_body, read_event, read_text_delta
from trunkline.protocols.sse import SseParser


class MessagesDecoder(SequenceDecoder):
    """Bytes of a stream in, events out; `facts` are final after `close`."""

    unreadable = "An event of the stream is no JSON object with a type"

    def __init__(self, target: UpstreamTarget, *, exclude_reasoning: bool = False) -> None:
        self._reader = AnswerReader(target, whole=False, exclude_reasoning=exclude_reasoning)
        super().__init__(self._reader.facts, SseParser())
        self._in_text = False
        """The last event was more of a text, so the next may well be, too."""

    def fail(self, fault: UpstreamFault) -> list[GenerationEvent]:
        return self._reader.fail(fault)

    def end(self) -> list[GenerationEvent]:
        return self._reader.end(truncated=not self.facts.done)

    def read(self, payload: bytes) -> list[GenerationEvent]:
        if self._in_text:
            more = read_text_delta(payload)
            if more is not None:
                return self._reader.grow_text(more.index, more.delta.text)
        events = self.take(read_event(payload))
        self._in_text = bool(events) and type(events[-1]) is TextDelta
        return events

    def take(self, event: WireEvent) -> list[GenerationEvent]:
        """The events of the hub that one event of the stream comes to."""
        match event.type:
            case "content_block_delta":
                return self._reader.grow_block(_index(event), object_of(event.delta))
            case "content_block_start":
                return self._reader.open_block(_index(event), object_of(event.content_block))
            case "content_block_stop":
                return self._reader.close_block(_index(event))
            case "message_start":
                return self._reader.start(object_of(event.message))
            case "message_delta":
                self._end_message(event)
            case "message_stop":
                self.facts.done = True
            case "error":
                return self._reader.fail(fault_in_answer(event.error))
            case _:
                pass  # `ping`, and what later versions may add
        return []

    def _end_message(self, event: WireEvent) -> None:
        delta = object_of(event.delta)
        if event.context_management:
            delta["context_management"] = event.context_management
        self._reader.end_message(delta, event.usage)


def decode_body(data: bytes, target: UpstreamTarget, *, exclude_reasoning: bool = False) -> DecodedBody:
    """A whole `message`. A body that is none ends with `Failed`."""
    reader = AnswerReader(target, whole=True, exclude_reasoning=exclude_reasoning)
    reader.facts.done = True
    return DecodedBody(reader.facts, _body_events(reader, data))


def _body_events(reader: AnswerReader, data: bytes) -> list[GenerationEvent]:
    try:
        message = read_body(data)
    except UNREADABLE:
        return reader.fail(UpstreamFault(status=200, message="The answer is no JSON object"))
    error = message.get("error")
    if error is not None and not is_blank(error):
        return reader.fail(fault_in_answer(error))
    if not bytes(message.get("content", b"")).lstrip().startswith(b"["):
        return reader.fail(UpstreamFault(status=200, message="The answer has no content"))
    events = reader.start(message)
    for index, block in enumerate(list_of(message["content"])):
        events += reader.open_block(index, object_of(block))
        events += reader.close_block(index)
    return events + reader.end(truncated=False)


def _index(event: WireEvent) -> int:
    index = int_of(event.index)
    return -1 if index is None else index
