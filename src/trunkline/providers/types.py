"""A provider as this instance can call it."""

from collections.abc import Callable, Mapping
from typing import Literal

from msgspec import Struct

from trunkline.catalog.types import Endpoint, Provider
from trunkline.providers.keys import KeyRing
from trunkline.providers.upstream import RequestSigner

Source = Literal["environment", "configuration", "discovered", "sandbox", "caller"]
"""`caller`: the key is a caller's own (accounts-and-governance.md 8)."""


class ProviderRuntime(Struct, frozen=True, kw_only=True):
    """An enabled provider: address, key, timeouts. Secrets inside: never printed, never logged."""

    provider: Provider
    source: Source
    base_url: str
    """No trailing slash."""
    base_urls: Mapping[str, str] = {}
    """Protocol → address, where it is spoken at one of its own."""
    api_key: str | None
    headers: tuple[tuple[str, str], ...]
    """Complete authentication and constant headers, ready to be sent."""
    connect_timeout_s: float
    read_timeout_s: float
    total_timeout_s: float
    cancels_billing: bool
    proxy_url: str | None = None
    in_process: bool = False
    """The Sandbox: no socket."""
    keys: KeyRing | None = None
    """Set when several keys share the requests; `headers` then holds the first."""
    signer: RequestSigner | None = None
    """Set where requests are signed; there is no key then."""
    region: str | None = None
    """Where its address leads, if that names a region."""
    serves_all: bool = True
    """False: enabled only by `[[endpoints]]` with an address or key of their own; its other endpoints are not."""

    def __repr__(self) -> str:
        return f"ProviderRuntime({self.provider.slug}, {self.source})"


class Providers(Struct, frozen=True, kw_only=True):
    """All enabled providers, immutable: swapped whole on reload."""

    by_slug: Mapping[str, ProviderRuntime]
    sandbox: ProviderRuntime | None
    """Set when the Sandbox answers: alone (mode auto, nothing else enabled) or always. It is in `by_slug` too."""
    sandbox_answers_all: bool
    """True while no other provider is enabled: every chat model is served by the Sandbox."""


EndpointFilter = Callable[[Endpoint], bool]
