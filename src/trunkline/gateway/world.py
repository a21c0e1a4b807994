"""What a request starts with and keeps: catalog, providers and their order of the moment, swapped whole on reload."""

from collections.abc import Callable

from msgspec import Struct

from trunkline.catalog.types import Endpoint, Snapshot
from trunkline.gateway.own_keys import OwnKeyring
from trunkline.providers.types import ProviderRuntime, Providers
from trunkline.settings import Settings


class World(Struct, frozen=True, kw_only=True):
    """Immutable. A request that began with one world ends with it, whatever is reloaded meanwhile."""

    settings: Settings
    """Of the moment: numbers of routing may change with a reload."""
    snapshot: Snapshot
    providers: Providers
    is_callable: Callable[[Endpoint], bool]
    hint: Callable[[Endpoint], str]
    """What the operator could set to make an endpoint callable; empty when nothing would help."""
    own_keys: OwnKeyring
    """Opens what callers have keys of their own for."""

    def runtime_of(self, endpoint: Endpoint) -> ProviderRuntime:
        """How to call the endpoint's provider. A planned endpoint always has one."""
        return self.providers.by_slug[endpoint.provider]
