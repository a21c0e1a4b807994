"""The flight recorder: what is known of every request in the air, kept where `kill -9` cannot reach (OP-42).

A process maps files of fixed slots into memory. `begin` copies a payload into a slot and marks it valid last, `end`
clears the mark: a few hundred nanoseconds, no system call, no SQL. The kernel owns the pages, so they survive the
process. A lock held on each file says that its process lives; `recover` reads the files that nobody locks.
Why no row in the database: docs/develop/decisions/0004-durability.md.
"""

import mmap
import os
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from struct import Struct as Layout

from trunkline.core.ids import alphanumerics
from trunkline.storage.owned_files import adopt, create_owned

SLOT_BYTES = 512
SLOTS_PER_FILE = 1_024
FILES_MAX = 32
"""16 MiB for 32,768 requests in flight in one process; more are served, but not recorded."""

UNRECORDED = -1
"""The slot of a request that found no room."""

_FILE_BYTES = SLOT_BYTES * SLOTS_PER_FILE
_LENGTH = Layout("<I")
PAYLOAD_MAX = SLOT_BYTES - _LENGTH.size
_SUFFIX = ".flights"


class FlightRecorder:
    """The requests in the air of this process. Belongs to one thread; make it after any fork."""

    __slots__ = ("_files", "_folder", "_free", "_name", "unrecorded")

    def __init__(self, home: Path) -> None:
        """Open the first file in `<home>/flights`. Raises OSError when the folder or the disk does not allow it."""
        self._folder = _folder(home)
        self._name = f"{os.getpid()}-{alphanumerics(8)}"
        self._files: list[_File] = []
        self._free: list[int] = []
        self.unrecorded = 0
        """Requests that began without a slot, since the start (a metric)."""
        self._grow()

    def __len__(self) -> int:
        """How many recorded requests are in the air."""
        return len(self._files) * SLOTS_PER_FILE - len(self._free)

    def begin(self, payload: bytes) -> int:
        """Record a request; returns the slot for `end`.

        Returns UNRECORDED when the payload is longer than PAYLOAD_MAX or every file is full: the request goes on.
        """
        if not self._free and len(self._files) < FILES_MAX:
            with suppress(OSError):  # a full disk must not refuse requests; counted below
                self._grow()
        if not self._free or len(payload) > PAYLOAD_MAX:
            self.unrecorded += 1
            return UNRECORDED
        slot = self._free.pop()
        number, index = divmod(slot, SLOTS_PER_FILE)
        self._files[number].write(index, payload)
        return slot

    def end(self, slot: int) -> None:
        """The request's record is durable (or it needs none): free its slot."""
        if slot == UNRECORDED:
            return
        number, index = divmod(slot, SLOTS_PER_FILE)
        self._files[number].clear(index)
        self._free.append(slot)

    def close(self) -> None:
        """Let go of the files; those without a request in the air are removed, the others are for `recover`."""
        for file in self._files:
            file.close(remove=not file.payloads())
        self._files.clear()
        self._free.clear()

    def _grow(self) -> None:
        number = len(self._files)
        self._files.append(_File.create(self._folder / f"{self._name}-{number}{_SUFFIX}"))
        first = number * SLOTS_PER_FILE
        self._free.extend(range(first + SLOTS_PER_FILE - 1, first - 1, -1))


class Wreckage:
    """What dead processes left. Locked until `forget` or `close`, so that two successors never both take it."""

    __slots__ = ("_files", "payloads")

    def __init__(self, files: "Sequence[_File]") -> None:
        self._files = files
        self.payloads: list[bytes] = [payload for file in files for payload in file.payloads()]

    def forget(self) -> None:
        """Remove the files: call it once the records of all `payloads` are durable."""
        for file in self._files:
            file.close(remove=True)
        self._files = ()

    def close(self) -> None:
        """Leave the files for the next start (their records could not be written)."""
        for file in self._files:
            file.close(remove=False)
        self._files = ()


def recover(home: Path) -> Wreckage:
    """The requests that were in the air when their processes died. Raises OSError when the folder cannot be read."""
    adopted = (_File.adopt(path) for path in sorted(_folder(home).glob(f"*{_SUFFIX}")))
    return Wreckage([file for file in adopted if file is not None])


class _File:
    """One mapped, locked file of slots: four bytes of length (0: free), then the payload."""

    __slots__ = ("_descriptor", "_map", "_path")

    def __init__(self, path: Path, descriptor: int) -> None:
        self._path = path
        self._descriptor = descriptor
        self._map = mmap.mmap(descriptor, _FILE_BYTES)

    @classmethod
    def create(cls, path: Path) -> "_File":
        """A new file of free slots."""
        # Written, not sparse: on a full disk a store into a hole of the mapping would kill the process.
        return cls(path, create_owned(path, bytes(_FILE_BYTES)))

    @classmethod
    def adopt(cls, path: Path) -> "_File | None":
        """The file of a dead process; None when its process lives or somebody else took it."""
        descriptor = adopt(path)
        if descriptor is not None and os.fstat(descriptor).st_size != _FILE_BYTES:  # none of ours
            os.close(descriptor)
            return None
        return None if descriptor is None else cls(path, descriptor)

    def write(self, index: int, payload: bytes) -> None:
        start = index * SLOT_BYTES
        first = start + _LENGTH.size
        self._map[first : first + len(payload)] = payload
        # The length is the mark of validity: it comes last, so a slot is either whole or free.
        _LENGTH.pack_into(self._map, start, len(payload))

    def clear(self, index: int) -> None:
        _LENGTH.pack_into(self._map, index * SLOT_BYTES, 0)

    def payloads(self) -> list[bytes]:
        """What the valid slots hold."""
        found: list[bytes] = []
        for start in range(0, _FILE_BYTES, SLOT_BYTES):
            length: int = _LENGTH.unpack_from(self._map, start)[0]
            if 0 < length <= PAYLOAD_MAX:
                first = start + _LENGTH.size
                found.append(self._map[first : first + length])
        return found

    def close(self, *, remove: bool) -> None:
        """Unmap, remove the file if asked, and only then unlock it."""
        self._map.close()
        if remove:
            self._path.unlink(missing_ok=True)
        os.close(self._descriptor)


def _folder(home: Path) -> Path:
    folder = home / "flights"
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    return folder
