"""The world of the moment, and how the next one is made: at the start, after discovery, on reload (OP-12, OP-24).

Worlds are built in a thread, one at a time, and put in their place in one assignment: requests go on meanwhile, and
each keeps the world that it began with.
"""

import asyncio
from collections.abc import Mapping

from trunkline.catalog.snapshot import build_snapshot
from trunkline.configuration.reloading import taken_over, waiting
from trunkline.core.clock import Clock, SystemClock
from trunkline.gateway.own_keys import OwnKeyring
from trunkline.gateway.upstreams import is_spoken
from trunkline.gateway.world import World
from trunkline.providers.discovery import Discovered, discover
from trunkline.providers.gateways import any_gateway, list_gateways
from trunkline.providers.registry import build_providers, make_callable, make_hint
from trunkline.providers.sandbox_endpoints import with_sandbox
from trunkline.providers.upstream import Upstream
from trunkline.settings import Settings


class Worlds:
    """Holds `current`. Raises OverridesInvalid when the settings' catalog is wrong."""

    def __init__(self, settings: Settings, environ: Mapping[str, str], clock: Clock) -> None:
        self._environ = environ
        self._clock = clock
        self._found: tuple[Discovered, ...] = ()
        self._building = asyncio.Lock()
        self.current = build_world(settings, environ, clock=clock)

    @property
    def has_anybody_to_ask(self) -> bool:
        """Whether local engines or gateways are to be asked what they serve."""
        return self.current.settings.discovery.local_engines or any_gateway(self.current.providers)

    async def discover(self, upstream: Upstream) -> None:
        """Ask local engines (OP-12) and gateways what they serve; that joins the catalog of later requests."""
        world, found = self.current, tuple[Discovered, ...]()
        if world.settings.discovery.local_engines:
            found = await discover(world.settings, world.snapshot, upstream, self._environ)
        found += await list_gateways(world.providers, world.snapshot, upstream)
        async with self._building:
            if found != self._found:
                self._found = found
                await self._build(self.current.settings)

    async def reload(self, read: Settings) -> tuple[str, ...]:
        """Go on with what can be taken over of newly read settings. Returns the names of those that wait for a restart.

        Raises OverridesInvalid; the world is then the old one. What engines and gateways were found to serve stays in
        it until they are asked again.
        """
        async with self._building:
            settings = taken_over(self.current.settings, read)
            await self._build(settings)
        return waiting(settings, read)

    async def _build(self, settings: Settings) -> None:
        self.current = await asyncio.to_thread(build_world, settings, self._environ, self._found, clock=self._clock)


def build_world(
    settings: Settings,
    environ: Mapping[str, str],
    discovered: tuple[Discovered, ...] = (),
    *,
    clock: Clock | None = None,
) -> World:
    """Catalog, providers and what is callable, from settings, environment and what was found running."""
    snapshot = build_snapshot(settings, [endpoint for engine in discovered for endpoint in engine.endpoints])
    clock = clock or SystemClock()
    enabled = build_providers(settings, snapshot, environ, clock)
    return World(
        settings=settings,
        snapshot=with_sandbox(snapshot, enabled),
        providers=enabled,
        is_callable=make_callable(enabled, is_spoken),
        hint=make_hint(settings, snapshot, environ, is_spoken),
        own_keys=OwnKeyring(settings, snapshot, environ, clock, is_spoken),
    )
