"""SIGHUP: the serving process reads its configuration again (operating.md OP-24)."""

import asyncio
import gc
import signal
from collections.abc import Callable, Generator
from contextlib import contextmanager

from trunkline.app import Application
from trunkline.cli.serving.presence import Presence
from trunkline.configuration.errors import ConfigurationInvalid
from trunkline.configuration.load import Loaded
from trunkline.core.tasks import TaskSet


class Reloader:
    """One reload at a time; signals that come during one lead to one more after it."""

    def __init__(self, app: Application, read: Callable[[], Loaded]) -> None:
        self._app = app
        self._read = read
        self._asked = asyncio.Event()

    @contextmanager
    def listening(self, presence: Presence) -> Generator[None]:
        """SIGHUP reloads while this is open; `presence` is told what came of it."""
        loop = asyncio.get_running_loop()
        task = TaskSet().start(self._run(presence), "reloading")
        loop.add_signal_handler(signal.SIGHUP, self._asked.set)
        try:
            yield
        finally:
            loop.remove_signal_handler(signal.SIGHUP)
            task.cancel()

    async def _run(self, presence: Presence) -> None:
        while True:
            await self._asked.wait()
            self._asked.clear()
            refusal: str | None = None
            waiting: tuple[str, ...] = ()
            try:
                waiting = await self._app.reload(self._read)
                gc.freeze()  # the new catalog stays, like the first: no collection walks it
            except ConfigurationInvalid as error:
                refusal = str(error)
            presence.tell(refusal=refusal, waiting=waiting, models=len(self._app.world.snapshot.models))
