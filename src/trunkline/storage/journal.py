"""The journal: settlements on disk while the database is away (operating.md OP-44).

One file for each process in `<home>/journal`, to which records are only appended. A record is four bytes of length,
four of CRC-32 and the row as MessagePack, written by one system call: what `append` returned from is in the kernel's
hands and survives `kill -9`. Why so: docs/develop/decisions/0006-outages.md.
"""

import fcntl
import os
from collections.abc import Iterator
from errno import ENOSPC
from pathlib import Path
from struct import Struct as Layout
from zlib import crc32

import msgspec
from msgspec import Struct

from trunkline.core.ids import alphanumerics
from trunkline.storage.interface import GenerationRow, StorageRefused
from trunkline.storage.owned_files import adopt, create_owned

RECORD_BYTES_MAX = 16 * 2**20
"""No length beyond it is believed."""

CLOSED = -1
"""A descriptor that every system call refuses."""

_HEAD = Layout("<II")
_SUFFIX = ".journal"
_ASIDE = "refused.jsonl"
_encoder = msgspec.msgpack.Encoder()
_decoder = msgspec.msgpack.Decoder(GenerationRow)
_json_encoder = msgspec.json.Encoder()


class Unreadable(Struct, frozen=True):
    """Bytes of the journal that are no record: torn, damaged, or of a version that has other columns."""

    data: bytes
    why: str


class Entry(Struct, frozen=True):
    """What stands at one place of the journal, and where the next begins."""

    found: GenerationRow | Unreadable
    end: int


class Journal:
    """One locked file. Not for threads."""

    __slots__ = ("_descriptor", "_path", "size")

    def __init__(self, path: Path, descriptor: int) -> None:
        self._path = path
        self._descriptor = descriptor
        self.size = os.fstat(descriptor).st_size
        """Bytes of records."""

    @classmethod
    def create(cls, home: Path) -> "Journal":
        """This process's journal, empty. Raises OSError when the folder or the disk does not allow it."""
        path = _folder(home) / f"{os.getpid()}-{alphanumerics(8)}{_SUFFIX}"
        return cls(path, create_owned(path))

    def append(self, row: GenerationRow) -> None:
        """Write a record. Raises OSError with nothing written, or StorageRefused for what no database takes."""
        try:
            payload = _encoder.encode(row)
        except OverflowError as error:
            raise StorageRefused(f"a value cannot be stored: {error}") from error
        record = _HEAD.pack(len(payload), crc32(payload)) + payload
        if os.pwrite(self._descriptor, record, self.size) != len(record):
            os.ftruncate(self._descriptor, self.size)
            raise OSError(ENOSPC, os.strerror(ENOSPC), str(self._path))
        self.size += len(record)

    def entries(self, start: int, most: int) -> Iterator[Entry]:
        """At most `most` entries from the byte `start` on. Everything behind damage is one unreadable entry."""
        for _ in range(most):
            if start >= self.size:
                return
            entry = self._entry(start)
            yield entry
            start = entry.end

    def clear(self) -> None:
        """Forget all records: each of them is in the database, or set aside."""
        os.ftruncate(self._descriptor, 0)
        self.size = 0

    def close(self) -> None:
        """Unlock; the file stays for the next start if it has records. Nothing can be appended any more."""
        if not self.size:
            self._path.unlink(missing_ok=True)
        descriptor, self._descriptor = self._descriptor, CLOSED
        os.close(descriptor)

    def _entry(self, start: int) -> Entry:
        first = start + _HEAD.size
        head = os.pread(self._descriptor, _HEAD.size, start)
        if len(head) == _HEAD.size:
            length, checksum = _HEAD.unpack(head)
            payload = os.pread(self._descriptor, length, first) if length <= RECORD_BYTES_MAX else b""
            if len(payload) == length and crc32(payload) == checksum:
                return Entry(_decode(payload), first + length)
        rest = os.pread(self._descriptor, self.size - start, start)
        return Entry(Unreadable(rest, "damaged from here to the end"), self.size)


def dead_journals(home: Path) -> Iterator[Journal]:
    """The journals that dead processes left, one after the other; close each. Raises OSError."""
    for path in sorted(_folder(home).glob(f"*{_SUFFIX}")):
        descriptor = adopt(path)
        if descriptor is not None:
            yield Journal(path, descriptor)


def await_turn(home: Path) -> int:
    """Wait until no other process recovers journals; closing the descriptor ends the turn. Raises OSError.

    Whoever had its turn knows that all journals of dead processes are in the database. Only then may it look at their
    flights: a journal knows better what became of them.
    """
    descriptor = os.open(_folder(home), os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
    except OSError:
        os.close(descriptor)
        raise
    return descriptor


def set_aside(home: Path, found: GenerationRow | Unreadable, reason: str) -> Path:
    """Append what the database will never take to a file of JSON lines for the operator; the file. Raises OSError."""
    path = _folder(home) / _ASIDE
    line = _json_encoder.encode({"reason": reason, "record": found}) + b"\n"
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC, 0o600)
    try:
        if os.write(descriptor, line) != len(line):
            raise OSError(ENOSPC, os.strerror(ENOSPC), str(path))
    finally:
        os.close(descriptor)
    return path


def _decode(payload: bytes) -> GenerationRow | Unreadable:
    try:
        return _decoder.decode(payload)
    except msgspec.DecodeError as error:
        return Unreadable(payload, str(error))


def _folder(home: Path) -> Path:
    folder = home / "journal"
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    return folder
