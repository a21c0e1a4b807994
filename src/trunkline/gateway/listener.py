"""Who listens at the other end of a stream, and what is stopped when nobody does."""

import asyncio

from trunkline.gateway.exchange import Exchange
from trunkline.providers.upstream import UpstreamResponse


class Listener:
    """Connects the client's leaving to whatever the request is waiting for.

    While an upstream that stops billing is being opened, the waiting is cancelled; while an answer is read, the reader
    is woken and decides (`Relay.run`). At any other moment, settling above all, nothing is interrupted.
    """

    __slots__ = ("_exchange", "_opening", "_over", "_task", "response")

    def __init__(self, exchange: Exchange) -> None:
        self._exchange = exchange
        self._task = asyncio.current_task()
        self._opening = False
        self._over = False
        self.response: UpstreamResponse | None = None
        """The answer that is being read."""

    def committed(self) -> None:
        """The status line is out."""
        self._exchange.answering = True

    def gone(self) -> None:
        """The client left, or the server lets go of it because the answer has been sent."""
        if self._over:
            return
        self._exchange.client_gone = True
        if self._opening and self._task is not None:
            self._task.cancel()
        elif self.response is not None:
            self.response.wake()

    def answered(self) -> None:
        """The end of the answer is being sent: from here on, the client's leaving changes nothing."""
        self._over = True

    def tick(self) -> None:
        """Let the reader look at its deadline."""
        if self.response is not None:
            self.response.wake()

    def begin_opening(self) -> None:
        """From here on the client's leaving cancels this task."""
        self._opening = True

    def end_opening(self) -> None:
        """The cancelling is over; one that was ours is taken back, so that settling can await."""
        self._opening = False
        if self._exchange.client_gone and self._task is not None:
            self._task.uncancel()
