"""Contents that no file names are taken away: of deleted files at once, of broken uploads after their hour (decision
0007). What fails is tried again by the sweep."""

import asyncio
from contextlib import suppress
from pathlib import Path
from typing import Final

import structlog

from trunkline.core.clock import Clock
from trunkline.core.errors import ServiceUnavailable
from trunkline.files import repository
from trunkline.files.blobs import Blobs
from trunkline.storage.interface import Database, StorageUnavailable

SWEEP_EVERY_MS: Final = 60_000
UPLOAD_GRACE_MS: Final = 3_600_000
"""An upload whose row is not written so long after its content arrived is broken."""
_RETRY_MS: Final = 600_000
_AT_ONCE: Final = 100

_log = structlog.get_logger("trunkline.files")


class Removal:
    """Keeps nothing in memory but the time of its last sweep."""

    __slots__ = ("_blobs", "_clock", "_database", "_incoming", "_next_sweep_ms")

    def __init__(self, database: Database, clock: Clock, blobs: Blobs, incoming: Path) -> None:
        """`incoming`: the folder where uploads arrive."""
        self._database = database
        self._clock = clock
        self._blobs = blobs
        self._incoming = incoming
        self._next_sweep_ms = 0

    async def remove(self, blob_id: str) -> None:
        """Take away a content whose removal is due. Fails silently: the sweep will do it."""
        with suppress(ServiceUnavailable, StorageUnavailable):
            await self._blobs.remove(blob_id)
            await self._database.write(repository.forget_removal, blob_id)

    async def hasten(self, blob_id: str) -> None:
        """Take away the content of an upload that failed, unless its file was written after all."""
        with suppress(StorageUnavailable):
            if await self._database.write(repository.reschedule_removal, blob_id, self._clock.now_ms()):
                await self.remove(blob_id)

    async def sweep(self) -> None:
        """Do what is due, if a minute has passed since the last time. Raises StorageUnavailable."""
        now_ms = self._clock.now_ms()
        if now_ms < self._next_sweep_ms:
            return
        self._next_sweep_ms = now_ms + SWEEP_EVERY_MS
        await asyncio.to_thread(self._drop_abandoned, now_ms)
        for blob_id in await self._database.read(repository.due_removals, now_ms, _AT_ONCE):
            # First the date, so that one that cannot be removed stands in nobody's way.
            if await self._database.write(repository.reschedule_removal, blob_id, now_ms + _RETRY_MS):
                await self.remove(blob_id)

    def _drop_abandoned(self, now_ms: int) -> None:
        """What a killed process left half-received: nobody has written to it for as long as an upload may take."""
        if not self._incoming.is_dir():
            return
        for path in self._incoming.iterdir():
            with suppress(FileNotFoundError):
                if path.stat().st_mtime_ns // 1_000_000 < now_ms - UPLOAD_GRACE_MS:
                    path.unlink()
                    _log.warning("removed an upload that was never completed", name=path.name)
