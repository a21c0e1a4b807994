"""Providers as they are called with a caller's own key: same address, timeouts and proxy as the operator set, the
caller's credential, none of the operator's.

Extra headers of `[providers.<slug>]` are left out: they may say who the operator is.
"""

from collections.abc import Mapping
from functools import partial
from typing import Final
from urllib.parse import urlsplit

from msgspec import Struct, structs

from trunkline.catalog.types import Endpoint, Provider
from trunkline.core.clock import Clock
from trunkline.core.errors import InvalidRequest
from trunkline.providers import environment
from trunkline.providers.environment import Environ
from trunkline.providers.own_keys.formats import (
    AwsAccess,
    AzureDeployment,
    AzureKeys,
    AzureResource,
    GoogleAccount,
    PlainKey,
    parse_key,
)
from trunkline.providers.registry import assembled, is_within_reach
from trunkline.providers.signing.aws import AwsKeys, AwsSigner
from trunkline.providers.signing.bearer import GOOGLE_TOKEN_URL, BearerSigner, account_token
from trunkline.providers.signing.credential import CachedCredential, Held
from trunkline.providers.signing.schemes import aws_service, scheme_of
from trunkline.providers.types import EndpointFilter, ProviderRuntime
from trunkline.providers.upstream import RequestSigner
from trunkline.settings import ProviderSettings, Settings

_NOTHING_SET = ProviderSettings()
_AZURE_DOMAINS: Final = (".azure.com", ".azure.us", ".azure.cn", ".azure-api.net")
_TAILS: Final[Mapping[str, str]] = {
    "/chat/completions": "azure-openai",
    "/responses": "openai-responses",
    "/messages": "anthropic-messages",
    "/embeddings": "",
    "/images/generations": "",
    "/audio/speech": "",
    "/audio/transcriptions": "",
}
"""How an Azure deployment's full address ends → what is spoken there; empty: whatever the endpoint speaks."""


class Deployed(Struct, frozen=True):
    """An address of its own for one model."""

    base_url: str
    upstream_model: str
    protocol: str
    runtime: ProviderRuntime


class OwnAccess(Struct, frozen=True, kw_only=True):
    """A provider with one caller's key. `runtime` None: only what `deployed` has can be called."""

    slug: str
    runtime: ProviderRuntime | None
    deployed: Mapping[str, Deployed] = {}
    """Model → where it is."""
    is_spoken: EndpointFilter

    def reach(self, endpoint: Endpoint) -> Endpoint | None:
        """The endpoint as it is called with this key; None: this key does not open it."""
        if endpoint.provider != self.slug:
            return None
        if (deployed := self._deployed(endpoint)) is not None:
            moved = structs.replace(
                endpoint,
                base_url=deployed.base_url,
                upstream_model=deployed.upstream_model,
                protocol=deployed.protocol or endpoint.protocol,
                api_key=None,
            )
            return moved if self.is_spoken(moved) else None
        runtime = self.runtime
        if runtime is None or not self.is_spoken(endpoint):
            return None
        if endpoint.base_url is None and not (runtime.base_url and is_within_reach(endpoint, runtime.region)):
            return None
        return endpoint if endpoint.api_key is None else structs.replace(endpoint, api_key=None)

    def runtime_of(self, endpoint: Endpoint) -> ProviderRuntime:
        """How to call what `reach` gave."""
        deployed = self._deployed(endpoint)
        runtime = self.runtime if deployed is None else deployed.runtime
        assert runtime is not None  # `reach` gives no other endpoint
        return runtime

    def _deployed(self, endpoint: Endpoint) -> Deployed | None:
        if not self.deployed:
            return None
        model_id = endpoint.model_id
        return self.deployed.get(model_id) or self.deployed.get(model_id.removesuffix(f":{endpoint.variant}"))


