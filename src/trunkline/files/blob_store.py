"""What a place for contents must offer. Blocking: callers have threads for it (`blobs.py`)."""

from pathlib import Path
from typing import Protocol


class BlobMissing(Exception):
    """There is no such content."""


class BlobStoreFull(Exception):
    """No room is left; the message is for the operator."""


class BlobStoreAway(Exception):
    """The place cannot be reached or does not obey; the message is for the operator."""


class BlobReader(Protocol):
    """An open content."""

    def read(self, size: int = -1, /) -> bytes:
        """The next bytes, all that are left when `size` is -1; empty at the end. Raises OSError, or what it is of."""
        ...

    def close(self) -> None: ...


class BlobStore(Protocol):
    """Contents under ids. Every verb raises BlobStoreAway."""

    def keep(self, blob_id: str, source: Path) -> None:
        """Make the content of the file `source` durable before returning; `source` may be gone then.

        Raises BlobStoreFull; then nothing, or not all of it, is kept.
        """
        ...

    def open(self, blob_id: str) -> BlobReader:
        """Raises BlobMissing."""
        ...

    def remove(self, blob_id: str) -> None:
        """Take the content away for good. One that is not there is no error."""
        ...
