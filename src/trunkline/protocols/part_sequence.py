"""The parts of one choice, opened and closed in order: what decoders of formats without brackets keep (`events.py`)."""

from trunkline.protocols.events import GenerationEvent, PartEnded, PartKind, PartStarted


class PartSequence:
    """At most one part is open at a time; `number` gives ordinals to those that overlap, such as tool calls."""

    __slots__ = ("_choice", "_count", "_open")

    def __init__(self, choice: int) -> None:
        self._choice = choice
        self._count = 0
        self._open: tuple[PartKind, int] | None = None

    def __len__(self) -> int:
        """How many parts there were so far."""
        return self._count

    @property
    def open_kind(self) -> PartKind | None:
        """What the open part is."""
        return None if self._open is None else self._open[0]

    def open(self, kind: PartKind, events: list[GenerationEvent], *, fresh: bool = False) -> int:
        """The open part of that kind; a new one where there is none, or where `fresh` asks for it."""
        if self._open is not None and self._open[0] == kind and not fresh:
            return self._open[1]
        self.close(events)
        part = self.number()
        self._open = (kind, part)
        events.append(PartStarted(part, kind, self._choice))
        return part

    def close(self, events: list[GenerationEvent]) -> None:
        """End the open part, if there is one."""
        if self._open is not None:
            events.append(PartEnded(self._open[1], self._choice))
            self._open = None

    def number(self) -> int:
        """The ordinal of a part that is bracketed elsewhere."""
        self._count += 1
        return self._count - 1
