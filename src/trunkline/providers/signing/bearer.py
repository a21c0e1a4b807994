"""Tokens that are sent as a bearer: Google's OAuth and Azure's Entra, each by its vendor's own library."""

from datetime import UTC
from typing import Final

from msgspec.structs import replace

from trunkline.providers.signing.credential import CachedCredential, Held
from trunkline.providers.upstream import CredentialsUnavailable, UpstreamRequest

GOOGLE_SCOPE: Final = "https://www.googleapis.com/auth/cloud-platform"
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
    if not credentials.token or credentials.expiry is None:
        raise CredentialsUnavailable("Google handed out no token")
    expires = credentials.expiry.replace(tzinfo=UTC)
    return Held(credentials.token, int(expires.timestamp() * 1000))


def azure_token() -> Held[str]:
    """A token from Entra, by whatever identity the machine has. Blocks. Raises what azure-identity raises."""
    from azure.identity import DefaultAzureCredential

    with DefaultAzureCredential() as credential:
        token = credential.get_token(AZURE_SCOPE)
    return Held(token.token, token.expires_on * 1000)
