"""Who serves from a home folder, and what came of their last reload: how `trunkline reload` finds and hears them.

Each serving process keeps a locked file `serving/<pid>.json`; a file that is not locked was left by a dead one.
"""

import os
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Self

import msgspec
from msgspec import Struct

from trunkline.storage.owned_files import adopt, create_owned

_BYTES_MAX = 256 * 1024


class Told(Struct, frozen=True, kw_only=True):
    """What a serving process says of itself."""

    pid: int
    reloads: int = 0
    """How often it was asked to reload and has answered."""
    refusal: str | None = None
    """Why the last reload changed nothing; None: it did, or there was none."""
    waiting: tuple[str, ...] = ()
    """Changed settings that wait for a restart."""
    models: int = 0
    """Of the catalog that it serves now."""


class Presence:
    """This process's own file. It is there while this is open; raises OSError on entering."""

    def __init__(self, home: Path) -> None:
        self._path = _folder(home) / f"{os.getpid()}.json"
        self._told = Told(pid=os.getpid())
        self._descriptor = -1

    def __enter__(self) -> Self:
        self._path.parent.mkdir(mode=0o700, exist_ok=True)
        self._descriptor = create_owned(self._path, msgspec.json.encode(self._told))
        return self

    def __exit__(self, *_: object) -> None:
        self._path.unlink(missing_ok=True)
        os.close(self._descriptor)

    def tell(self, *, refusal: str | None, waiting: tuple[str, ...], models: int) -> None:
        """A reload is over."""
        reloads = self._told.reloads + 1
        self._told = Told(pid=self._told.pid, reloads=reloads, refusal=refusal, waiting=waiting, models=models)
        data = msgspec.json.encode(self._told)
        os.ftruncate(self._descriptor, 0)  # who reads between the two finds no JSON, and reads again
        os.pwrite(self._descriptor, data, 0)


def serving(home: Path) -> Iterator[Told]:
    """What the living say of themselves; files of the dead are removed."""
    for path in sorted(_folder(home).glob("*.json")):
        descriptor = adopt(path)
        if descriptor is not None:
            path.unlink(missing_ok=True)
            os.close(descriptor)
        elif (told := read(path)) is not None:
            yield told


def told_by(home: Path, pid: int) -> Told | None:
    """What one process says now; None while it is writing, and when it is gone."""
    return read(_folder(home) / f"{pid}.json")


def read(path: Path) -> Told | None:
    """What the file says; None if that cannot be read at the moment."""
    with suppress(FileNotFoundError, msgspec.MsgspecError):
        return msgspec.json.decode(path.read_bytes()[:_BYTES_MAX], type=Told)
    return None


def _folder(home: Path) -> Path:
    return home / "serving"
