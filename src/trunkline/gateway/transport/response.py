"""One request on a connection and the answer to it: `UpstreamResponse` over a socket.

Deadlines cost nothing per chunk: a response owns at most one timer. When it fires early, because bytes came in
the meantime, it is set again for the rest; it is cancelled when the answer ends.
"""

import asyncio
from collections.abc import Mapping
from math import inf

from trunkline.gateway.transport.connection import Connection
from trunkline.gateway.transport.wire import ResponseReader
from trunkline.providers.upstream import Sink, UpstreamFailed

_JOINED_BODY_BYTES_MAX = 64 * 1024
"""Up to here head and body go out in one write; a larger body is not copied for it."""
_WRITE_BYTES = 256 * 1024
_TIMER_SLACK_S = 0.002
"""uvloop rounds timers and its clock to milliseconds: a timer may fire that much before its time."""


class SocketResponse:
    """See `providers.upstream.UpstreamResponse`. Must be read to its end or cancelled."""

    __slots__ = (
        "_connection",
        "_loop",
        "_reader",
        "_silence_s_max",
        "_sink",
        "_timer",
        "_timer_at_s",
        "_wake_at_s",
        "_woken",
        "headers",
        "status",
    )

    def __init__(self, connection: Connection, reader: ResponseReader, read_timeout_s: float) -> None:
        self._loop = asyncio.get_running_loop()
        self._connection = connection
        self._reader = reader
        self._silence_s_max = read_timeout_s
        self._timer: asyncio.TimerHandle | None = None
        self._timer_at_s = inf
        self._wake_at_s = inf
        self._woken = False
        self._sink: Sink | None = None
        self.status = 0
        self.headers: Mapping[str, str] = {}

    @property
    def started(self) -> bool:
        """Whether any byte of an answer has come."""
        return self._reader.started

    async def exchange(self, head: bytes, body: bytes) -> None:
        """Send the request and wait for the answer's head. Raises UpstreamFailed; then the connection is gone."""
        self._connection.begin(self._reader)
        try:
            await self._send(head, body)
            while not self._reader.head_complete:
                self._raise_if_over()
                await self._news()
        except BaseException:
            self.cancel()
            raise
        self.status = self._reader.status
        self.headers = self._reader.headers
        if self._reader.complete:
            self._disarm()

    async def read(self, wake_after_s: float | None = None, into: Sink | None = None) -> bytes | None:
        """The next bytes, `b""` at the end, None when woken or `into` has enough. Raises UpstreamFailed."""
        reader = self._reader
        self._wake_at_s = inf
        while True:
            if self._woken:
                self._woken = False
                return None
            data = self._take()
            if reader.complete:
                self._disarm()
                return data
            if data:
                return data
            self._raise_if_over()
            if wake_after_s is not None:
                now_s = self._loop.time()
                if self._wake_at_s == inf:
                    self._wake_at_s = now_s + wake_after_s
                elif now_s + _TIMER_SLACK_S >= self._wake_at_s:
                    return None
            if into is None or reader.is_coded:
                await self._news()
                continue
            self._sink, self._connection.taker = into, self._hand_over
            try:
                await self._news()
            finally:
                self._connection.taker = None

    def _hand_over(self) -> bool:
        """Bytes came while `read` waits: True if the sink took them and wants more, so that nobody is woken."""
        data, sink = self._take(), self._sink
        if data and sink is not None and not sink(data):
            self._connection.taker = None
            self._woken = True
        return not self._woken

    async def read_all(self, limit_bytes: int, deadline_s: float = inf) -> bytes:
        """The whole rest; `wake` does not interrupt it. Raises UpstreamFailed, past the limit as "protocol", at
        `deadline_s` as "timeout_total"."""
        parts: list[bytes] = []
        size = 0
        while (data := await self.read(deadline_s - self._loop.time())) != b"":
            if self._loop.time() + _TIMER_SLACK_S >= deadline_s:
                self.cancel()
                raise UpstreamFailed("timeout_total", "the answer was not complete in time")
            if data is None:
                continue
            size += len(data)
            if size > limit_bytes:
                self.cancel()
                raise UpstreamFailed("protocol", f"the answer is larger than {limit_bytes} bytes")
            parts.append(data)
        return parts[0] if len(parts) == 1 else b"".join(parts)

    def wake(self) -> None:
        """Make the waiting `read`, or else the next one, return None."""
        self._woken = True
        if self._connection.carries(self._reader):
            self._connection.notify()

    def cancel(self) -> None:
        """Close the connection now, unless the answer is complete (then it may serve somebody else already)."""
        self._disarm()
        if self._connection.carries(self._reader):
            self._connection.abort()

    async def _send(self, head: bytes, body: bytes) -> None:
        connection = self._connection
        if len(body) <= _JOINED_BODY_BYTES_MAX:
            connection.write(head + body)
        else:
            connection.write(head)
            view = memoryview(body)
            for start in range(0, len(view), _WRITE_BYTES):
                while not connection.writable and not self._reader.head_complete:
                    self._raise_if_over()
                    await self._news()
                if self._reader.head_complete:
                    return  # answered before the whole body was sent: an error as a rule, and never reusable
                connection.write(view[start : start + _WRITE_BYTES])
        connection.request_sent = True

    def _take(self) -> bytes:
        try:
            data = self._reader.take()
        except UpstreamFailed:
            self.cancel()
            raise
        connection = self._connection
        if connection.reading_paused and not self._reader.buffered_bytes and connection.carries(self._reader):
            connection.resume_reading()
        return data

    def _raise_if_over(self) -> None:
        if self._connection.failure is not None:
            self._disarm()
            self._connection.raise_if_broken()
        if self._silent_for_s() >= self._silence_s_max:
            self.cancel()
            raise UpstreamFailed("timeout_read", f"no byte for {self._silence_s_max:g} s")

    def _silent_for_s(self) -> float:
        return self._loop.time() + _TIMER_SLACK_S - self._connection.silent_since_s

    def _news(self) -> asyncio.Future[None]:
        due_s = min(self._connection.silent_since_s + self._silence_s_max, self._wake_at_s)
        if due_s < self._timer_at_s:
            self._disarm()
            self._arm(due_s)
        return self._connection.news()

    def _arm(self, due_s: float) -> None:
        self._timer_at_s = due_s
        self._timer = self._loop.call_at(due_s, self._on_timer)

    def _disarm(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
            self._timer_at_s = inf

    def _on_timer(self) -> None:
        self._timer = None
        self._timer_at_s = inf
        if not self._connection.carries(self._reader):
            return
        due_s = min(self._connection.silent_since_s + self._silence_s_max, self._wake_at_s)
        if self._loop.time() + _TIMER_SLACK_S >= due_s:
            self._connection.notify()
        else:
            self._arm(due_s)
