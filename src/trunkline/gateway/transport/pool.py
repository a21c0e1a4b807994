"""Idle connections, kept for the next request to the same origin.

The last one returned is the first one taken: it is the warmest, and the others grow old enough to be closed.
"""

import asyncio

from trunkline.gateway.transport.connection import Connection
from trunkline.gateway.transport.target import Origin


class Pool:
    """Bounded per origin, in total and in time. Holds idle connections only; busy ones belong to their requests."""

    def __init__(self, *, idle_per_origin_max: int, idle_max: int, idle_s_max: float) -> None:
        self._idle: dict[Origin, list[Connection]] = {}
        self._idle_per_origin_max = idle_per_origin_max
        self._idle_max = idle_max
        self._idle_s_max = idle_s_max
        self._count = 0
        self._sweeper: asyncio.TimerHandle | None = None

    def __len__(self) -> int:
        return self._count

    def take(self, origin: Origin, now_s: float) -> Connection | None:
        """An idle connection that looks alive, or None."""
        idle = self._idle.get(origin)
        while idle:
            connection = idle.pop()
            self._count -= 1
            if not connection.closed and now_s - connection.idle_since_s < self._idle_s_max:
                return connection
            connection.abort()
        return None

    def give_back(self, connection: Connection) -> None:
        """Keep a connection whose answer was read to its end, or close it if there are enough."""
        idle = self._idle.setdefault(connection.origin, [])
        if len(idle) >= self._idle_per_origin_max or self._count >= self._idle_max:
            connection.abort()
            return
        loop = asyncio.get_running_loop()
        connection.idle_since_s = loop.time()
        idle.append(connection)
        self._count += 1
        if self._sweeper is None:
            self._sweeper = loop.call_later(self._idle_s_max, self._sweep)

    def discard(self, connection: Connection) -> None:
        """The connection is gone: forget it if it was idle."""
        idle = self._idle.get(connection.origin)
        if idle is None or connection not in idle:
            return
        idle.remove(connection)
        self._count -= 1
        if not idle:
            del self._idle[connection.origin]

    def close(self) -> None:
        """Close all that is idle."""
        if self._sweeper is not None:
            self._sweeper.cancel()
            self._sweeper = None
        for idle in self._idle.values():
            for connection in idle:
                connection.abort()
        self._idle.clear()
        self._count = 0

    def _sweep(self) -> None:
        """Close what has been idle for too long; one timer for all, set again while anything is idle."""
        self._sweeper = None
        loop = asyncio.get_running_loop()
        expired_before_s = loop.time() - self._idle_s_max
        for origin, idle in list(self._idle.items()):
            kept = [connection for connection in idle if connection.idle_since_s > expired_before_s]
            for connection in idle:
                if connection.idle_since_s <= expired_before_s:
                    connection.abort()
            self._count -= len(idle) - len(kept)
            if kept:
                self._idle[origin] = kept
            else:
                del self._idle[origin]
        if self._idle:
            self._sweeper = loop.call_later(self._idle_s_max / 2, self._sweep)
