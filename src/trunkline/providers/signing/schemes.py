"""Ways to prove who asks that are no plain key: what chooses them, which library they need, and how they are made."""

import importlib.util
from collections.abc import Callable, Mapping
from functools import partial
from typing import Final

from msgspec import Struct

from trunkline.catalog.types import Auth, AuthScheme, Provider
from trunkline.core.clock import Clock
from trunkline.providers.environment import first_set
from trunkline.providers.signing.aws import AwsChain, AwsSigner
from trunkline.providers.signing.bearer import BearerSigner, azure_token, google_token
from trunkline.providers.signing.credential import CachedCredential, Held
from trunkline.providers.upstream import RequestSigner
from trunkline.settings import ProviderSettings

MACHINES_OWN: Final = "default"
"""`credentials` of a provider: whatever identity the machine has."""
_AWS_SERVICES: Final = {"amazon-bedrock": "bedrock"}
"""Provider → the name under which AWS knows its service in signatures."""
_AWS_REGIONS: Final = ("AWS_REGION", "AWS_DEFAULT_REGION")
_AWS_REGION_USUAL: Final = "us-east-1"


class Scheme(Struct, frozen=True, kw_only=True):
    """One vendor's way."""

    module: str
    """Of the vendor's library."""
    extra: str
    """The optional dependency of ours that brings it."""
    named_by: tuple[tuple[str, ...], ...]
    """Sets of environment variables, each of which says that there are credentials."""
    remedy: str
    """What to set, for messages."""

    @property
    def is_installed(self) -> bool:
        """Whether the library is there; it is not imported for that."""
        try:
            return importlib.util.find_spec(self.module) is not None
        except ModuleNotFoundError:  # not even the package around it
            return False

    @property
    def install(self) -> str:
        """The command that brings the library."""
        return f"pip install 'trunkline[{self.extra}]'"

    def is_chosen(self, credentials: str | None, environ: Mapping[str, str]) -> bool:
        """Whether settings or environment say that requests are to be signed."""
        if credentials is not None:
            return True
        return any(all(environ.get(name, "").strip() for name in names) for names in self.named_by)


SCHEMES: Final[Mapping[AuthScheme, Scheme]] = {
    "aws-sigv4": Scheme(
        module="botocore",
        extra="aws",
        named_by=(
            ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"),
            ("AWS_PROFILE",),
            ("AWS_WEB_IDENTITY_TOKEN_FILE", "AWS_ROLE_ARN"),
            ("AWS_CONTAINER_CREDENTIALS_RELATIVE_URI",),
            ("AWS_CONTAINER_CREDENTIALS_FULL_URI",),
        ),
        remedy="AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or AWS_PROFILE",
    ),
    "gcp-oauth": Scheme(
        module="google.auth",
        extra="google",
        named_by=(("GOOGLE_APPLICATION_CREDENTIALS",), ("GOOGLE_VERTEX_PROJECT",)),
        remedy="GOOGLE_VERTEX_PROJECT, and GOOGLE_APPLICATION_CREDENTIALS unless the machine has an identity",
    ),
    "azure-entra": Scheme(
        module="azure.identity",
        extra="azure",
        named_by=(
            ("AZURE_TENANT_ID", "AZURE_CLIENT_ID", "AZURE_CLIENT_SECRET"),
            ("AZURE_TENANT_ID", "AZURE_CLIENT_ID", "AZURE_FEDERATED_TOKEN_FILE"),
            ("AZURE_TENANT_ID", "AZURE_CLIENT_ID", "AZURE_CLIENT_CERTIFICATE_PATH"),
        ),
        remedy="AZURE_TENANT_ID, AZURE_CLIENT_ID and AZURE_CLIENT_SECRET",
    ),
}


def scheme_of(auth: Auth) -> Scheme | None:
    """How requests to such a provider can be signed, None where nothing but a key works."""
    return SCHEMES.get(auth.scheme) or (SCHEMES.get(auth.alternative) if auth.alternative is not None else None)


def make_signer(
    provider: Provider, settings: ProviderSettings, environ: Mapping[str, str], clock: Clock
) -> RequestSigner:
    """The signer of a provider that has a scheme. Nothing is imported or asked for before its first request."""
    named = None if settings.credentials == MACHINES_OWN else settings.credentials
    schemes = (provider.auth.scheme, provider.auth.alternative)
    if "aws-sigv4" in schemes:
        keys = CachedCredential(provider.slug, AwsChain(named, environ, clock).load, clock)
        # The address may be the operator's own, and names no region then.
        region = settings.address.get("region") or first_set(_AWS_REGIONS, environ) or _AWS_REGION_USUAL
        return AwsSigner(keys, region, aws_service(provider), clock)
    load: Callable[[], Held[str]] = partial(google_token, named) if "gcp-oauth" in schemes else azure_token
    return BearerSigner(CachedCredential(provider.slug, load, clock))


def aws_service(provider: Provider) -> str:
    """The name under which AWS knows the provider in signatures."""
    return _AWS_SERVICES.get(provider.slug, provider.slug)
