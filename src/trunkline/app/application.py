"""One process: start, stop, reload, and what it does between requests."""

import asyncio
from collections.abc import Callable, Mapping

import structlog
from starlette.types import ASGIApp, Receive, Scope, Send

from trunkline.accounts.bootstrap import BOOTSTRAP_KEY, BOOTSTRAP_MANAGEMENT_KEY, FirstStart, ensure_owner
from trunkline.api.errors import not_found
from trunkline.api.generation import GenerationEndpoint
from trunkline.app.control_plane import make_router
from trunkline.app.data_plane import generation_endpoints, make_pipeline
from trunkline.app.services import build_services, make_callers
from trunkline.app.watched import watch_all
from trunkline.catalog.overrides import OverridesInvalid
from trunkline.configuration.errors import ConfigurationInvalid
from trunkline.configuration.load import Loaded
from trunkline.core.clock import Clock, SystemClock
from trunkline.gateway.flights import write_interrupted
from trunkline.gateway.pipeline import Pipeline
from trunkline.gateway.video_jobs import VideoJobs
from trunkline.gateway.world import World
from trunkline.observability import logs
from trunkline.settings import Settings
from trunkline.storage import key_file, schema
from trunkline.storage.flights import FlightRecorder, recover
from trunkline.storage.sealing import Sealer

HOUSEKEEPING_S = 1.0

_log = structlog.get_logger("trunkline.app")


def create_app(settings: Settings, environ: Mapping[str, str], clock: Clock | None = None) -> "Application":
    """Everything built and wired, nothing opened yet. Raises OverridesInvalid when the settings' catalog is wrong."""
    return Application(settings, environ, clock or SystemClock())


class Application:
    """One process: data plane, control plane and what both stand on. ASGI."""

    def __init__(self, settings: Settings, environ: Mapping[str, str], clock: Clock) -> None:
        services = build_services(settings, environ, clock)
        self._settings = settings
        self._environ = environ
        self._clock = clock
        self._services = services
        self._tasks = services.tasks
        self._worlds = services.worlds
        self._shared = services.shared
        self._transport = services.transport
        self._fetch_client = services.fetch_client
        self._database = services.database
        self._directory = services.directory
        self._apps = services.apps
        self._files = services.files
        self.health = services.health
        self.metrics = services.metrics
        self.statistics = services.statistics
        self.first_start: FirstStart | None = None
        """Set by the `start` that created the owner."""
        self.discovery: asyncio.Task[None] | None = None
        """Asks local engines and gateways after `start`; None when there is nobody to ask."""
        self._recorder: FlightRecorder | None = None
        self._pipeline: Pipeline | None = None
        self._jobs: VideoJobs
        self._generation: dict[str, GenerationEndpoint] = {}
        self._router: ASGIApp = not_found

    @property
    def world(self) -> World:
        """What requests that begin now are served from."""
        return self._worlds.current

    async def start(self) -> None:
        """Open everything, bring the schema up to date, record what a dead predecessor left, create the owner.

        Raises StorageUnavailable, StorageRefused, MalformedBootstrapKey, KeyFileInvalid and OSError, each with a
        message for the operator.
        """
        settings = self._settings
        logs.configure(settings.telemetry)
        keys = key_file.load_or_create(settings.home)
        self._services.box.unlock(keys)
        await asyncio.to_thread(schema.migrate, settings.database_url)
        await self._database.start()
        await self._record_interrupted()
        if resealed := await self._services.credentials.seal_anew():
            _log.warning("provider keys were encrypted anew under the newest key", count=resealed)
        self.first_start = await ensure_owner(
            self._database, self._clock, self._environ.get(BOOTSTRAP_KEY), self._environ.get(BOOTSTRAP_MANAGEMENT_KEY)
        )
        self._recorder = FlightRecorder(settings.home)
        self._pipeline, self._jobs = make_pipeline(
            self._services, self._recorder, key_file.derive(keys[0], "end-users")
        )
        callers = make_callers(self._services, key_file.derive(keys[0], "session-keys"))
        self._generation = generation_endpoints(self._services, self._pipeline, callers)
        self._router = make_router(self._services, self._pipeline, self._jobs, callers, Sealer(keys, "rooms"))
        watch_all(self._services, self._recorder)
        self._tasks.start(self._keep_house(), "housekeeping")
        self._tasks.start(self._jobs.run(), "video-jobs")
        self._tasks.start(self.statistics.run(), "statistics")
        self._discover()

    async def stop(self, drain_s: float | None = None) -> None:
        """Let go of everything; every record that was asked for is written first. Idempotent.

        `drain_s`: how long what runs without a client may still take; None: `server.drain_seconds`.
        """
        if self._pipeline is not None:
            await self._pipeline.tasks.drain(self._settings.server.drain_seconds if drain_s is None else drain_s)
        await self._tasks.drain(0.0)
        await self._directory.close()
        await self._apps.close()
        await self._transport.close()
        self._fetch_client.close()
        await asyncio.to_thread(self._files.close)
        await self._database.close()
        if self._recorder is not None:
            self._recorder.close()

    async def reload(self, read: Callable[[], Loaded]) -> tuple[str, ...]:
        """Serve later requests by what `read` finds (OP-24). Returns the names of settings that wait for a restart.

        Raises ConfigurationInvalid, with nothing changed. Engines and gateways are asked anew, in the background.
        """
        try:
            loaded = read()
            try:
                later = await self._worlds.reload(loaded.settings)
            except OverridesInvalid as error:
                raise loaded.invalid(error.findings) from None
        except ConfigurationInvalid as error:
            self.metrics.reloads_refused += 1
            _log.error("configuration not reloaded", reason=str(error))
            raise
        self.metrics.reloads += 1
        _log.info("configuration reloaded", models=len(self.world.snapshot.models))
        if later:
            _log.warning("changed settings wait for a restart", settings=later)
        self._discover()
        return later

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Generation requests take the short way, everything else the router's."""
        if scope["type"] == "http" and scope["method"] == "POST":
            endpoint = self._generation.get(scope["path"])
            if endpoint is not None:
                await endpoint(scope, receive, send)
                return
        await self._router(scope, receive, send)

    async def _record_interrupted(self) -> None:
        """The requests that were in the air when a predecessor died become visible (OP-42)."""
        wreckage = recover(self._settings.home)
        try:
            count = await write_interrupted(self._database, wreckage.payloads, self._clock.now_ms())
            wreckage.forget()
        finally:
            wreckage.close()
        if count:
            _log.warning("recorded requests that a crash interrupted", count=count)

    async def _keep_house(self) -> None:
        """Once a second, for ever: what fails is logged and tried again, since revoked keys depend on it (KEY-19)."""
        while True:
            await asyncio.sleep(HOUSEKEEPING_S)
            try:
                await self._tidy_up()
            except Exception:  # noqa: BLE001 -- the boundary of a loop that must not end
                _log.exception("housekeeping failed; the next round is in a second")

    async def _tidy_up(self) -> None:
        """Notice what other processes changed, write what apps changed of themselves and what providers said of
        callers' keys, drop holds of requests that are long over and contents of files that are gone."""
        now_ms = self._clock.now_ms()
        await self._directory.refresh()
        await self._apps.flush()
        await self._services.standings.flush()
        if self._pipeline is not None:
            await self._pipeline.extend_holds(now_ms)
        await self._shared.forget_expired_holds(now_ms)
        await self._files.sweep()

    def _discover(self) -> None:
        if self._worlds.has_anybody_to_ask:
            self.discovery = self._tasks.start(self._worlds.discover(self._transport), "discovery")
