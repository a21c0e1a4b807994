"""When a stream may begin to leave (inference.md 4.3, routing-and-catalog.md 6)."""

from typing import Final

from trunkline.protocols.answers import Facts

HELD_BYTES_MAX: Final = 1024 * 1024
"""Whoever says more than this without a word of content is bound all the same: nothing is left out, and memory ends."""


class CommitGate:
    """Holds back what carries nothing that a client would show until something comes that does.

    Until then the router may still try another provider; a byte that left would have bound us to this one.
    """

    __slots__ = ("_facts", "_held", "_held_bytes", "_open")

    def __init__(self, facts: Facts) -> None:
        """`facts` of the answer: it is told when it is bound without content."""
        self._facts = facts
        self._open = False
        self._held: list[bytes] = []
        self._held_bytes = 0

    def pass_chunk(self, chunk: bytes, *, has_content: bool) -> bytes:
        """What may leave now."""
        if self._open:
            return chunk
        self._held.append(chunk)
        if has_content:
            return self.release()
        self._held_bytes += len(chunk)
        if self._held_bytes <= HELD_BYTES_MAX:
            return b""
        self._facts.content_seen = True
        return self.release()

    def release(self) -> bytes:
        """The answer is settled on this provider: everything held may leave."""
        self._open = True
        held = b"".join(self._held)
        self._held.clear()
        return held
