"""When a stream may begin to leave (inference.md 4.3, routing-and-catalog.md 6)."""


class CommitGate:
    """Holds back chunks that carry nothing a client would show until one comes that does.

    Until then the router may still try another provider; a chunk that left would have bound us to this one.
    """

    __slots__ = ("_held", "_open")

    _HELD_MAX = 64

    def __init__(self) -> None:
        self._open = False
        self._held: list[bytes] = []

    def pass_chunk(self, chunk: bytes, *, has_content: bool) -> bytes:
        """What may leave now."""
        if self._open:
            return chunk
        if not has_content:
            if len(self._held) < self._HELD_MAX:
                self._held.append(chunk)
            return b""
        self._held.append(chunk)
        return self.release()

    def release(self) -> bytes:
        """The answer is settled on this provider: everything held may leave."""
        self._open = True
        held = b"".join(self._held)
        self._held.clear()
        return held
