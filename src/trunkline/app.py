"""The composition root: the one place that knows every concrete class.

create_app(settings, environ) → Application: `await start()`, serve it as ASGI, `await stop()`
"""

import asyncio
import random
from collections.abc import Callable, Mapping

import structlog
from starlette.routing import Mount, Router
from starlette.types import ASGIApp, Receive, Scope, Send

from trunkline.accounts.apps import Apps
from trunkline.accounts.attempts import Attempts
from trunkline.accounts.bootstrap import BOOTSTRAP_KEY, BOOTSTRAP_MANAGEMENT_KEY, FirstStart, ensure_owner
from trunkline.accounts.directory import Directory
from trunkline.accounts.passwords import Passwords
from trunkline.accounts.profiles import ProfileService
from trunkline.accounts.service import KeyService
from trunkline.accounts.sessions import SessionService
from trunkline.accounts.sign_in import SignInService
from trunkline.api import health_checks, images, models, openapi, providers, statistics, videos
from trunkline.api import metrics as metrics_api
from trunkline.api.context import ControlPlane
from trunkline.api.errors import ErrorBoundary, not_found
from trunkline.api.generation import GenerationEndpoint
from trunkline.api.generation_routes import ROUTES, Route, parse_limits
from trunkline.api.instance_catalog import InstanceCatalog
from trunkline.api.regional_hosts import regional_hosts
from trunkline.api.routes import api_root
from trunkline.billing.service import CreditService
from trunkline.catalog.overrides import OverridesInvalid
from trunkline.configuration.errors import ConfigurationInvalid
from trunkline.configuration.load import Loaded
from trunkline.core.clock import Clock, SystemClock
from trunkline.core.tasks import TaskSet
from trunkline.files.opening import open_files
from trunkline.gateway.admission import Admission
from trunkline.gateway.callbacks import Callbacks
from trunkline.gateway.fetch_client import FetchClient
from trunkline.gateway.fetch_guard import AddressGuard
from trunkline.gateway.fetching import MediaFetcher
from trunkline.gateway.flights import write_interrupted
from trunkline.gateway.pipeline import Pipeline
from trunkline.gateway.prompt_caches import PromptCaches
from trunkline.gateway.settlement import Settlement
from trunkline.gateway.task_rankings import MeasuredTasks
from trunkline.gateway.transport.client import HttpTransport
from trunkline.gateway.uploads import Uploads
from trunkline.gateway.video_content import VideoContent
from trunkline.gateway.video_jobs import VideoJobs
from trunkline.gateway.world import World
from trunkline.gateway.worlds import Worlds
from trunkline.observability import logs
from trunkline.observability.metrics import GatewayMetrics
from trunkline.presets.service import PresetService
from trunkline.providers.sandbox.upstream import SandboxUpstream
from trunkline.routing.health import MemoryHealth
from trunkline.settings import Settings
from trunkline.statistics.service import StatisticsService
from trunkline.storage import key_file, schema
from trunkline.storage.backlog import Backlog, JournalPlace
from trunkline.storage.database import open_database
from trunkline.storage.flights import FlightRecorder, recover
from trunkline.storage.shared.memory import MemoryShared
from trunkline.web.services import AccountServices
from trunkline.web.site import create_site
from trunkline.web.visitors import Visitors

API_ROOTS = ("/api/v1", "/v1")
"""The same tree twice (inference.md 1.1)."""
HOUSEKEEPING_S = 1.0

_log = structlog.get_logger("trunkline.app")


def create_app(settings: Settings, environ: Mapping[str, str], clock: Clock | None = None) -> "Application":
    """Everything built and wired, nothing opened yet. Raises OverridesInvalid when the settings' catalog is wrong."""
    return Application(settings, environ, clock or SystemClock())


