"""Uploads that a request names: read for it, out of the workspace of its key (inference.md 26)."""

from typing import Final

from trunkline.core.errors import NotFound, PayloadTooLarge, ServiceUnavailable
from trunkline.files.service import FileService
from trunkline.files.types import StoredFile
from trunkline.gateway.fetch_client import MIB
from trunkline.protocols.remote_media import FetchedMedia, RemoteMedia
from trunkline.storage.interface import StorageUnavailable

RETRY_S: Final = 2


class Uploads:
    """What the gateway wants of the service of files. One per process."""

    __slots__ = ("_files",)

    def __init__(self, files: FileService) -> None:
        self._files = files

    async def read(
        self, workspace_id: str | None, remote: RemoteMedia, bytes_max: int, media: FetchedMedia
    ) -> tuple[str, bytes]:
        """Media type and content of an upload of at most `bytes_max` and of what `media` has left; `media` gets its
        name.

        Raises NotFound of kind `image_not_found` for unknown and foreign ids alike, PayloadTooLarge and
        ServiceUnavailable.
        """
        if workspace_id is None:
            raise _unknown(remote)
        try:
            file = await self._files.get(workspace_id, remote.url)
            _take(file, remote, bytes_max, media)
            content = await self._files.content(file)
        except NotFound:
            raise _unknown(remote) from None
        except StorageUnavailable:
            raise ServiceUnavailable(
                "Files cannot be looked up: the database does not answer. Try again in a moment.", retry_after_s=RETRY_S
            ) from None
        media.filenames[file.id] = file.filename
        return file.media_type, content


def _take(file: StoredFile, remote: RemoteMedia, bytes_max: int, media: FetchedMedia) -> None:
    """Count the file against what a request may use, before any of it is in memory."""
    if file.size_bytes > min(bytes_max, media.left_bytes):
        raise PayloadTooLarge(
            f"`{remote.field}` is too large: a request may use {bytes_max // MIB} MiB of one file, and 100 MiB of all "
            "media together.",
            field=remote.field,
        )
    media.left_bytes -= file.size_bytes


def _unknown(remote: RemoteMedia) -> NotFound:
    return NotFound(
        f"`{remote.field}` names no file of this workspace. Upload it (`POST /files`), and use the id of the answer.",
        field=remote.field,
        error_type="image_not_found",
    )
