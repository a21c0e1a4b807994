from collections.abc import Mapping

class Config:
    def __init__(
        self,
        *,
        connect_timeout: float = ...,
        read_timeout: float = ...,
        retries: Mapping[str, str | int] | None = ...,
        max_pool_connections: int = ...,
        s3: Mapping[str, str] | None = ...,
        request_checksum_calculation: str | None = ...,
        response_checksum_validation: str | None = ...,
    ) -> None: ...
