class ReadOnlyCredentials:
    access_key: str
    secret_key: str
    token: str | None
    def __init__(self, access_key: str, secret_key: str, token: str | None) -> None: ...

class Credentials:
    def get_frozen_credentials(self) -> ReadOnlyCredentials: ...
