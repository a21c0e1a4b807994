from collections.abc import Sequence

from google.auth.credentials import Credentials

def default(scopes: Sequence[str]) -> tuple[Credentials, str | None]: ...
