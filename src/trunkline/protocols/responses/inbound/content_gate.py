"""When a stream may begin to leave (inference.md 4.3): with the first content, which binds it to its provider."""

from trunkline.protocols.answers import Facts


class ContentGate:
    """Holds back every event until the answer has content. Nothing of what is held is lost: events are numbered.

    What an upstream says before any content is bounded as its items are.
    """

    __slots__ = ("_facts", "_held", "_open")

    def __init__(self, facts: Facts) -> None:
        self._facts = facts
        self._held: list[bytes] = []
        self._open = False

    def let_pass(self, events: bytes) -> bytes:
        """What may leave now."""
        if self._open:
            return events
        self._held.append(events)
        return self.release() if self._facts.content_seen else b""

    def release(self) -> bytes:
        """Everything may leave."""
        self._open = True
        held = b"".join(self._held)
        self._held.clear()
        return held
