"""Tokens that are sent as a bearer: Google's OAuth and Azure's Entra, each by its vendor's own library."""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Final

from msgspec.structs import replace

from trunkline.providers.signing.credential import CachedCredential, Held
from trunkline.providers.upstream import CredentialsUnavailable, UpstreamRequest

GOOGLE_SCOPE: Final = "https://www.googleapis.com/auth/cloud-platform"
GOOGLE_TOKEN_URL: Final = "https://oauth2.googleapis.com/token"  # noqa: S105 -- an address
AZURE_SCOPE: Final = "https://cognitiveservices.azure.com/.default"


class BearerSigner:
    """Implements `providers.upstream.RequestSigner`."""

    __slots__ = ("_token",)

    def __init__(self, token: CachedCredential[str]) -> None:
        self._token = token

    async def sign(self, request: UpstreamRequest) -> UpstreamRequest:
        token = await self._token.get()
        return replace(request, headers=(*request.headers, ("authorization", f"Bearer {token}")))


def google_token(credentials_file: str | None) -> Held[str]:
    """A token from Google: for the service account of a file, else by application-default credentials.

    Blocks. Raises CredentialsUnavailable, or what google-auth raises.
    """
    import google.auth
    from google.auth.transport.requests import Request
    from google.oauth2 import service_account

    if credentials_file is not None:
        credentials = service_account.Credentials.from_service_account_file(credentials_file, scopes=[GOOGLE_SCOPE])
    else:
        credentials, _ = google.auth.default(scopes=[GOOGLE_SCOPE])
    credentials.refresh(Request())
    return _held(credentials.token, credentials.expiry)


def account_token(info: Mapping[str, object], token_url: str) -> Held[str]:
    """A token for a service account that a caller brought along, from `token_url` whatever the account itself names:
    the gateway calls no address of a caller's choice (operating.md OP-51).

    Blocks. Raises CredentialsUnavailable, or what google-auth raises.
    """
    from google.auth.transport.requests import Request
    from google.oauth2 import service_account

    safe = {**info, "token_uri": token_url}
    credentials = service_account.Credentials.from_service_account_info(safe, scopes=[GOOGLE_SCOPE])
    credentials.refresh(Request())
    return _held(credentials.token, credentials.expiry)


def _held(token: str | None, expiry: datetime | None) -> Held[str]:
    if not token or expiry is None:
        raise CredentialsUnavailable("Google handed out no token")
    return Held(token, int(expiry.replace(tzinfo=UTC).timestamp() * 1000))


def azure_token() -> Held[str]:
    """A token from Entra, by whatever identity the machine has. Blocks. Raises what azure-identity raises."""
    from azure.identity import DefaultAzureCredential

    with DefaultAzureCredential() as credential:
        token = credential.get_token(AZURE_SCOPE)
    return Held(token.token, token.expires_on * 1000)
