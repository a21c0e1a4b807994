"""The data plane: what answers generations, from the client's bytes to the provider's and back."""

import random

from trunkline.api.attribution import header_name
from trunkline.api.callers import Callers
from trunkline.api.generation import GenerationEndpoint
from trunkline.api.generation_routes import ROUTES, Route, parse_limits
from trunkline.app.services import Services
from trunkline.gateway.admission import Admission
from trunkline.gateway.callbacks import Callbacks
from trunkline.gateway.fetching import MediaFetcher
from trunkline.gateway.job_calls import JobCalls
from trunkline.gateway.pipeline import Pipeline
from trunkline.gateway.prompt_caches import PromptCaches
from trunkline.gateway.settlement import Settlement
from trunkline.gateway.task_rankings import MeasuredTasks
from trunkline.gateway.uploads import Uploads
from trunkline.gateway.video_jobs import VideoJobs
from trunkline.providers.sandbox.upstream import SandboxUpstream
from trunkline.storage.flights import FlightRecorder

API_ROOTS = ("/api/v1", "/v1")
"""The same tree twice (inference.md 1.1)."""


def make_job_calls(services: Services) -> JobCalls:
    """Calls about video jobs."""
    sandbox, worlds = SandboxUpstream(services.settings.sandbox), services.worlds
    return JobCalls(services.database, services.box, services.transport, sandbox, lambda: worlds.current)


def make_jobs(services: Services, settlement: Settlement, calls: JobCalls) -> VideoJobs:
    """Video jobs, which outlive their requests."""
    settings = services.settings
    return VideoJobs(
        settings=settings,
        clock=services.clock,
        database=services.database,
        shared=services.shared,
        settlement=settlement,
        callbacks=Callbacks(services.fetch_client, settings.videos.signing_secret),
        calls=calls,
    )


def make_pipeline(services: Services, recorder: FlightRecorder, end_user_secret: bytes) -> tuple[Pipeline, VideoJobs]:
    """The way of every generation, and the jobs that some of them start."""
    settings, sandbox = services.settings, SandboxUpstream(services.settings.sandbox)
    settlement = Settlement(services.database, services.shared, services.apps, settings.billing, services.metrics)
    jobs = make_jobs(services, settlement, make_job_calls(services))
    pipeline = Pipeline(
        docs_url=settings.docs_url,
        worlds=services.worlds,
        upstream=services.transport,
        sandbox=sandbox,
        jobs=jobs,
        fetcher=MediaFetcher(services.fetch_client, Uploads(services.files)),
        prompt_caches=PromptCaches(services.clock, services.tasks) if settings.routing.prompt_caches else None,
        shared=services.shared,
        admission=Admission(services.shared, settings),
        settlement=settlement,
        health=services.health,
        statistics=services.statistics.endpoints,
        rankings=MeasuredTasks(services.statistics),
        flights=recorder,
        dice=random.Random(),  # noqa: S311 -- load balancing, no secret
        end_user_secret=end_user_secret,
        metrics=services.metrics,
        standings=services.standings,
    )
    return pipeline, jobs


def generation_endpoints(services: Services, pipeline: Pipeline, callers: Callers) -> dict[str, GenerationEndpoint]:
    """Every path that generates something, with what answers it."""
    return {
        root + route.path + slash: endpoint
        for route in ROUTES
        for endpoint in (_make_endpoint(services, pipeline, callers, route),)
        for root in API_ROOTS
        for slash in ("", "/")
    }


def _make_endpoint(services: Services, pipeline: Pipeline, callers: Callers, route: Route) -> GenerationEndpoint:
    settings = services.settings
    return GenerationEndpoint(
        route=route,
        pipeline=pipeline,
        directory=services.directory,
        callers=callers,
        clock=services.clock,
        docs_url=settings.docs_url,
        public_url=settings.public_url,
        limits=parse_limits(settings),
        presets=services.presets,
        regional_hosts=services.regional_hosts,
        country_header=header_name(settings.server.country_header),
        body_bytes_max=settings.server.request_limit_mb * 1024 * 1024,
        body_timeout_s=settings.server.body_timeout_seconds,
        metrics=services.metrics,
        log_requests=settings.telemetry.log_requests,
    )
