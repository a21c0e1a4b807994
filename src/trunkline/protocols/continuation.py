"""One answer told by several upstreams: what the client has read so far, and the next one's words joined to it.

When an upstream breaks in the middle of an answer, another may go on with it if it is given what was said as the
beginning of its own (`prefill.py`). Only plain text is ever joined: a call half said, reasoning that is signed or
sealed, media, citations and refusals are whole or nothing.

The client's encoder knows nothing of all this. It is told one sequence of events: the parts that were open stay open,
those of the second upstream are numbered on, and there is one end.
"""

from typing import Final

from msgspec.structs import replace

from trunkline.core.errors import TrunklineError
from trunkline.protocols.answers import AnswerStream, Facts, UsageReport
from trunkline.protocols.events import (
    Annotated,
    Completed,
    Extra,
    Finished,
    GenerationEvent,
    MediaDelta,
    PartEnded,
    PartStarted,
    ReasoningDelta,
    Started,
    TextDelta,
    ToolCallDelta,
)
from trunkline.protocols.hub import ResponseDecoder

CHARS_MAX: Final = 256 * 1024
"""Of text that is kept for a continuation; a longer answer that breaks is not continued."""
_WHOLE_BLOCKS: Final = ("content[", "output[")
"""Where decoders keep blocks and items that the hub has no word for."""


class Said:
    """What a client has been told of an answer, as far as another upstream could go on from it."""

    __slots__ = ("_chars", "_is_plain", "_pieces", "_texts", "open_text", "parts")

    def __init__(self) -> None:
        self._pieces: list[str] = []
        self._chars = 0
        self._is_plain = True
        self._texts: set[int] = set()
        self.open_text: int | None = None
        """Ordinal of the text that has not ended."""
        self.parts = 0
        """Ordinals that are taken."""

    def take(self, events: list[GenerationEvent]) -> None:
        """The client is told `events`."""
        for event in events:
            if not self._is_plain:
                return
            match event:
                case TextDelta(index, text, choice):
                    self._say(index, text, choice)
                case PartStarted():
                    self._start(event)
                case PartEnded(index):
                    self.open_text = None if index == self.open_text else self.open_text
                case ReasoningDelta():
                    if event.signature is not None or event.data is not None or event.type != "reasoning.text":
                        self._give_up()
                case ToolCallDelta() | MediaDelta() | Annotated():
                    self._give_up()
                case Extra():
                    if event.choice or event.path.startswith(_WHOLE_BLOCKS) or "signature" in event.path:
                        self._give_up()
                case _:
                    pass

    @property
    def text(self) -> str | None:
        """All of it; None where it cannot be gone on with, or nothing was said that a model could go on from."""
        if not self._is_plain:
            return None
        return "".join(self._pieces) if any(not piece.isspace() for piece in self._pieces) else None

    def _say(self, index: int, text: str, choice: int) -> None:
        self._chars += len(text)
        if choice or index not in self._texts or self._chars > CHARS_MAX:
            self._give_up()
        elif text:
            self._pieces.append(text)

    def _start(self, event: PartStarted) -> None:
        self.parts = max(self.parts, event.index + 1)
        if event.kind == "text":
            self._texts.add(event.index)
            self.open_text = event.index
        elif event.kind != "reasoning":
            self._give_up()

    def _give_up(self) -> None:
        self._is_plain = False
        self._pieces.clear()


class _Seam:
    """Where the second upstream's text meets what was said.

    The prefill ends without white space, which some upstreams refuse, so the model may write it again; and some
    upstreams repeat the prefill before they go on. Neither is told twice.
    """

    __slots__ = ("_blank", "_held", "_repeat")

    def __init__(self, said: str, *, is_repeated: bool) -> None:
        told = said.rstrip()
        self._blank = said[len(told) :]
        self._repeat = told if is_repeated else ""
        self._held = ""

    def after(self, text: str) -> str:
        """What of `text` is new."""
        if self._repeat:
            text = self._after_repetition(text)
        if self._blank and text:
            same = _common(text, self._blank)
            self._blank = self._blank[same:] if same == len(text) else ""
            text = text[same:]
        return text

    def rest(self) -> str:
        """What was held back as a repetition, and was none: the text ended before it was complete."""
        held, self._held, self._repeat = self._held, "", ""
        return held

    def _after_repetition(self, text: str) -> str:
        same = _common(text, self._repeat)
        self._repeat = self._repeat[same:]
        if not self._repeat:
            self._held = ""
            return text[same:]
        if same == len(text):
            self._held += text
            return ""
        return self.rest() + text


def _common(text: str, other: str) -> int:
    """Length of the longest beginning that both have."""
    most = min(len(text), len(other))
    return next((place for place in range(most) if text[place] != other[place]), most)


