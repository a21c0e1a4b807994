"""The catalog's read operations as an instance serves them: real catalog, real keys, real health, on a real socket."""

from collections.abc import AsyncIterator, Container, Mapping
from dataclasses import dataclass, field
from pathlib import Path

import httpx
import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.routing import Mount

from tests.control_plane import new_context, serving
from tests.fakes.clock import FakeClock
from trunkline.accounts.bootstrap import FirstStart, ensure_owner
from trunkline.accounts.types import Principal
from trunkline.api import models, providers, statistics
from trunkline.api.authentication import authenticate
from trunkline.api.context import ControlPlane
from trunkline.api.routes import api_root
from trunkline.catalog.snapshot import build_snapshot
from trunkline.catalog.types import Endpoint, Snapshot
from trunkline.core.json import JsonValue
from trunkline.routing.health import MemoryHealth
from trunkline.routing.policy import Region
from trunkline.routing.types import EndpointStatistics, NoStatistics
from trunkline.settings import Settings
from trunkline.storage.database import SqlDatabase

NOON_MS = 1_795_348_800_000
"""2026-11-22T12:00:00Z, the day of the bundled catalog, a Sunday."""

ROCKET: Mapping[str, JsonValue] = {
    "model": "acme/rocket-1",
    "provider": "acme",
    "base_url": "http://127.0.0.1:9002/v1",
    "context_length": 32768,
    "pricing": {"prompt": "0.0000003", "completion": "0.000002"},
}


@dataclass
class InstanceCatalog:
    """`CatalogView` of one instance; tests set what the instance would have measured."""

    context: ControlPlane
    current: Snapshot
    health: MemoryHealth
    statistics: EndpointStatistics = field(default_factory=NoStatistics)
    enabled: frozenset[str] | None = None
    """Slugs of enabled providers; None: all."""
    tokens: dict[str | None, dict[str, int]] = field(default_factory=dict)
    tool_success: dict[str, float] = field(default_factory=dict)

    def snapshot(self) -> Snapshot:
        return self.current

    def is_callable(self, endpoint: Endpoint) -> bool:
        return self.enabled is None or endpoint.provider in self.enabled

    def now_ms(self) -> int:
        return self.context.clock.now_ms()

    def public_url(self) -> str:
        return self.context.settings.public_url

    async def authenticate(self, request: Request) -> Principal:
        return await authenticate(self.context, request.scope)

    def usable_by(self, caller: Principal, region: Region | None) -> Container[str] | None:
        return None

    def region_of(self, request: Request) -> Region | None:
        return None

    async def weekly_tokens(self, category: str | None) -> Mapping[str, int]:
        return self.tokens.get(category, {})

    def tool_success_rate(self, endpoint_id: str) -> float | None:
        return self.tool_success.get(endpoint_id)


def is_indirect(model_id: str) -> bool:
    """An alias or a router."""
    return model_id.startswith(("~", "openrouter/"))


@dataclass
class RunningCatalog:
    """What a test needs of it."""

    url: str
    view: InstanceCatalog
    clock: FakeClock
    key: str
    first: FirstStart
    database: SqlDatabase

    async def get(self, path: str, *, key: str | None = None, **params: str | int) -> httpx.Response:
        headers = {} if key is None else {"Authorization": f"Bearer {key}"}
        async with httpx.AsyncClient(base_url=self.url) as client:
            return await client.get(path, headers=headers, params=params or None)

    async def ids(self, **params: str | int) -> list[str]:
        """Ids of the models that `GET /models` lists; rows of aliases and routers, which are made of them, are not."""
        response = await self.get("/api/v1/models", **params)
        assert response.status_code == 200, response.text
        return [row["id"] for row in response.json()["data"] if not is_indirect(row["id"])]

    async def refusal(self, **params: str | int) -> str:
        """The message of the 400 that `GET /models` answers with."""
        response = await self.get("/api/v1/models", **params)
        assert response.status_code == 400, response.text
        return str(response.json()["error"]["message"])


@pytest.fixture
def database_kind() -> str:
    """The catalog is not in the database; keys are proven on both kinds elsewhere."""
    return "sqlite"


@pytest.fixture
async def catalog(database: SqlDatabase, tmp_path: Path) -> AsyncIterator[RunningCatalog]:
    """A running instance with the bundled catalog and one model of its own."""
    settings = Settings(home=tmp_path, endpoints=(ROCKET,))
    clock = FakeClock(NOON_MS)
    context = new_context(database, clock, settings)
    first = await ensure_owner(database, clock, None)
    assert first is not None
    view = InstanceCatalog(context, build_snapshot(settings), MemoryHealth(clock, settings.routing))
    counted = statistics.routes(context, view)
    api = api_root(context, [*models.routes(view), *providers.routes(view), *counted])
    async with serving(Starlette(routes=[Mount("/api/v1", api), Mount("/v1", api)])) as url:
        yield RunningCatalog(url, view, clock, first.api_key, first, database)
    await context.directory.close()
