"""uvicorn as this program runs it: own signals, a bounded drain, bounds on slow clients (OP-41, OP-50)."""

import asyncio
import math
import signal
from collections.abc import Generator
from contextlib import contextmanager
from typing import cast

import uvicorn
from starlette.types import ASGIApp

from trunkline.cli.serving.http import ClientConnection
from trunkline.cli.serving.patience import Bounds
from trunkline.settings import Server as ServerSettings

_TICKS_PER_SWEEP = 10  # uvicorn ticks every 0.1 s


class GatewayServer(uvicorn.Server):
    """Serves until `request_stop`, then lets running responses finish for `drain_seconds`; a second call ends them.

    uvicorn's own signal handling is off: it ends the process by the signal, where OP-41 wants exit status 0.
    """

    def __init__(self, app: ASGIApp, settings: ServerSettings) -> None:
        super().__init__(
            uvicorn.Config(
                app,
                http=ClientConnection,
                ws="none",
                lifespan="off",
                interface="asgi3",
                log_config=None,
                access_log=False,
                server_header=False,
                proxy_headers=False,
                timeout_graceful_shutdown=math.ceil(settings.drain_seconds),
            )
        )
        self._bounds = Bounds(
            head_s=settings.header_timeout_seconds,
            answer_s=settings.answer_timeout_seconds,
            idle_s=settings.keep_alive_seconds,
        )
        self._drain_s = settings.drain_seconds
        self._drained_at_s: float | None = None

    @contextmanager
    def capture_signals(self) -> Generator[None, None, None]:
        yield

    async def on_tick(self, counter: int) -> bool:
        if counter % _TICKS_PER_SWEEP == 0:
            now_s = asyncio.get_running_loop().time()
            for connection in self._connections():
                connection.expire(now_s, self._bounds)
        return await super().on_tick(counter)

    def request_stop(self) -> None:
        """First call: accept nobody, drain. Second call: cancel what still runs and end now."""
        if not self.should_exit:
            self.should_exit = True
            self._drained_at_s = asyncio.get_running_loop().time() + self._drain_s
            return
        self.force_exit = True
        for task in tuple(self.server_state.tasks):
            task.cancel()
        for connection in self._connections():
            connection.abort()

    def _connections(self) -> list[ClientConnection]:
        # A cast, because uvicorn names its own protocols only.
        return list(cast("set[ClientConnection]", self.server_state.connections))

    def drain_left_s(self) -> float:
        """What is left of the time to drain: all of it before the first stop, nothing after the second."""
        if self.force_exit:
            return 0.0
        if self._drained_at_s is None:
            return self._drain_s
        return max(0.0, self._drained_at_s - asyncio.get_running_loop().time())


@contextmanager
def stopped_by_signals(server: GatewayServer) -> Generator[None]:
    """SIGTERM and SIGINT stop the server while this is open."""
    loop = asyncio.get_running_loop()
    for name in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(name, server.request_stop)
    try:
        yield
    finally:
        for name in (signal.SIGTERM, signal.SIGINT):
            loop.remove_signal_handler(name)