class _Joint:
    """Renumbers and trims the events of an upstream that goes on with an answer. Its reasoning is left out: the
    thinking behind what was said is told already, and thoughts in the middle of a text have no place."""

    __slots__ = ("_left_out", "_next", "_numbers", "_open_text", "_seam", "_seamed")

    def __init__(self, said: Said, seam: _Seam) -> None:
        self._open_text = said.open_text
        self._next = said.parts
        self._numbers: dict[int, int] = {}
        self._left_out: set[int] = set()
        self._seam = seam
        self._seamed: int | None = None
        """Ordinal, in the second upstream's counting, of the text that goes on with what was said."""

    def join(self, events: list[GenerationEvent]) -> list[GenerationEvent]:
        """What the client is told of `events`."""
        return [told for event in events for told in self._join(event)]

    def _join(self, event: GenerationEvent) -> list[GenerationEvent]:
        match event:
            case Started():
                return []
            case PartStarted():
                return self._start(event)
            case TextDelta() | ReasoningDelta() | ToolCallDelta() | MediaDelta():
                return self._grow(event)
            case PartEnded(index):
                if index in self._left_out:
                    return []
                rest = self._rest() if index == self._seamed else []
                return [*rest, replace(event, index=self._numbers.get(index, index))]
            case Finished() | Completed():
                return [*self._rest(), *self._end_text(), event]
            case _:
                return [event]

    def _start(self, event: PartStarted) -> list[GenerationEvent]:
        if event.kind == "reasoning":
            self._left_out.add(event.index)
            return []
        is_first_text = event.kind == "text" and self._seamed is None
        if is_first_text:
            self._seamed = event.index
        if is_first_text and self._open_text is not None:
            self._numbers[event.index] = self._open_text
            self._open_text = None
            return []
        self._numbers[event.index] = self._next
        self._next += 1
        return [*self._end_text(), replace(event, index=self._numbers[event.index])]

    def _grow(self, event: TextDelta | ReasoningDelta | ToolCallDelta | MediaDelta) -> list[GenerationEvent]:
        if event.index in self._left_out:
            return []
        told = replace(event, index=self._numbers.get(event.index, event.index))
        if isinstance(told, TextDelta) and event.index == self._seamed:
            told = replace(told, text=self._seam.after(told.text))
            if not told.text and not len(told.logprobs):
                return []
        return [told]

    def _rest(self) -> list[GenerationEvent]:
        rest = self._seam.rest()
        if not rest or self._seamed is None:
            return []
        return [TextDelta(self._numbers[self._seamed], rest)]

    def _end_text(self) -> list[GenerationEvent]:
        """What was open ends when something else than text follows."""
        if self._open_text is None:
            return []
        ended, self._open_text = self._open_text, None
        return [PartEnded(ended)]


class ContinuableDecoder:
    """Implements `hub.ResponseDecoder` over one upstream after the other.

    The end of one that broke is held back: whoever reads the events does not learn of it unless nobody goes on.
    """

    def __init__(self, decoder: ResponseDecoder) -> None:
        self.facts: Facts = decoder.facts
        self.said = Said()
        self._decoder = decoder
        self._joint: _Joint | None = None
        self._held: list[GenerationEvent] = []

    def feed(self, data: bytes) -> list[GenerationEvent]:
        return self._told(self._decoder.feed(data))

    def close(self) -> list[GenerationEvent]:
        """The last events; of an upstream that broke only what it still said. Called again, what was held back."""
        if self._held:
            held, self._held = self._held, []
            return held
        return self._told(self._decoder.close())

    def go_on_with(self, decoder: ResponseDecoder, *, is_repeated: bool) -> None:
        """The next upstream goes on with what was said, which it may repeat first."""
        decoder.facts.heard = self.facts.heard
        self.facts = decoder.facts
        self._decoder = decoder
        self._joint = _Joint(self.said, _Seam(self.said.text or "", is_repeated=is_repeated))
        self._held = []

    def _told(self, events: list[GenerationEvent]) -> list[GenerationEvent]:
        is_broken = self.facts.fault is not None
        if is_broken:
            ends = next((place for place, event in enumerate(events) if _is_end(event)), len(events))
            self._held = events[ends:]
            events = events[:ends]
        if self._joint is not None:
            events = self._joint.join(events)
            self._held = self._joint.join(self._held) if is_broken else []
        self.said.take(events)
        return events


def _is_end(event: GenerationEvent) -> bool:
    """It tells of an end, or of what a decoder had kept for it."""
    return not isinstance(event, Started | PartStarted | TextDelta | ReasoningDelta | ToolCallDelta)


class ContinuableStream:
    """An `AnswerStream` that outlives the upstream that began it."""

    def __init__(self, stream: AnswerStream, decoder: ContinuableDecoder) -> None:
        """`stream` reads `decoder`, and encodes for the client."""
        self.facts: Facts = decoder.facts
        self._stream = stream
        self._decoder = decoder

    @property
    def said(self) -> str | None:
        """The text that another upstream could go on from; None where there is none, or where more than text was
        said."""
        return self._decoder.said.text

    def go_on_with(self, decoder: ResponseDecoder, *, is_repeated: bool) -> None:
        """What broke off goes on with another upstream's words; `facts` are from now on those of that upstream."""
        self._decoder.go_on_with(decoder, is_repeated=is_repeated)
        self.facts = self._stream.facts = decoder.facts

    def feed(self, data: bytes) -> bytes:
        return self._stream.feed(data)

    def close(self) -> bytes:
        return self._stream.close()

    def tail(self, report: UsageReport) -> bytes:
        return self._stream.tail(report)

    def error_tail(self, error: TrunklineError, report: UsageReport | None) -> bytes:
        """Nobody goes on: what was held back, and the error."""
        return self._stream.close() + self._stream.error_tail(error, report)
