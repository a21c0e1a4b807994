"""The running instance, as the catalog's read operations see it."""

from collections.abc import Callable, Mapping

from starlette.requests import Request

from trunkline.accounts.types import Principal
from trunkline.api.authentication import authenticate
from trunkline.api.context import ControlPlane
from trunkline.catalog.types import Endpoint, Snapshot
from trunkline.core.calendar import DAY_MS
from trunkline.gateway.world import World
from trunkline.generations import repository as generations
from trunkline.routing.types import EndpointHealth

POPULARITY_MS = 7 * DAY_MS
POPULARITY_CACHE_MS = 300_000
"""The ranking reads a week of generations until rollups exist, so it is made at most this often."""


class InstanceCatalog:
    """Implements `CatalogView`. `world` is asked each time, because it is replaced whole on reload."""

    __slots__ = ("_control", "_popularity", "_popularity_until_ms", "_world", "health")

    def __init__(self, control: ControlPlane, world: Callable[[], World], health: EndpointHealth) -> None:
        self._control = control
        self._world = world
        self._popularity: Mapping[str, int] = {}
        self._popularity_until_ms = 0
        self.health = health

    def snapshot(self) -> Snapshot:
        return self._world().snapshot

    def is_callable(self, endpoint: Endpoint) -> bool:
        return self._world().is_callable(endpoint)

    def now_ms(self) -> int:
        return self._control.clock.now_ms()

    def public_url(self) -> str:
        return self._control.settings.public_url

    async def authenticate(self, request: Request) -> Principal:
        return await authenticate(self._control, request.scope)

    async def weekly_tokens(self, category: str | None) -> Mapping[str, int]:
        """Uses are not classified yet, so no model has tokens in any category."""
        if category is not None:
            return {}
        now_ms = self.now_ms()
        if now_ms >= self._popularity_until_ms:
            self._popularity_until_ms = now_ms + POPULARITY_CACHE_MS
            self._popularity = await self._control.database.read(generations.tokens_by_model, now_ms - POPULARITY_MS)
        return self._popularity

    def tool_success_rate(self, endpoint_id: str) -> float | None:
        """Not measured yet: it comes with the statistics of endpoints (routing-and-catalog.md 21)."""
        return None
