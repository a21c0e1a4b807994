"""The service of files as the settings want it."""

from typing import Final

from trunkline.core.clock import Clock
from trunkline.files.blob_store import BlobStore
from trunkline.files.blobs import THREADS
from trunkline.files.disk_blobs import DiskBlobs
from trunkline.files.s3_blobs import S3Blobs
from trunkline.files.service import FileService
from trunkline.files.types import FileLimits
from trunkline.settings import Settings
from trunkline.storage.interface import Database

INCOMING: Final = "incoming"
"""The folder of what arrives, beside the contents: on the same disk, so that they can be renamed into place."""
_MIB: Final = 1024 * 1024


def open_files(settings: Settings, database: Database, clock: Clock) -> FileService:
    """Nothing is created or connected to before the first file."""
    files = settings.files
    directory = settings.files_directory
    store: BlobStore = (
        DiskBlobs(directory) if files.s3_bucket is None else S3Blobs(files, files.s3_bucket, connections=THREADS)
    )
    limits = FileLimits(
        file_bytes=files.limit_mb * _MIB,
        workspace_bytes=files.quota_mb * _MIB,
        workspace_files=files.quota_count,
    )
    return FileService(database, clock, store, directory / INCOMING, limits)
