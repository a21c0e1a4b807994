"""An openai-chat upstream's answer as events of the hub (inference.md 30.9)."""

from trunkline.protocols.answers import Facts
from trunkline.protocols.chat.event_builder import EventBuilder
from trunkline.protocols.chat.reader import AnswerReader, StreamReader, read_body
from trunkline.protocols.chat.reading import DeltaRead
from trunkline.protocols.events import Completed, Failed, Finished, GenerationEvent, Started, UpstreamFault
from trunkline.protocols.hub import DecodedBody


class ChatDecoder:
    """Bytes of a stream in, events out; `facts` fill up on the way and are final after `close`.

    `Finished` and `Completed` come from `close`, since usage and a better reason may follow the first finish.
    """

    def __init__(self, *, quirks: frozenset[str] = frozenset(), exclude_reasoning: bool = False) -> None:
        self._reader = StreamReader(quirks=quirks, exclude_reasoning=exclude_reasoning)
        self._events = _AnswerEvents(self._reader, whole=False)
        self.facts: Facts = self._reader.facts

    def feed(self, data: bytes) -> list[GenerationEvent]:
        """The events that are complete with `data`; after a fault (`Failed`) none."""
        return self._events.of(self._reader.feed(data))

    def close(self) -> list[GenerationEvent]:
        """The bytes ended: the last events. Calling it again gives none."""
        return self._events.of(self._reader.close()) + self._events.end()


def decode_body(data: bytes, *, quirks: frozenset[str] = frozenset(), exclude_reasoning: bool = False) -> DecodedBody:
    """A `chat.completion` object. A body that is none ends with `Failed`."""
    reader, deltas = read_body(data, quirks=quirks, exclude_reasoning=exclude_reasoning)
    events = _AnswerEvents(reader, whole=True)
    return DecodedBody(reader.facts, events.of(deltas) + events.end())


class _AnswerEvents:
    """The events of an answer around those of its choices."""

    def __init__(self, reader: AnswerReader, *, whole: bool) -> None:
        self._reader = reader
        self._whole = whole
        self._builders: dict[int, EventBuilder] = {}
        self._started = False
        self._ended = False

    def of(self, deltas: list[DeltaRead]) -> list[GenerationEvent]:
        events: list[GenerationEvent] = []
        if deltas and not self._started:
            self._started = True
            events.append(Started(self._reader.facts.upstream_id, self._reader.system_fingerprint))
        for delta in deltas:
            builder = self._builders.get(delta.choice)
            if builder is None:
                builder = self._builders[delta.choice] = EventBuilder(delta.choice, whole=self._whole)
            shown = builder.events(delta)
            events += shown or (builder.silence() if self._whole else [])
        fault = self._reader.facts.fault
        if fault is not None and not self._ended:
            events += self._fail(fault)
        return events

    def end(self) -> list[GenerationEvent]:
        if self._ended:
            return []
        self._ended = True
        events: list[GenerationEvent] = []
        for index, choice in sorted(self._reader.choices.items()):
            builder = self._builders.get(index)
            if builder is not None:
                events += builder.end()
            if choice.finish_reason is not None:
                events.append(Finished(choice.finish_reason, choice.native_finish_reason, index))
        events.append(Completed(self._reader.facts.usage, self._reader.facts.service_tier))
        return events

    def _fail(self, fault: UpstreamFault) -> list[GenerationEvent]:
        self._ended = True
        events: list[GenerationEvent] = []
        for index, choice in sorted(self._reader.choices.items()):
            if choice.native_finish_reason is not None:
                events.append(Finished("error", choice.native_finish_reason, index))
        events.append(Failed(fault))
        return events
