"""Contents as objects of a bucket, through AWS's own client (decision 0007). It is imported with the first call."""

from collections.abc import Generator
from contextlib import contextmanager
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Final

from trunkline.files.blob_store import BlobMissing, BlobReader, BlobStoreAway
from trunkline.settings import Files

if TYPE_CHECKING:
    from botocore.session import S3Client, StreamingBody

_CONNECT_TIMEOUT_S: Final = 5
_READ_TIMEOUT_S: Final = 60
_TRIES: Final = 3
_MISSING: Final = frozenset({"NoSuchKey", "404"})


class S3Blobs:
    """Implements `BlobStore` on `settings.s3_bucket`."""

    def __init__(self, settings: Files, bucket: str, *, connections: int) -> None:
        """`connections`: how many calls are made at once."""
        self._settings = settings
        self._bucket = bucket
        self._connections = connections

    def keep(self, blob_id: str, source: Path) -> None:
        """See `BlobStore.keep`. S3 shows an object once all of it is durable."""
        with _told(), source.open("rb") as content:
            self._client.put_object(Bucket=self._bucket, Key=self._key(blob_id), Body=content)

    def open(self, blob_id: str) -> BlobReader:
        """See `BlobStore.open`."""
        with _told():
            return _ObjectReader(self._client.get_object(Bucket=self._bucket, Key=self._key(blob_id))["Body"])

    def remove(self, blob_id: str) -> None:
        """See `BlobStore.remove`."""
        with _told():
            self._client.delete_object(Bucket=self._bucket, Key=self._key(blob_id))

    def _key(self, blob_id: str) -> str:
        return f"{self._settings.s3_prefix}{blob_id}"

    @cached_property
    def _client(self) -> "S3Client":
        from botocore.config import Config
        from botocore.session import Session

        settings = self._settings
        at_aws = settings.s3_endpoint_url is None
        return Session().create_client(
            "s3",
            region_name=settings.s3_region or (None if at_aws else "us-east-1"),
            endpoint_url=settings.s3_endpoint_url,
            aws_access_key_id=settings.s3_access_key_id,
            aws_secret_access_key=settings.s3_secret_access_key,
            config=Config(
                connect_timeout=_CONNECT_TIMEOUT_S,
                read_timeout=_READ_TIMEOUT_S,
                retries={"mode": "standard", "total_max_attempts": _TRIES},
                max_pool_connections=self._connections,
                # Other stores know neither buckets as host names nor the checksums that AWS invented later.
                s3={"addressing_style": "auto" if at_aws else "path"},
                request_checksum_calculation="when_required",
                response_checksum_validation="when_required",
            ),
        )


class _ObjectReader:
    """An object that is being read. Raises BlobStoreAway when its connection breaks."""

    __slots__ = ("_body", "close")

    def __init__(self, body: "StreamingBody") -> None:
        self._body = body
        self.close = body.close

    def read(self, size: int = -1, /) -> bytes:
        with _told():
            return self._body.read(None if size < 0 else size)


@contextmanager
def _told() -> Generator[None]:
    """What botocore says, in the words of `BlobStore`."""
    from botocore.exceptions import BotoCoreError, ClientError

    try:
        yield
    except ClientError as error:
        if error.response["Error"]["Code"] in _MISSING:
            raise BlobMissing from error
        raise BlobStoreAway(str(error)) from error
    except (BotoCoreError, OSError) as error:
        raise BlobStoreAway(str(error)) from error
