"""Whether pages must say that their traffic is made up: `trunkline demo` filled this instance."""

from collections.abc import Callable

from trunkline.demo.mark import read_mark
from trunkline.storage.interface import Database, StorageUnavailable

AGAIN_MS = 10_000
"""An instance without a demo is asked again after this; one with a demo stays one."""


class DemoNotice:
    """Asked for every page, so the answer is kept."""

    __slots__ = ("_asked_ms", "_database", "_is_demo", "_now_ms")

    def __init__(self, database: Database, now_ms: Callable[[], int]) -> None:
        self._database = database
        self._now_ms = now_ms
        self._asked_ms = -AGAIN_MS
        self._is_demo = False

    async def is_demo(self) -> bool:
        """What was known last while the database is away."""
        if not self._is_demo and self._now_ms() - self._asked_ms >= AGAIN_MS:
            try:
                self._is_demo = await self._database.read(read_mark) is not None
            except StorageUnavailable:
                return self._is_demo
            self._asked_ms = self._now_ms()
        return self._is_demo