class Application:
    """One process: data plane, control plane and what both stand on. ASGI."""

    def __init__(self, settings: Settings, environ: Mapping[str, str], clock: Clock) -> None:
        self._settings = settings
        self._environ = environ
        self._clock = clock
        self._tasks = TaskSet()
        self._worlds = Worlds(settings, environ, self._clock)
        self.health = MemoryHealth(clock, settings.routing)
        self.metrics = GatewayMetrics()
        self.first_start: FirstStart | None = None
        """Set by the `start` that created the owner."""
        self.discovery: asyncio.Task[None] | None = None
        """Asks local engines and gateways after `start`; None when there is nobody to ask."""
        self._shared = MemoryShared()
        self._transport = HttpTransport()
        self._fetch_client = FetchClient(AddressGuard(settings.fetching.allow_networks))
        self._database = open_database(
            settings.database_url,
            pool_size=settings.database.pool_size,
            journal=JournalPlace(settings.home, settings.database.journal_limit_mb * 1024 * 1024),
        )
        self._directory = Directory(self._database, self._shared, clock, settings)
        self._apps = Apps(self._database, clock)
        self._presets = PresetService(self._database, clock)
        self._regional_hosts = regional_hosts(settings)
        self.statistics = StatisticsService(self._database, clock, lambda: self.world.snapshot)
        self._files = open_files(settings, self._database, clock)
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
        secret = key_file.load_or_create(settings.home)
        await asyncio.to_thread(schema.migrate, settings.database_url)
        await self._database.start()
        await self._record_interrupted()
        self.first_start = await ensure_owner(
            self._database, self._clock, self._environ.get(BOOTSTRAP_KEY), self._environ.get(BOOTSTRAP_MANAGEMENT_KEY)
        )
        self._recorder = FlightRecorder(settings.home)
        self._pipeline = self._make_pipeline(self._recorder, key_file.derive(secret, "end-users"))
        self._generation = {
            root + route.path + slash: endpoint
            for route in ROUTES
            for endpoint in (self._make_endpoint(self._pipeline, route),)
            for root in API_ROOTS
            for slash in ("", "/")
        }
        self._router = self._make_router(self._pipeline)
        self._watch(self._recorder)
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

    def _make_jobs(self, settlement: Settlement, sandbox: SandboxUpstream) -> VideoJobs:
        settings = self._settings
        return VideoJobs(
            settings=settings,
            clock=self._clock,
            database=self._database,
            shared=self._shared,
            settlement=settlement,
            callbacks=Callbacks(self._fetch_client, settings.videos.signing_secret),
            upstream=self._transport,
            sandbox=sandbox,
            world=lambda: self._worlds.current,
        )

    def _make_pipeline(self, recorder: FlightRecorder, end_user_secret: bytes) -> Pipeline:
        settings, sandbox = self._settings, SandboxUpstream(self._settings.sandbox)
        settlement = Settlement(self._database, self._shared, self._apps, settings.billing, self.metrics)
        self._jobs = self._make_jobs(settlement, sandbox)
        return Pipeline(
            docs_url=settings.docs_url,
            worlds=self._worlds,
            upstream=self._transport,
            sandbox=sandbox,
            jobs=self._jobs,
            fetcher=MediaFetcher(self._fetch_client, Uploads(self._files)),
            prompt_caches=PromptCaches(self._clock, self._tasks) if settings.routing.prompt_caches else None,
            shared=self._shared,
            admission=Admission(self._shared, settings),
            settlement=settlement,
            health=self.health,
            statistics=self.statistics.endpoints,
            rankings=MeasuredTasks(self.statistics),
            flights=recorder,
            dice=random.Random(),  # noqa: S311 -- load balancing, no secret
            end_user_secret=end_user_secret,
            metrics=self.metrics,
        )

    def _make_endpoint(self, pipeline: Pipeline, route: Route) -> GenerationEndpoint:
        settings = self._settings
        return GenerationEndpoint(
            route=route,
            pipeline=pipeline,
            directory=self._directory,
            clock=self._clock,
            docs_url=settings.docs_url,
            limits=parse_limits(settings),
            presets=self._presets,
            regional_hosts=self._regional_hosts,
            body_bytes_max=settings.server.request_limit_mb * 1024 * 1024,
            body_timeout_s=settings.server.body_timeout_seconds,
            metrics=self.metrics,
            log_requests=settings.telemetry.log_requests,
        )

    def _make_router(self, pipeline: Pipeline) -> ASGIApp:
        """The control plane: both API roots, what is not part of the API, and the site for everything else."""
        settings = self._settings
        control = ControlPlane(
            settings=settings,
            clock=self._clock,
            database=self._database,
            shared=self._shared,
            directory=self._directory,
            keys=KeyService(self._database, self._clock),
            files=self._files,
            presets=self._presets,
            world=lambda: self.world,
            explain=pipeline.explain,
            count_tokens=pipeline.count_tokens,
            unfinished=pipeline.unfinished,
        )
        view = InstanceCatalog(control, lambda: self.world, self.health, self.statistics.endpoints)
        counted = statistics.routes(control, view)
        films = videos.routes(control, view, self._jobs, VideoContent(self._jobs, self._fetch_client))
        api = api_root(control, [*models.routes(view), *images.routes(view), *films, *providers.routes(view), *counted])
        description = openapi.describe(control, view)
        router = Router(
            [
                *(Mount(root, app=api) for root in API_ROOTS),
                *health_checks.routes({"database": health_checks.database_check(self._database)}),
                *metrics_api.routes(self.metrics, settings),
                *openapi.routes(description),
            ],
            redirect_slashes=False,
            default=create_site(
                settings=settings,
                clock=self._clock,
                database=self._database,
                facts=view,
                world=lambda: self.world,
                openapi=description,
                accounts=self._account_services(control.keys),
            ),
        )
        return ErrorBoundary(router, clock=self._clock, docs_base=settings.docs_url)

    def _account_services(self, keys: KeyService) -> AccountServices:
        """What the site's signed-in pages stand on."""
        database, clock = self._database, self._clock
        attempts, passwords = Attempts(self._shared, clock), Passwords()
        sessions = SessionService(database, clock, self._settings.auth)
        profiles = ProfileService(database, attempts, clock, sessions, passwords)
        return AccountServices(
            visitors=Visitors(self._settings, sessions, profiles),
            sessions=sessions,
            sign_in=SignInService(database, attempts, clock, sessions, passwords),
            profiles=profiles,
            keys=keys,
            credits=CreditService(database, clock),
            directory=self._directory,
            shared=self._shared,
        )

    def _watch(self, recorder: FlightRecorder) -> None:
        """Numbers that other parts keep, read when metrics are scraped."""
        watch, transport = self.metrics.watch, self._transport
        watch("gauge", "trunkline_holds_open", "Reservations of requests in flight.", self._shared.open_holds)
        watch("gauge", "trunkline_flights_open", "Requests that a crash would interrupt.", lambda: len(recorder))
        watch("counter", "trunkline_flights_unrecorded", "Requests without a slot.", lambda: recorder.unrecorded)
        watch("counter", "trunkline_rollups_counted", "Generations counted here.", lambda: self.statistics.counted)
        watch("gauge", "trunkline_upstream_connections", "Open to providers.", lambda: transport.stats().open)
        watch("gauge", "trunkline_upstream_connections_idle", "Kept for reuse.", lambda: transport.stats().idle)
        watch("counter", "trunkline_upstream_connections_opened", "Opened so far.", lambda: transport.stats().opened)
        watch("counter", "trunkline_upstream_requests_retried", "Sent again.", lambda: transport.stats().retried)
        watch("counter", "trunkline_reloads", "Configurations taken over.", lambda: self.metrics.reloads)
        watch("counter", "trunkline_reloads_refused", "Invalid ones.", lambda: self.metrics.reloads_refused)
        if (backlog := self._database.backlog) is not None:
            self._watch_backlog(backlog)

    def _watch_backlog(self, backlog: Backlog) -> None:
        watch = self.metrics.watch
        watch(
            "gauge", "trunkline_database_away", "1 while records go to the journal.", lambda: backlog.away is not None
        )
        watch("gauge", "trunkline_journal_records", "Records that wait for the database.", lambda: len(backlog))
        watch("gauge", "trunkline_journal_bytes", "Size of the journal.", lambda: backlog.size_bytes)
        watch("counter", "trunkline_journal_replayed", "Brought into the database.", lambda: backlog.replayed)

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
        """Notice what other processes changed, write what apps changed of themselves, drop holds of requests that are
        long over and contents of files that are gone."""
        now_ms = self._clock.now_ms()
        await self._directory.refresh()
        await self._apps.flush()
        if self._pipeline is not None:
            await self._pipeline.extend_holds(now_ms)
        await self._shared.forget_expired_holds(now_ms)
        await self._files.sweep()

    def _discover(self) -> None:
        if self._worlds.has_anybody_to_ask:
            self.discovery = self._tasks.start(self._worlds.discover(self._transport), "discovery")
