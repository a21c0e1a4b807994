"""The control plane on a real socket over a real database, with the first keys of a fresh instance."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import NoReturn

import httpx
import pytest
import uvicorn
from starlette.applications import Starlette
from starlette.routing import Mount

from tests.fakes.clock import START_MS, FakeClock
from trunkline.accounts.bootstrap import FirstStart, ensure_owner
from trunkline.accounts.byok.sealing import SecretBox
from trunkline.accounts.byok.service import CredentialService
from trunkline.accounts.directory import Directory
from trunkline.accounts.members import Members
from trunkline.accounts.service import KeyService
from trunkline.accounts.sessions import SessionService
from trunkline.accounts.workspaces.service import WorkspaceService
from trunkline.api import health_checks
from trunkline.api.callers import Callers
from trunkline.api.context import ControlPlane
from trunkline.api.routes import api_root
from trunkline.catalog.snapshot import build_snapshot
from trunkline.catalog.types import Snapshot
from trunkline.files.opening import open_files
from trunkline.presets.service import PresetService
from trunkline.providers.own_keys.rules import CatalogRules
from trunkline.settings import Limits, Settings
from trunkline.storage.database import SqlDatabase
from trunkline.storage.shared.memory import MemoryShared

NOON_MS = START_MS + 12 * 3600 * 1000


@dataclass
class RunningControlPlane:
    """What a test needs of it."""

    url: str
    context: ControlPlane
    clock: FakeClock
    first: FirstStart

    def client(self, key: str | None) -> httpx.AsyncClient:
        """A client of the API root with this key."""
        headers = {} if key is None else {"Authorization": f"Bearer {key}"}
        return httpx.AsyncClient(base_url=f"{self.url}/api/v1", headers=headers)


@cache
def bundled() -> Snapshot:
    return build_snapshot(Settings(home=Path("unused")))


def new_context(database: SqlDatabase, clock: FakeClock, settings: Settings) -> ControlPlane:
    """The parts of one serving process over `database`."""
    shared = MemoryShared()
    box = SecretBox()
    box.unlock([b"an instance's key"])
    directory = Directory(database, shared, clock, settings, box)
    sessions = SessionService(database, clock, settings.auth)
    members = Members(database, clock, directory, sessions, public_url=settings.public_url, secret=b"a secret")
    return ControlPlane(
        settings=settings,
        clock=clock,
        database=database,
        shared=shared,
        directory=directory,
        callers=Callers(directory, members),
        keys=KeyService(database, clock),
        workspaces=WorkspaceService(database, clock),
        credentials=CredentialService(
            database, clock, box, CatalogRules(bundled, lambda _provider, _secret: None), directory.forget_all
        ),
        presets=PresetService(database, clock),
        files=open_files(settings, database, clock),
        world=_no_world,
        explain=_no_world,
        count_tokens=_no_world,
        unfinished=_nothing_runs,
    )


def _nothing_runs(_account_id: str, _generation_id: str) -> None:
    """There is no data plane here."""


def _no_world(*_: object) -> NoReturn:
    raise AssertionError("there is no data plane here")


def application(context: ControlPlane) -> Starlette:
    """The API under both of its roots, as the composition root mounts it."""
    api = api_root(context)
    health = health_checks.routes({"database": health_checks.database_check(context.database)})
    return Starlette(routes=[*health, Mount("/api/v1", api), Mount("/v1", api)])


@asynccontextmanager
async def serving(app: Starlette) -> AsyncIterator[str]:
    """Serve `app` on a free loopback port until the block ends."""
    server = uvicorn.Server(uvicorn.Config(app, port=0, log_config=None, lifespan="off"))
    task = asyncio.create_task(server.serve())
    while not server.started:
        await asyncio.sleep(0.005)
    port = server.servers[0].sockets[0].getsockname()[1]
    yield f"http://127.0.0.1:{port}"
    server.should_exit = True
    await task


@pytest.fixture
def control_settings(tmp_path: Path) -> Settings:
    return Settings(home=tmp_path, limits=Limits(management_requests_per_minute=0))


@pytest.fixture
async def control_plane(database: SqlDatabase, control_settings: Settings) -> AsyncIterator[RunningControlPlane]:
    """A running instance; the clock stands at noon until the test moves it."""
    clock = FakeClock(NOON_MS)
    first = await ensure_owner(database, clock, None)
    assert first is not None
    context = new_context(database, clock, control_settings)
    async with serving(application(context)) as url:
        yield RunningControlPlane(url, context, clock, first)
    await context.directory.close()
    context.files.close()
