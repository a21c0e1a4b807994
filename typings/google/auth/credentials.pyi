from datetime import datetime

from google.auth.transport.requests import Request

class Credentials:
    token: str | None
    expiry: datetime | None
    def refresh(self, request: Request) -> None: ...
