"""Contents as files of a folder, which every serving process must see.

A content appears whole or not at all: it is written elsewhere on the same disk, synced, and renamed. The folder is
synced after that and after a removal, so both survive a power cut.
"""

import errno
import os
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO, Final

from trunkline.files.blob_store import BlobMissing, BlobStoreAway, BlobStoreFull

_FULL: Final = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EFBIG})


class DiskBlobs:
    """Implements `BlobStore`. 256 folders share the files, by the last two characters of their ids."""

    __slots__ = ("_root",)

    def __init__(self, root: Path) -> None:
        self._root = root

    def keep(self, blob_id: str, source: Path) -> None:
        """See `BlobStore.keep`. `source` must be synced, and on the same disk."""
        target = self._path(blob_id)
        with told_of_disk():
            make_private(target.parent)
            os.replace(source, target)
            sync_folder(target.parent)

    def open(self, blob_id: str) -> BinaryIO:
        """See `BlobStore.open`."""
        with told_of_disk():
            return open(self._path(blob_id), "rb")

    def remove(self, blob_id: str) -> None:
        """See `BlobStore.remove`."""
        path = self._path(blob_id)
        with told_of_disk():
            try:
                path.unlink()
            except FileNotFoundError:
                return
            sync_folder(path.parent)

    def _path(self, blob_id: str) -> Path:
        return self._root / blob_id[-2:] / blob_id


@contextmanager
def told_of_disk() -> Generator[None]:
    """What the operating system says, in the words of `BlobStore`."""
    try:
        yield
    except FileNotFoundError as error:
        raise BlobMissing from error
    except OSError as error:
        raise (BlobStoreFull if error.errno in _FULL else BlobStoreAway)(str(error)) from error


def make_private(folder: Path) -> None:
    """The folder and those above it, for the owner only; what is new survives a power cut."""
    if folder.is_dir():
        return
    make_private(folder.parent)
    folder.mkdir(mode=0o700, exist_ok=True)
    sync_folder(folder.parent)


def sync_folder(folder: Path) -> None:
    """Make the names in it durable."""
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
