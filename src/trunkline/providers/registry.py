"""Which providers this instance can call, and how: catalog, settings and environment put together.

Enabling rules: catalog README "Using the catalog", operating.md OP-12, OP-13 and OP-22.
"""

from collections.abc import Callable, Mapping, Sequence

from trunkline.catalog.types import Endpoint, Provider, Snapshot
from trunkline.core.clock import Clock, SystemClock
from trunkline.providers import environment
from trunkline.providers.adapter import complete_headers, takes_key
from trunkline.providers.advice import advice
from trunkline.providers.environment import Environ
from trunkline.providers.keys import KeyRing
from trunkline.providers.sandbox_endpoints import SANDBOX
from trunkline.providers.signing.schemes import make_signer, scheme_of
from trunkline.providers.types import EndpointFilter, ProviderRuntime, Providers, Source
from trunkline.providers.upstream import RequestSigner
from trunkline.settings import ProviderSettings, Routing, Settings

_NOTHING_SET = ProviderSettings()
_EMPTY: Environ = {}
_SYSTEM_CLOCK = SystemClock()


def build_providers(
    settings: Settings, snapshot: Snapshot, environ: Environ, clock: Clock = _SYSTEM_CLOCK
) -> Providers:
    """Every provider that is enabled, ready to be called. Signatures and tokens go by `clock`.

    The Sandbox answers everything while no other provider that serves a model is enabled (mode `auto`), is there
    beside the others in mode `always`, and never in mode `off`.
    """
    if not settings.discovery.environment:
        environ = _EMPTY
    configured = sections_by_slug(settings, snapshot)
    serving = {endpoint.provider for model in snapshot.models.values() for endpoint in model.endpoints}
    own = {
        endpoint.provider
        for model in snapshot.models.values()
        for endpoint in model.endpoints
        if endpoint.base_url is not None or endpoint.api_key is not None
    }
    by_slug: dict[str, ProviderRuntime] = {}
    for slug, provider in snapshot.providers.items():
        runtime = _runtime(provider, configured.get(slug), settings, environ, clock, has_own_endpoints=slug in own)
        if runtime is not None:
            by_slug[slug] = runtime
    is_alone = serving.isdisjoint(by_slug)
    mode = settings.sandbox.mode
    sandbox = _sandbox(settings) if mode == "always" or (mode == "auto" and is_alone) else None
    if sandbox is not None:
        by_slug[SANDBOX.slug] = sandbox
    return Providers(by_slug=by_slug, sandbox=sandbox, sandbox_answers_all=sandbox is not None and is_alone)


def sections_by_slug(settings: Settings, snapshot: Snapshot) -> Mapping[str, ProviderSettings]:
    """`[providers.<name>]` by slug, whichever of a provider's names the operator used."""
    return {snapshot.provider_names.get(name.lower(), name): one for name, one in settings.providers.items()}


def make_callable(providers: Providers, is_spoken: EndpointFilter) -> EndpointFilter:
    """Whether an endpoint can be called: its provider is enabled, and its format `is_spoken`.

    The answer is kept by endpoint, since neither changes while a world lasts and every plan asks.
    """
    by_slug, known = providers.by_slug, dict[str, bool]()

    def is_callable(endpoint: Endpoint) -> bool:
        answer = known.get(endpoint.id)
        if answer is None:
            answer = known[endpoint.id] = may_be_called(endpoint)
        return answer

    def may_be_called(endpoint: Endpoint) -> bool:
        runtime = by_slug.get(endpoint.provider)
        if runtime is None or not is_spoken(endpoint):
            return False
        if endpoint.base_url is not None or endpoint.api_key is not None:
            return True
        return runtime.serves_all and is_within_reach(endpoint, runtime.region)

    return is_callable


def is_within_reach(endpoint: Endpoint, region: str | None) -> bool:
    """Models of a continent are called from a region of it: `eu` from `eu-west-1`."""
    return region is None or endpoint.region in (None, "global") or region.startswith(f"{endpoint.region}-")


def make_hint(
    settings: Settings, snapshot: Snapshot, environ: Environ, is_spoken: EndpointFilter
) -> Callable[[Endpoint], str]:
    """What the operator could do to make an endpoint callable, as one clause; empty when nothing would help."""

    sections = sections_by_slug(settings, snapshot)

    def hint(endpoint: Endpoint) -> str:
        provider = snapshot.providers.get(endpoint.provider)
        if provider is None or not is_spoken(endpoint):
            return ""
        return advice(provider, sections.get(provider.slug), environ)

    return hint


