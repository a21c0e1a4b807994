"""Files that belong to one living process: an advisory lock says whose they are, and its death gives them free."""

import fcntl
import os
from errno import ENOSPC
from pathlib import Path


def create_owned(path: Path, content: bytes = b"") -> int:
    """A new, locked file; its descriptor. Raises OSError.

    It takes its name only when it is locked and has its content: nobody can mistake it for a dead process's.
    """
    unnamed = path.with_suffix(".new")
    descriptor = os.open(unnamed, os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        if os.write(descriptor, content) != len(content):
            raise OSError(ENOSPC, os.strerror(ENOSPC), str(unnamed))
        unnamed.rename(path)
    except OSError:
        os.close(descriptor)
        unnamed.unlink(missing_ok=True)
        raise
    return descriptor


def adopt(path: Path) -> int | None:
    """The descriptor of a dead process's file, now ours; None when its process lives or somebody else took it."""
    try:
        descriptor = os.open(path, os.O_RDWR | os.O_CLOEXEC)
    except FileNotFoundError:
        return None
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        os.close(descriptor)
        return None
    if os.fstat(descriptor).st_nlink == 0:  # whoever held the lock before us has recovered and removed it
        os.close(descriptor)
        return None
    return descriptor
