from collections.abc import Mapping, Sequence

from google.auth.credentials import Credentials as _Credentials

class Credentials(_Credentials):
    @classmethod
    def from_service_account_file(cls, filename: str, *, scopes: Sequence[str]) -> Credentials: ...
    @classmethod
    def from_service_account_info(cls, info: Mapping[str, object], *, scopes: Sequence[str]) -> Credentials: ...
