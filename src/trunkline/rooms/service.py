"""Rooms that a person keeps on the server (site.md CHAT-02).

Browsers write whole rooms and say which version they changed; of two at once one is told to read again. Title and
document are sealed before they come near the database, and opened only for their owner. Searching is the browser's: it
has all titles, and the texts that it read.
"""

import asyncio
import re

import msgspec
from msgspec import Raw, Struct
from sqlalchemy import Connection

from trunkline.accounts.members import workspace_of
from trunkline.core.clock import Clock
from trunkline.core.errors import Conflict, InvalidRequest, NotFound, PayloadTooLarge
from trunkline.rooms import repository
from trunkline.rooms.types import Room, RoomChange, RoomHead, RoomRow, SealedRoom
from trunkline.storage.interface import Database
from trunkline.storage.sealing import Sealer

ROOMS_MAX = 1_000
"""Of one person."""
ROOM_BYTES_MAX = 8 * 1024 * 1024
TOTAL_BYTES_MAX = 256 * 1024 * 1024
TITLE_MAX = 200
_ID = re.compile(r"[A-Za-z0-9_-]{8,64}", re.ASCII)


class RoomLimits(Struct, frozen=True):
    """What a person may keep."""

    rooms: int = ROOMS_MAX
    room_bytes: int = ROOM_BYTES_MAX
    total_bytes: int = TOTAL_BYTES_MAX


class RoomList(Struct, frozen=True):
    """A person's rooms in one workspace, and the size of those in all."""

    rooms: list[RoomHead]
    used_bytes: int


class RoomService:
    """Raises InvalidRequest, NotFound, Conflict, PayloadTooLarge, CannotOpen, and StorageUnavailable."""

    __slots__ = ("_clock", "_database", "_limits", "_sealer")

    def __init__(
        self,
        database: Database,
        clock: Clock,
        sealer: Sealer,
        limits: RoomLimits = RoomLimits(),  # noqa: B008 -- frozen
    ) -> None:
        self._database = database
        self._clock = clock
        self._sealer = sealer
        self._limits = limits

    @property
    def limits(self) -> RoomLimits:
        return self._limits

    async def all(self, account_id: str, workspace_id: str | None) -> RoomList:
        """Those of a workspace (None: the default one), the last changed first."""
        rows, used_bytes = await self._database.read(_list, account_id, workspace_id)
        return RoomList(await asyncio.to_thread(self._heads, account_id, rows), used_bytes)

    async def get(self, account_id: str, room_id: str) -> Room:
        """One with its document."""
        found = None
        if _ID.fullmatch(room_id):
            found = await self._database.read(repository.find_room, account_id, room_id)
        if found is None:
            raise _no_room()
        return await asyncio.to_thread(self._open, account_id, found)

    async def store(self, account_id: str, change: RoomChange) -> RoomHead:
        """A new room, or the next version of one."""
        if not _ID.fullmatch(change.id):
            raise InvalidRequest("A room's id is 8 to 64 letters, digits, `-` or `_`.", field="id")
        if len(change.title) > TITLE_MAX or "\x00" in change.title:
            raise InvalidRequest(f"A title has at most {TITLE_MAX} characters.", field="title")
        if len(bytes(change.document)) > self._limits.room_bytes:
            size_mb = self._limits.room_bytes // (1024 * 1024)
            raise PayloadTooLarge(f"The room is larger than {size_mb} MiB: remove attachments, or begin another.")
        sealed = await asyncio.to_thread(self._seal, account_id, change)
        row = await self._database.write(_store, account_id, sealed, change.version, change.workspace_id, self._limits)
        return _head(row, change.title)

    async def delete(self, account_id: str, room_id: str) -> None:
        """Gone, whether or not it was there."""
        if _ID.fullmatch(room_id):
            await self._database.write(repository.delete_room, account_id, room_id)

    def _heads(self, account_id: str, rows: list[RoomRow]) -> list[RoomHead]:
        return [_head(row, self._sealer.open(row.title, _owner(account_id, row.id)).decode()) for row in rows]

    def _open(self, account_id: str, room: SealedRoom) -> Room:
        (head,) = self._heads(account_id, [room.row])
        document = self._sealer.open(room.document, _owner(account_id, head.id))
        return Room(head, Raw(document))

    def _seal(self, account_id: str, change: RoomChange) -> SealedRoom:
        owner, now_ms, document = _owner(account_id, change.id), self._clock.now_ms(), bytes(change.document)
        row = RoomRow(
            id=change.id,
            workspace_id="",
            version=change.version + 1,
            title=self._sealer.seal(change.title.encode(), owner),
            is_pinned=change.is_pinned,
            size_bytes=len(document),
            created_at_ms=now_ms,
            updated_at_ms=now_ms,
        )
        return SealedRoom(row, self._sealer.seal(document, owner))


def _owner(account_id: str, room_id: str) -> str:
    return f"room {account_id} {room_id}"


def _head(row: RoomRow, title: str) -> RoomHead:
    return RoomHead(
        id=row.id,
        workspace_id=row.workspace_id,
        version=row.version,
        title=title,
        is_pinned=row.is_pinned,
        size_bytes=row.size_bytes,
        created_at_ms=row.created_at_ms,
        updated_at_ms=row.updated_at_ms,
    )


def _no_room() -> NotFound:
    return NotFound("There is no such room: it may have been deleted in another browser.")


def _list(connection: Connection, account_id: str, workspace_id: str | None) -> tuple[list[RoomRow], int]:
    rows = repository.rooms_of(connection, account_id, workspace_of(connection, account_id, workspace_id))
    return rows, repository.count_and_bytes(connection, account_id)[1]


def _store(
    connection: Connection,
    account_id: str,
    room: SealedRoom,
    version: int,
    workspace_id: str | None,
    limits: RoomLimits,
) -> RoomRow:
    before = repository.find_head(connection, account_id, room.row.id)
    count, used_bytes = repository.count_and_bytes(connection, account_id)
    if used_bytes + room.row.size_bytes - (before.size_bytes if before else 0) > limits.total_bytes:
        raise InvalidRequest("Your rooms are as large as they may be. Delete some, or export them first.")
    if version == 0:
        if before is None and count >= limits.rooms:
            raise InvalidRequest(f"You have {count} rooms, which is as many as may be. Delete some first.")
        workspace = workspace_of(connection, account_id, workspace_id)
        row = msgspec.structs.replace(room.row, workspace_id=workspace)
        is_stored = repository.insert_room(connection, account_id, SealedRoom(row, room.document))
    else:
        if before is None:
            raise _no_room()
        row = msgspec.structs.replace(room.row, workspace_id=before.workspace_id, created_at_ms=before.created_at_ms)
        is_stored = repository.replace_room(connection, account_id, SealedRoom(row, room.document), was_version=version)
    if not is_stored:
        current = repository.find_head(connection, account_id, room.row.id)
        raise Conflict(
            "Another browser changed the room meanwhile. Read it again.",
            metadata={"version": 0 if current is None else current.version},
        )
    return row
