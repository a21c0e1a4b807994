"""Stop sequences for upstreams that know none: the text ends before the first one (inference.md 30.4).

The upstream is read to its end all the same: only there it says what it counted, and that is what it charges.
"""

from collections.abc import Sequence

from trunkline.protocols.answers import Facts
from trunkline.protocols.events import (
    Completed,
    Failed,
    Finished,
    GenerationEvent,
    PartEnded,
    PartStarted,
    Started,
    TextDelta,
)
from trunkline.protocols.hub import DecodedBody, ResponseDecoder


def cut_stream(decoder: ResponseDecoder, stop: Sequence[str]) -> ResponseDecoder:
    """The decoder, whose text ends before the first of `stop`; itself where there is none."""
    return _CutDecoder(decoder, stop) if stop else decoder


def cut_body(decoded: DecodedBody, stop: Sequence[str]) -> DecodedBody:
    """The same for a whole answer."""
    if not stop:
        return decoded
    cutter = _Cutter(stop)
    events = cutter.cut(decoded.events)
    cutter.correct(decoded.facts)
    return DecodedBody(decoded.facts, events)


class _CutDecoder:
    """Implements `hub.ResponseDecoder` around another one."""

    def __init__(self, decoder: ResponseDecoder, stop: Sequence[str]) -> None:
        self._decoder = decoder
        self._cutter = _Cutter(stop)
        self.facts = decoder.facts

    def feed(self, data: bytes) -> list[GenerationEvent]:
        return self._cutter.cut(self._decoder.feed(data))

    def close(self) -> list[GenerationEvent]:
        events = self._cutter.cut(self._decoder.close())
        self._cutter.correct(self.facts)
        return events


class _Cutter:
    """Holds back what may be the beginning of a sequence, however the text was cut into deltas."""

    __slots__ = ("_calls", "_held", "_is_cut", "_stop", "_text_parts")

    def __init__(self, stop: Sequence[str]) -> None:
        self._stop = stop
        self._held: dict[int, str] = {}
        """Part → text that is not told yet."""
        self._text_parts: set[int] = set()
        self._is_cut = False
        self._calls = 0

    def cut(self, events: list[GenerationEvent]) -> list[GenerationEvent]:
        """What the client may see of `events`."""
        return [told for event in events for told in (self._after(event) if self._is_cut else self._before(event))]

    def correct(self, facts: Facts) -> None:
        """What the upstream went on to say is not the client's answer; what it counted stays."""
        if self._is_cut and facts.fault is None:
            facts.finish_reason = "stop"
            facts.tool_call_count = self._calls

    def _before(self, event: GenerationEvent) -> list[GenerationEvent]:
        match event:
            case TextDelta() if event.index in self._text_parts:
                return self._text(event)
            case PartStarted(index, kind):
                self._calls += kind == "tool_call"
                if kind == "text":
                    self._text_parts.add(index)
                return [event]
            case PartEnded(index):
                rest = self._held.pop(index, "")
                return [TextDelta(index, rest, event.choice), event] if rest else [event]
            case _:
                return [event]

    def _after(self, event: GenerationEvent) -> list[GenerationEvent]:
        match event:
            case Finished():
                return [Finished("stop", event.native_reason, event.choice)]
            case Started() | Completed() | Failed():
                return [event]
            case _:
                return []

    def _text(self, delta: TextDelta) -> list[GenerationEvent]:
        text = self._held.pop(delta.index, "") + delta.text
        found = [(begin + len(stop), begin) for stop in self._stop if (begin := text.find(stop)) >= 0]
        if found:
            self._is_cut = True
            told = text[: min(found)[1]]
            end = PartEnded(delta.index, delta.choice)
            return [TextDelta(delta.index, told, delta.choice), end] if told else [end]
        held = self._begun(text)
        if held:
            self._held[delta.index] = text[len(text) - held :]
            text = text[: len(text) - held]
        if not text and not len(delta.logprobs):
            return []
        return [TextDelta(delta.index, text, delta.choice, delta.logprobs)]

    def _begun(self, text: str) -> int:
        """Length of the longest end of `text` with which a sequence begins."""
        longest = min(len(text), max(map(len, self._stop)) - 1)
        return next((size for size in range(longest, 0, -1) if any(s.startswith(text[-size:]) for s in self._stop)), 0)
