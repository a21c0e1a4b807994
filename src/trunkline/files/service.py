"""The verbs of files (inference.md 26), each scoped to a workspace. All may raise StorageUnavailable, and those that
touch a content ServiceUnavailable."""

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Final

import structlog
from sqlalchemy import Connection

from trunkline.core import ids
from trunkline.core.clock import Clock
from trunkline.core.errors import (
    InvalidRequest,
    NotFound,
    PermissionDenied,
    RateLimited,
    ServiceUnavailable,
)
from trunkline.files import repository
from trunkline.files.blob_store import BlobMissing, BlobStore
from trunkline.files.blobs import Blobs
from trunkline.files.incoming import Incoming
from trunkline.files.removal import UPLOAD_GRACE_MS, Removal
from trunkline.files.types import FileLimits, FilePage, FilePurpose, NewFile, Occupied, StoredFile
from trunkline.storage.interface import Database

UPLOADS_AT_ONCE: Final = 16
"""Of one workspace, in one process."""
_MIB: Final = 1024 * 1024
_TYPES: Final = (
    "a PDF, a PNG, JPEG, GIF or WebP image, a DOCX, XLSX or PPTX document, an MP3, WAV, FLAC or OGG recording, or "
    "UTF-8 text"
)

_log = structlog.get_logger("trunkline.files")


class FileService:
    """One for each process; `close` it."""

    __slots__ = ("_arriving", "_blobs", "_clock", "_database", "_incoming", "_limits", "_removal")

    def __init__(self, database: Database, clock: Clock, store: BlobStore, incoming: Path, limits: FileLimits) -> None:
        """`incoming`: a folder for what arrives; on the same disk as a store that is a folder."""
        self._database = database
        self._clock = clock
        self._blobs = Blobs(store)
        self._incoming = incoming
        self._limits = limits
        self._removal = Removal(database, clock, self._blobs, incoming)
        self._arriving: dict[str, int] = {}

    def close(self) -> None:
        """Wait for what is being written."""
        self._blobs.close()

    async def sweep(self) -> None:
        """Take away what is left of broken uploads and deleted files; call it now and then."""
        await self._removal.sweep()

    @asynccontextmanager
    async def receive(self, workspace_id: str) -> AsyncGenerator[Incoming]:
        """A file to write to, then to `keep`; whatever was not kept is gone afterwards.

        Raises PermissionDenied when the workspace is full already, RateLimited when too many arrive for it.
        """
        if self._arriving.get(workspace_id, 0) >= UPLOADS_AT_ONCE:
            raise RateLimited(
                f"{UPLOADS_AT_ONCE} uploads of this workspace are under way. Wait for one of them.", retry_after_s=1
            )
        self._arriving[workspace_id] = self._arriving.get(workspace_id, 0) + 1
        incoming = Incoming(self._incoming / ids.file_id(self._clock.now_ms()), self._limits.file_bytes)
        try:
            _require_room(await self._database.read(repository.occupied, workspace_id), self._limits, 1)
            yield incoming
        finally:
            self._arriving[workspace_id] -= 1
            if not self._arriving[workspace_id]:
                del self._arriving[workspace_id]
            await incoming.discard()

    async def keep(self, incoming: Incoming, new: NewFile) -> StoredFile:
        """The file, once row and content are durable.

        Raises InvalidRequest for one that is empty or of no type that is taken, PermissionDenied when the workspace has
        no room for it.
        """
        if not incoming.size_bytes:
            raise InvalidRequest("The file is empty.", field="file")
        media_type = await incoming.seal()
        if media_type is None:
            raise InvalidRequest(
                f"The content of the file is none of the types that are taken: {_TYPES}.", field="file"
            )
        now_ms = self._clock.now_ms()
        file = StoredFile(
            id=ids.file_id(now_ms),
            workspace_id=new.workspace_id,
            account_id=new.account_id,
            filename=new.filename,
            media_type=media_type,
            size_bytes=incoming.size_bytes,
            purpose=new.purpose,
            downloadable=new.downloadable,
            created_at_ms=now_ms,
        )
        await self._database.write(repository.schedule_removal, file.id, now_ms + UPLOAD_GRACE_MS)
        try:
            await self._blobs.keep(file.id, incoming.path)
            await self._database.write(_insert, file, self._limits, self._clock)
        except Exception:
            await self._removal.hasten(file.id)
            raise
        return file

    async def page(self, workspace_id: str, *, after: str | None, purpose: FilePurpose | None, limit: int) -> FilePage:
        """Files in the order of creation, from the one after `after` on; whether that still exists is no matter."""
        return await self._database.read(repository.page, workspace_id, after=after, purpose=purpose, limit=limit)

    async def get(self, workspace_id: str, file_id: str) -> StoredFile:
        """Raises NotFound."""
        file = None
        if ids.is_file_id(file_id):
            file = await self._database.read(repository.find, workspace_id, file_id)
        if file is None:
            raise _not_found()
        return file

    async def delete(self, workspace_id: str, file_id: str) -> None:
        """Final, also for requests that name it. Raises NotFound."""
        if not ids.is_file_id(file_id):
            raise _not_found()
        await self._database.write(_delete, workspace_id, file_id, self._clock.now_ms())
        await self._removal.remove(file_id)

    async def download(self, workspace_id: str, file_id: str) -> tuple[StoredFile, AsyncGenerator[bytes]]:
        """The content, piece by piece; only of files that were made here. Raises NotFound and InvalidRequest."""
        file = await self.get(workspace_id, file_id)
        if not file.downloadable:
            raise InvalidRequest("Uploaded files are not given back: only files that were made here can be downloaded.")
        try:
            return file, self._blobs.pieces(await self._blobs.open(file_id))
        except BlobMissing:
            _log_lost(file_id)
            raise _not_found() from None

    async def content(self, file: StoredFile) -> bytes:
        """All of a file, for a request that uses it. Raises NotFound when it was deleted meanwhile."""
        try:
            return await self._blobs.read(file.id)
        except BlobMissing:
            _log_lost(file.id)
            raise _not_found() from None


def _insert(connection: Connection, file: StoredFile, limits: FileLimits, clock: Clock) -> None:
    if not repository.cancel_removal(connection, file.id, clock.now_ms()):
        raise ServiceUnavailable("Storing the file took too long. Send it again.")
    _require_room(repository.occupied(connection, file.workspace_id), limits, file.size_bytes)
    repository.insert_file(connection, file)


def _delete(connection: Connection, workspace_id: str, file_id: str, now_ms: int) -> None:
    if not repository.delete_file(connection, workspace_id, file_id):
        raise _not_found()
    repository.schedule_removal(connection, file_id, now_ms)


def _require_room(occupied: Occupied, limits: FileLimits, size_bytes: int) -> None:
    if occupied.size_bytes + size_bytes > limits.workspace_bytes:
        raise PermissionDenied(
            f"The workspace's files would have more than {limits.workspace_bytes // _MIB} MiB (`files.quota_mb`). "
            "Delete some first."
        )
    if occupied.files >= limits.workspace_files:
        raise PermissionDenied(
            f"The workspace has {limits.workspace_files} files, and may have no more (`files.quota_count`). "
            "Delete some first."
        )


def _not_found() -> NotFound:
    return NotFound("There is no such file in this workspace; `GET /files` lists what there is.")


def _log_lost(file_id: str) -> None:
    """Either it was deleted this moment, or somebody moved the contents elsewhere."""
    _log.error("the content of a file is not in its place", file=file_id)