def _runtime(
    provider: Provider,
    given: ProviderSettings | None,
    settings: Settings,
    environ: Environ,
    clock: Clock,
    *,
    has_own_endpoints: bool,
) -> ProviderRuntime | None:
    set_ = given or _NOTHING_SET
    if not set_.enabled:
        return None
    keys = _keys(provider, set_, environ)
    parts = environment.address_parts(provider, set_.address, environ)
    signer = None if keys else _signer(provider, set_, environ, clock)
    address = _address(provider, set_, parts, environ)
    has_credential = bool(keys) or signer is not None
    serves_all = address is not None and _is_enabled(provider, given, environ, has_credential=has_credential)
    if not serves_all and not has_own_endpoints:
        return None
    source: Source = "environment"
    if given is not None or has_own_endpoints:
        source = "discovered" if given is None and provider.kind == "local" else "configuration"
    return assembled(
        provider,
        set_,
        settings.routing,
        source=source,
        address=address,
        parts=parts,
        keys=keys,
        signer=signer,
        serves_all=serves_all,
    )


def assembled(
    provider: Provider,
    set_: ProviderSettings,
    routing: Routing,
    *,
    source: Source,
    address: str | None,
    parts: Mapping[str, str],
    keys: Sequence[tuple[str, int]],
    signer: RequestSigner | None,
    serves_all: bool = True,
) -> ProviderRuntime:
    """A provider with its credentials, ready to be called. `parts` fill its address, `keys` come with their weights."""
    headers = [(complete_headers(provider.auth, key, set_.headers), weight) for key, weight in keys]
    return ProviderRuntime(
        provider=provider,
        source=source,
        base_url=address or "",
        base_urls={} if set_.base_url is not None else environment.base_urls(provider, parts),
        api_key=keys[0][0] if keys else None,
        headers=headers[0][0] if headers else complete_headers(provider.auth, None, set_.headers),
        connect_timeout_s=set_.connect_timeout_seconds or routing.connect_timeout_seconds,
        read_timeout_s=set_.read_timeout_seconds or routing.read_timeout_seconds,
        total_timeout_s=set_.total_timeout_seconds or routing.total_timeout_seconds,
        cancels_billing=provider.cancels_billing if set_.cancels_billing is None else set_.cancels_billing,
        proxy_url=set_.proxy_url,
        keys=KeyRing(headers) if len(headers) > 1 else None,
        signer=signer,
        region=parts.get("region"),
        serves_all=serves_all,
    )


def _is_enabled(provider: Provider, given: ProviderSettings | None, environ: Environ, *, has_credential: bool) -> bool:
    """Whether the provider's own endpoints may be called, given that it has an address."""
    if given is not None and given.base_url is not None:
        return True  # the operator named a server; a key is their affair
    if provider.kind == "local":
        return given is not None or environment.engine_url(provider, environ) is not None
    if not has_credential and not (given is not None and provider.auth.optional):
        return False
    return not environment.missing(provider, environ, {} if given is None else given.address)


def _signer(provider: Provider, set_: ProviderSettings, environ: Environ, clock: Clock) -> RequestSigner | None:
    """What signs its requests, where credentials for that are named and the vendor's library is there."""
    scheme = scheme_of(provider.auth)
    if scheme is None or not scheme.is_chosen(set_.credentials, environ) or not scheme.is_installed:
        return None
    return make_signer(provider, set_, environ, clock)


def _keys(provider: Provider, set_: ProviderSettings, environ: Environ) -> list[tuple[str, int]]:
    """(key, weight): the settings', else the environment's."""
    if not takes_key(provider.auth):
        return []
    if set_.api_keys:
        return [(key.key, key.weight) for key in set_.api_keys]
    key = set_.api_key if set_.api_key is not None else environment.api_key(provider, environ)
    return [(key, 1)] if key is not None else []


def _address(provider: Provider, set_: ProviderSettings, parts: Mapping[str, str], environ: Environ) -> str | None:
    if set_.base_url is not None:
        return set_.base_url.rstrip("/")
    return environment.engine_url(provider, environ) or environment.base_url(provider, parts)


def _sandbox(settings: Settings) -> ProviderRuntime:
    routing = settings.routing
    return ProviderRuntime(
        provider=SANDBOX,
        source="sandbox",
        base_url=SANDBOX.base_url,
        api_key=None,
        headers=(),
        connect_timeout_s=routing.connect_timeout_seconds,
        read_timeout_s=routing.read_timeout_seconds,
        total_timeout_s=routing.total_timeout_seconds,
        cancels_billing=True,
        in_process=True,
    )
