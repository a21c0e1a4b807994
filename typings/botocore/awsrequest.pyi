from collections.abc import Mapping

class AWSRequest:
    context: dict[str, str]
    def __init__(self, *, method: str, url: str, headers: Mapping[str, str], data: bytes) -> None: ...