def own_access(
    provider: Provider,
    secret: str,
    given: ProviderSettings | None,
    settings: Settings,
    environ: Environ,
    clock: Clock,
    is_spoken: EndpointFilter,
) -> OwnAccess | None:
    """What a caller's key opens; None where the operator switched the provider off.

    `given` is the operator's section for the provider. Raises InvalidRequest for a malformed key, and for one that this
    instance has no library to sign with.
    """
    set_ = given or _NOTHING_SET
    if not set_.enabled:
        return None
    build = _Builder(provider, set_, settings, environ, clock)
    key = parse_key(provider, secret)
    if isinstance(key, AzureKeys):
        runtime = build.resource(key.resources[0]) if key.resources else None
        deployed = {one.model_slug: build.deployment(one) for one in key.deployments}
        return OwnAccess(slug=provider.slug, runtime=runtime, deployed=deployed, is_spoken=is_spoken)
    return OwnAccess(slug=provider.slug, runtime=build.whole(key), is_spoken=is_spoken)


class _Builder:
    """Runtimes of one provider for one caller."""

    def __init__(
        self, provider: Provider, set_: ProviderSettings, settings: Settings, environ: Environ, clock: Clock
    ) -> None:
        self._provider = provider
        self._set = structs.replace(set_, headers={})
        self._routing = settings.routing
        self._environ = environ
        self._clock = clock

    def whole(self, key: PlainKey | AwsAccess | GoogleAccount) -> ProviderRuntime:
        match key:
            case PlainKey():
                return self._runtime(key.address, key=key.key)
            case AwsAccess():
                held = Held(AwsKeys(key.access_key_id, key.secret_access_key))
                keys = CachedCredential(self._provider.slug, lambda: held, self._clock)
                signer = AwsSigner(keys, key.region, aws_service(self._provider), self._clock)
                return self._runtime({"region": key.region}, signer=signer)
            case GoogleAccount():
                load = partial(account_token, key.info, GOOGLE_TOKEN_URL)
                signer = BearerSigner(CachedCredential(self._provider.slug, load, self._clock))
                parts = {"project": key.project, "location": key.region or "global"}
                return self._runtime(parts, signer=signer)

    def resource(self, resource: AzureResource) -> ProviderRuntime:
        runtime = self._runtime({"resource": resource.resource_name}, key=resource.api_key)
        if resource.resource_type == "openai":
            return runtime
        elsewhere = runtime.base_url.replace(".openai.azure.com", ".services.ai.azure.com", 1)
        return structs.replace(runtime, base_url=elsewhere)

    def deployment(self, deployment: AzureDeployment) -> Deployed:
        base_url, protocol = self._address_of(deployment.endpoint_url)
        runtime = self._runtime({}, key=deployment.api_key)
        return Deployed(base_url, deployment.model_id, protocol, runtime)

    def _address_of(self, url: str) -> tuple[str, str]:
        """Base address and protocol of a full address. Raises InvalidRequest for one that is not Azure's: the gateway
        calls no address of a caller's choice (operating.md OP-51)."""
        parts = urlsplit(url)
        operators = urlsplit(self._set.base_url or "")
        is_operators = parts.netloc != "" and parts[:2] == operators[:2]
        if not is_operators and not (parts.scheme == "https" and (parts.hostname or "").endswith(_AZURE_DOMAINS)):
            raise InvalidRequest(
                "Invalid request parameters: `key`: `endpoint_url` must be an https address of Azure, as its portal "
                "shows it",
                field="key",
            )
        tail = next((one for one in _TAILS if parts.path.endswith(one)), "")
        base = parts._replace(path=parts.path.removesuffix(tail).rstrip("/")).geturl()
        return base, _TAILS.get(tail, "")

    def _runtime(
        self, own_parts: Mapping[str, str], *, key: str | None = None, signer: RequestSigner | None = None
    ) -> ProviderRuntime:
        provider, set_ = self._provider, self._set
        if signer is not None:
            self._require_library()
        parts = {**environment.address_parts(provider, set_.address, self._environ), **own_parts}
        address = set_.base_url.rstrip("/") if set_.base_url is not None else environment.base_url(provider, parts)
        return assembled(
            provider,
            set_,
            self._routing,
            source="caller",
            address=address,
            parts=parts,
            keys=[(key, 1)] if key is not None else [],
            signer=signer,
        )

    def _require_library(self) -> None:
        scheme = scheme_of(self._provider.auth)
        if scheme is not None and not scheme.is_installed:
            raise InvalidRequest(
                f"This instance cannot sign requests to {self._provider.name}: its operator would install "
                f"trunkline[{scheme.extra}].",
                field="key",
            )
