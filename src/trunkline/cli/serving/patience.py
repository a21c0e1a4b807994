"""How long a client has made us wait, and for what (operating.md OP-50). Looked at once a second, so that no request
needs a timer."""

from typing import Literal

from msgspec import Struct

Verdict = Literal["wait", "refuse", "close", "abort"]
"""`refuse`: say that the head was too slow; `close`: end politely; `abort`: end now, it takes nothing anyway."""


class Bounds(Struct, frozen=True, kw_only=True):
    """What a client may take, in seconds."""

    head_s: float
    """For a request's head, and for the rest of a request that has its answer already."""
    answer_s: float
    """Without taking a byte of what waits to be sent."""
    idle_s: float
    """Between an answer and the next request."""


class Patience:
    """With one client."""

    __slots__ = ("_unread_since_s", "_unsent_bytes", "_unsent_since_s", "head_began_s", "idle_since_s", "in_head")

    def __init__(self, now_s: float) -> None:
        self.in_head = False
        """Some of a head is there."""
        self.head_began_s: float | None = now_s
        """When the client began to owe us a head; None while it owes none."""
        self.idle_since_s: float | None = None
        """When the last answer was complete, if no request has begun since."""
        self._unread_since_s: float | None = None
        """When it was first seen that the rest of an answered request is still to come."""
        self._unsent_bytes = 0
        self._unsent_since_s = 0.0
        """When the client was last seen to take something of what waits to be sent."""

    def begin_head(self, now_s: float) -> None:
        self.in_head = True
        self.idle_since_s = None
        if self.head_began_s is None:
            self.head_began_s = now_s

    def end_head(self) -> None:
        self.in_head = False
        self.head_began_s = None

    def verdict(self, now_s: float, bounds: Bounds, *, unsent_bytes: int, owes_rest: bool, is_read: bool) -> Verdict:
        """What to do about the client. `owes_rest`: it still sends a request that has its answer already. `is_read`:
        what it sends reaches us; the rest of a head that we do not take is not late."""
        if self._is_stuck(now_s, bounds.answer_s, unsent_bytes):
            return "abort"
        if self.head_began_s is not None and not is_read:
            self.head_began_s = now_s
        if self.head_began_s is not None and now_s - self.head_began_s >= bounds.head_s:
            return "refuse" if self.in_head else "close"
        if not owes_rest:
            self._unread_since_s = None
        elif self._unread_since_s is None:
            self._unread_since_s = now_s
        elif now_s - self._unread_since_s >= bounds.head_s:
            return "close"
        if self.idle_since_s is not None and now_s - self.idle_since_s >= bounds.idle_s:
            return "close"
        return "wait"

    def _is_stuck(self, now_s: float, answer_s: float, unsent_bytes: int) -> bool:
        if unsent_bytes == 0 or self._unsent_bytes == 0 or unsent_bytes < self._unsent_bytes:
            self._unsent_since_s = now_s
        self._unsent_bytes = unsent_bytes
        return unsent_bytes > 0 and now_s - self._unsent_since_s >= answer_s
