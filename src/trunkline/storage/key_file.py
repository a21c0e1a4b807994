"""The instance's own secret, kept outside the database (operating.md OP-10, OP-52).

Provider credentials are encrypted under keys derived from it, and end users are hashed with one, so that a copy of the
database alone tells neither.

The file has one key in each line, the newest first. To change the key, put a new line before the others and restart:
what is stored is encrypted anew at the start, and the older lines can go afterwards.
"""

import hashlib
import hmac
import os
from contextlib import suppress
from pathlib import Path
from secrets import token_bytes

FILE_NAME = "encryption.key"
KEY_BYTES = 32


class KeyFileInvalid(Exception):
    """The file is there but holds no key; the message says what to do."""


def load_or_create(home: Path) -> tuple[bytes, ...]:
    """The keys of `<home>/encryption.key`, 32 bytes each, the newest first; made at first start with mode 0600.

    Two processes that start together agree on one key: whoever creates the file first wins. Raises KeyFileInvalid for
    a file of another form, and OSError when the folder does not allow it.
    """
    home.mkdir(mode=0o700, parents=True, exist_ok=True)
    path = home / FILE_NAME
    with suppress(FileExistsError):
        _create(path, token_bytes(KEY_BYTES))
    try:
        keys = tuple(bytes.fromhex(line) for line in path.read_text("ascii").split())
    except ValueError:
        keys = ()
    if not keys or any(len(key) != KEY_BYTES for key in keys):
        raise KeyFileInvalid(
            f"{path} holds no key of {2 * KEY_BYTES} hex digits in each of its lines. Restore it from a backup: "
            "without it stored provider credentials cannot be read. If there are none, delete the file and start again."
        )
    return keys


def derive(key: bytes, purpose: str) -> bytes:
    """A key of its own for each purpose, so that one use tells nothing about another."""
    return hmac.new(key, purpose.encode("ascii"), hashlib.sha256).digest()


def _create(path: Path, key: bytes) -> None:
    """Write under a name of our own and link it in place: nobody ever sees half a file."""
    draft = path.with_name(f".{path.name}.{os.getpid()}")
    with open(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w", encoding="ascii") as file:
        file.write(key.hex() + "\n")
        file.flush()
        os.fsync(file.fileno())
    try:
        os.link(draft, path)
    finally:
        draft.unlink()
