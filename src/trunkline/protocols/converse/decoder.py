"""A Converse upstream's answer as events of the hub (inference.md 30.9)."""

from trunkline.protocols.answers import UpstreamTarget
from trunkline.protocols.converse.errors import fault_of_frame
from trunkline.protocols.converse.event_stream import EventStreamParser, Frame
from trunkline.protocols.converse.reader import AnswerReader
from trunkline.protocols.converse.wire import read_block_event, read_members
from trunkline.protocols.events import GenerationEvent, UpstreamFault
from trunkline.protocols.hub import DecodedBody
from trunkline.protocols.lenient_json import UNREADABLE, list_of, object_of


class ConverseDecoder:
    """Bytes of a stream in, events out; `facts` are final after `close`.

    `messageStop` and `metadata` with the counts end it; a stream that ends between the two is whole.
    """

    def __init__(self, target: UpstreamTarget, *, exclude_reasoning: bool = False) -> None:
        self._reader = AnswerReader(target, exclude_reasoning=exclude_reasoning)
        self._parser = EventStreamParser()
        self._closed = False
        self.facts = self._reader.facts

    def feed(self, data: bytes) -> list[GenerationEvent]:
        """The events that are complete with `data`; after the end or a fault none."""
        if self._over():
            return []
        events: list[GenerationEvent] = []
        frames, broken = self._parser.feed(data)
        for frame in frames:
            if self._over():
                return events
            try:
                events += self._read(frame)
            except UNREADABLE:
                events += self._reader.fail(
                    UpstreamFault(status=200, message="An event of the stream is no JSON object")
                )
        if broken is not None and not self._over():
            events += self._reader.fail(UpstreamFault(status=200, message=str(broken)))
        return events

    def close(self) -> list[GenerationEvent]:
        """The bytes ended: the last events. Calling it again gives none."""
        if self._closed:
            return []
        self._closed = True
        return self._reader.end()

    def _over(self) -> bool:
        return self._closed or self.facts.done or self.facts.fault is not None

    def _read(self, frame: Frame) -> list[GenerationEvent]:
        fault = fault_of_frame(frame)
        if fault is not None:
            return self._reader.fail(fault)
        reader = self._reader
        match frame.headers.get(":event-type"):
            case "contentBlockDelta":
                event = read_block_event(frame.payload)
                return reader.start() + reader.grow_block(event.content_block_index, object_of(event.delta))
            case "contentBlockStart":
                event = read_block_event(frame.payload)
                return reader.start() + reader.open_block(event.content_block_index, object_of(event.start))
            case "contentBlockStop":
                return reader.close_block(read_block_event(frame.payload).content_block_index)
            case "messageStart":
                return reader.start()
            case "messageStop" | "metadata":
                reader.note(read_members(frame.payload))
                self.facts.done = reader.is_complete
            case _:
                pass  # what later versions may add
        return []


def decode_body(data: bytes, target: UpstreamTarget, *, exclude_reasoning: bool = False) -> DecodedBody:
    """A whole answer. A body that is none ends with `Failed`."""
    reader = AnswerReader(target, exclude_reasoning=exclude_reasoning)
    reader.facts.done = True
    return DecodedBody(reader.facts, _body_events(reader, data))


def _body_events(reader: AnswerReader, data: bytes) -> list[GenerationEvent]:
    try:
        members = read_members(data)
    except UNREADABLE:
        return reader.fail(UpstreamFault(status=200, message="The answer is no JSON object"))
    message = object_of(object_of(members.get("output")).get("message"))
    if "content" not in message:
        return reader.fail(UpstreamFault(status=200, message="The answer has no content"))
    events = reader.start()
    for index, block in enumerate(list_of(message["content"])):
        events += reader.read_whole_block(index, object_of(block))
    reader.note(members)
    return events + reader.end()
