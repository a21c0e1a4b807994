"""One part at a time: the order in which parts of the hub are told where they may not overlap (inference.md 17.4)."""

from collections.abc import Sequence

from trunkline.protocols.events import Extra, GenerationEvent, PartEnded


class PartQueue:
    """Lets the events of one part pass; those of parts that begin before it ends wait, as long as the upstream lets
    them grow in turns. What waits is bounded as the answer is."""

    __slots__ = ("_extras", "_waiting", "live")

    def __init__(self) -> None:
        self.live: int | None = None
        """The part that passes."""
        self._waiting: dict[int, list[GenerationEvent]] = {}
        self._extras = 0

    def admit(self, index: int, event: GenerationEvent) -> Sequence[GenerationEvent]:
        """What may be told now that `event` of part `index` has come."""
        if self.live is None:
            self.live = index
        if index != self.live:
            self._waiting.setdefault(index, []).append(event)
            return ()
        return (event, *self._advance()) if isinstance(event, PartEnded) else (event,)

    def admit_whole(self, event: Extra) -> Sequence[GenerationEvent]:
        """The same for what is a part by itself."""
        if self.live is None:
            return (event,)
        self._extras += 1
        self._waiting[-self._extras] = [event]
        return ()

    def rest(self) -> list[GenerationEvent]:
        """All that still waits, at the end of the answer."""
        events = [event for waiting in self._waiting.values() for event in waiting]
        self._waiting.clear()
        self.live = None
        return events

    def _advance(self) -> list[GenerationEvent]:
        passed: list[GenerationEvent] = []
        while self._waiting:
            index = next(iter(self._waiting))
            events = self._waiting.pop(index)
            passed += events
            if not isinstance(events[-1], PartEnded | Extra):
                self.live = index
                return passed
        self.live = None
        return passed
