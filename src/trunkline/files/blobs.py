"""Contents as the event loop sees them: a store's verbs on threads of their own, its failures as errors for callers."""

import asyncio
from collections.abc import AsyncGenerator, Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path
from typing import Final, TypeVar

import structlog

from trunkline.core.errors import ServiceUnavailable
from trunkline.files.blob_store import BlobReader, BlobStore, BlobStoreAway, BlobStoreFull

THREADS: Final = 8
PIECE_BYTES: Final = 256 * 1024

R = TypeVar("R")

_log = structlog.get_logger("trunkline.files")


class Blobs:
    """One for each process; `close` it. Verbs raise ServiceUnavailable, with the reason in the operator's log."""

    __slots__ = ("_store", "_threads")

    def __init__(self, store: BlobStore) -> None:
        self._store = store
        self._threads = ThreadPoolExecutor(THREADS, thread_name_prefix="trunkline-files")

    def close(self) -> None:
        """Wait for what runs."""
        self._threads.shutdown()

    async def keep(self, blob_id: str, source: Path) -> None:
        """Make the content of `source` durable."""
        await self._run(lambda: self._store.keep(blob_id, source))

    async def remove(self, blob_id: str) -> None:
        """Take the content away for good, if it is there."""
        await self._run(lambda: self._store.remove(blob_id))

    async def read(self, blob_id: str) -> bytes:
        """The whole content. Raises BlobMissing."""
        return await self._run(lambda: _read_all(self._store.open(blob_id)))

    async def open(self, blob_id: str) -> BlobReader:
        """For `pieces`. Raises BlobMissing."""
        return await self._run(lambda: self._store.open(blob_id))

    async def pieces(self, reader: BlobReader) -> AsyncGenerator[bytes]:
        """The content piece by piece; `reader` is closed in the end."""
        try:
            while piece := await self._run(lambda: reader.read(PIECE_BYTES)):
                yield piece
        finally:
            reader.close()

    async def _run(self, verb: Callable[[], R]) -> R:
        try:
            return await asyncio.get_running_loop().run_in_executor(self._threads, verb)
        except (BlobStoreFull, BlobStoreAway, OSError) as failure:
            raise unavailable(failure) from failure


def unavailable(failure: BlobStoreFull | BlobStoreAway | OSError) -> ServiceUnavailable:
    """What the caller is told; the operator finds the reason in the log."""
    is_full = isinstance(failure, BlobStoreFull)
    _log.error("files cannot be stored or read", reason=str(failure), full=is_full)
    if is_full:
        return ServiceUnavailable("There is no room left for files. The operator of this instance must make some.")
    return ServiceUnavailable("The storage of files does not answer. Try again in a moment.", retry_after_s=5)


def _read_all(reader: BlobReader) -> bytes:
    with closing(reader):
        return reader.read()
