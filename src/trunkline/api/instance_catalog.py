"""The running instance, as the catalog's read operations see it."""

from collections.abc import Callable, Container, Mapping

from starlette.requests import Request

from trunkline.accounts.types import Principal
from trunkline.api.authentication import authenticate
from trunkline.api.context import ControlPlane
from trunkline.api.regional_hosts import region_of, regional_hosts
from trunkline.api.shown_health import ShownHealth
from trunkline.catalog.public import public_part
from trunkline.catalog.types import Endpoint, Snapshot
from trunkline.core.calendar import day_of
from trunkline.gateway.routing_caller import policy_of
from trunkline.gateway.world import World
from trunkline.routing.policy import EVERYTHING_ALLOWED, Region, RoutingCaller
from trunkline.routing.reach import reachable
from trunkline.routing.types import EndpointHealth, EndpointStatistics
from trunkline.statistics import rankings

POPULARITY_DAYS = 7
POPULARITY_CACHE_MS = 60_000
"""How old the ranking may be (site.md 26 allows ten minutes)."""


class InstanceCatalog:
    """Implements `CatalogView`. `world` is asked each time, because it is replaced whole on reload."""

    __slots__ = (
        "_control",
        "_popularity",
        "_popularity_until_ms",
        "_regional_hosts",
        "_shown",
        "_shown_of",
        "_world",
        "health",
        "statistics",
    )

    def __init__(
        self,
        control: ControlPlane,
        world: Callable[[], World],
        health: EndpointHealth,
        statistics: EndpointStatistics,
    ) -> None:
        self._control = control
        self._regional_hosts = regional_hosts(control.settings)
        self._world = world
        self._shown_of = world().snapshot
        self._shown = public_part(self._shown_of)
        self._popularity: Mapping[str, int] = {}
        self._popularity_until_ms = 0
        self.health: EndpointHealth = ShownHealth(health, statistics)
        self.statistics = statistics

    def snapshot(self) -> Snapshot:
        """What everybody may see of the catalog; worked out once for each."""
        snapshot = self._world().snapshot
        if snapshot is not self._shown_of:
            self._shown_of, self._shown = snapshot, public_part(snapshot)
        return self._shown

    def is_callable(self, endpoint: Endpoint) -> bool:
        return self._world().is_callable(endpoint)

    def now_ms(self) -> int:
        return self._control.clock.now_ms()

    def public_url(self) -> str:
        return self._control.settings.public_url

    async def authenticate(self, request: Request) -> Principal:
        return await authenticate(self._control, request.scope)

    def usable_by(self, caller: Principal, region: Region | None) -> Container[str] | None:
        policy = policy_of(caller.rules, self._world().settings.privacy)
        if policy is EVERYTHING_ALLOWED and region is None:
            return None
        asking = RoutingCaller(policy=policy, region=region)
        return reachable(self.snapshot(), asking, is_callable=lambda endpoint: True, now_ms=self.now_ms())

    def region_of(self, request: Request) -> Region | None:
        return region_of(self._regional_hosts, request.headers.get("host", "").encode("latin-1"))

    async def weekly_tokens(self, category: str | None) -> Mapping[str, int]:
        """Uses are not classified yet, so no model has tokens in any category."""
        if category is not None:
            return {}
        now_ms = self.now_ms()
        if now_ms >= self._popularity_until_ms:
            self._popularity_until_ms = now_ms + POPULARITY_CACHE_MS
            first_day = day_of(now_ms) - POPULARITY_DAYS + 1
            self._popularity = await self._control.database.read(rankings.tokens_by_model, first_day)
        return self._popularity

    def tool_success_rate(self, endpoint_id: str) -> float | None:
        return self.statistics.tool_success(endpoint_id, "2h")
