from typing import BinaryIO, Literal, Protocol, TypedDict

from botocore.config import Config
from botocore.credentials import Credentials

class StreamingBody(Protocol):
    def read(self, amt: int | None = None) -> bytes: ...
    def close(self) -> None: ...

class GetObjectOutput(TypedDict):
    Body: StreamingBody

class S3Client(Protocol):
    """Made at run time from the service's description."""

    def put_object(self, *, Bucket: str, Key: str, Body: BinaryIO) -> object: ...
    def get_object(self, *, Bucket: str, Key: str) -> GetObjectOutput: ...
    def delete_object(self, *, Bucket: str, Key: str) -> object: ...

class Session:
    def __init__(self, *, profile: str | None = None) -> None: ...
    def get_credentials(self) -> Credentials | None: ...
    def create_client(
        self,
        service_name: Literal["s3"],
        *,
        region_name: str | None = ...,
        endpoint_url: str | None = ...,
        aws_access_key_id: str | None = ...,
        aws_secret_access_key: str | None = ...,
        config: Config | None = ...,
    ) -> S3Client: ...
