"""A file while it arrives: written to disk as it comes, with at most a piece of it in memory."""

import asyncio
import os
from collections.abc import Callable
from pathlib import Path
from threading import Lock
from typing import BinaryIO, Final, TypeVar

from trunkline.core.errors import PayloadTooLarge
from trunkline.files.blob_store import BlobStoreAway, BlobStoreFull
from trunkline.files.blobs import unavailable
from trunkline.files.disk_blobs import make_private, told_of_disk
from trunkline.files.sniffing import sniff

PIECE_BYTES: Final = 1024 * 1024
_MIB: Final = 1024 * 1024

R = TypeVar("R")


class Incoming:
    """Write to it, `seal` it, and `discard` it in any case. Raises ServiceUnavailable when the disk does not obey."""

    __slots__ = ("_file", "_limit_bytes", "_turn", "_waiting", "path", "size_bytes")

    def __init__(self, path: Path, limit_bytes: int) -> None:
        """Nothing is on disk before the first piece is complete, or all of a smaller file is there."""
        self.path = path
        self.size_bytes = 0
        self._limit_bytes = limit_bytes
        self._waiting = bytearray()
        self._file: BinaryIO | None = None
        self._turn = Lock()
        """Whoever is cancelled leaves its thread at work; the next must wait for that, or write to a file that is not
        its own any more."""

    async def write(self, data: bytes) -> None:
        """The next bytes. Raises PayloadTooLarge."""
        self.size_bytes += len(data)
        if self.size_bytes > self._limit_bytes:
            raise PayloadTooLarge(
                f"Request payload too large: a file may have at most {self._limit_bytes // _MIB} MiB "
                "(`files.limit_mb`)."
            )
        self._waiting += data
        if len(self._waiting) >= PIECE_BYTES:
            piece, self._waiting = self._waiting, bytearray()
            await self._on_disk(self._append, piece)

    async def seal(self) -> str | None:
        """All of it is here: make it durable, and say of which type it is; None for a type that is not taken."""
        return await self._on_disk(self._finish, self._waiting)

    async def discard(self) -> None:
        """Leave nothing behind. What was moved elsewhere stays there."""
        if self._file is not None:
            await asyncio.to_thread(self._drop, self._file)

    def _append(self, piece: bytearray) -> BinaryIO:
        if self._file is None:
            make_private(self.path.parent)
            descriptor = os.open(self.path, os.O_RDWR | os.O_CREAT | os.O_EXCL, 0o600)
            self._file = open(descriptor, "w+b", buffering=0)  # noqa: SIM115 -- closed by `discard`
        view = memoryview(piece)
        while view:
            view = view[self._file.write(view) :]
        return self._file

    def _finish(self, rest: bytearray) -> str | None:
        file = self._append(rest)
        os.fsync(file.fileno())
        return sniff(file)

    def _drop(self, file: BinaryIO) -> None:
        with self._turn:
            file.close()
            self.path.unlink(missing_ok=True)

    async def _on_disk(self, verb: Callable[[bytearray], R], data: bytearray) -> R:
        """On a thread: neither the disk's queue nor a sync may hold up the event loop."""

        def told() -> R:
            with self._turn, told_of_disk():
                return verb(data)

        try:
            return await asyncio.to_thread(told)
        except (BlobStoreFull, BlobStoreAway) as failure:
            raise unavailable(failure) from failure
