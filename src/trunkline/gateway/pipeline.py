"""A request from plan to settled answer. Read `Pipeline.serve`: it is the story; the rest are its sentences."""

import asyncio
import random

from trunkline.accounts.byok.standing import Standings
from trunkline.core.errors import (
    ContextLengthExceeded,
    NoEndpoints,
)
from trunkline.core.tasks import TaskSet
from trunkline.gateway.admission import Admission, require_text_request
from trunkline.gateway.attempts import AttemptLoop
from trunkline.gateway.body_building import BODY_BUILDER, building_plan
from trunkline.gateway.body_building import begin as begin_building
from trunkline.gateway.body_delivery import BodyDelivery
from trunkline.gateway.client import (
    PADDED_JSON,
    ClientStream,
    DisconnectWatch,
    Form,
    RawHeaders,
    Receive,
    Send,
    events_form,
)
from trunkline.gateway.delivery import FREE_WHEN_LEFT, StreamDelivery
from trunkline.gateway.exchange import Exchange
from trunkline.gateway.fetching import MediaFetcher
from trunkline.gateway.listener import Listener
from trunkline.gateway.planning import Planner, query_of
from trunkline.gateway.prompt_caches import PromptCaches
from trunkline.gateway.running import Running
from trunkline.gateway.settlement import Settlement
from trunkline.gateway.sound_delivery import SoundDelivery, sound_form
from trunkline.gateway.stickiness import Stickiness
from trunkline.gateway.token_counting import TokenCounter
from trunkline.gateway.video_jobs import VideoJobs
from trunkline.gateway.videos import JobDelivery
from trunkline.gateway.whole_delivery import WholeDelivery
from trunkline.gateway.worlds import Worlds
from trunkline.generations.types import Generation
from trunkline.observability.metrics import GatewayMetrics
from trunkline.protocols.token_count import CountedRequest
from trunkline.providers.upstream import Upstream
from trunkline.routing.explanation import Explanation
from trunkline.routing.health import MemoryHealth
from trunkline.routing.plan import refused_plan
from trunkline.routing.routers.context import TaskRankings
from trunkline.routing.types import EndpointStatistics, Plan
from trunkline.settings import Routing
from trunkline.storage.flights import FlightRecorder
from trunkline.storage.shared.interface import SharedState


class Pipeline:
    """The data plane of one process."""

    def __init__(
        self,
        *,
        docs_url: str,
        worlds: Worlds,
        upstream: Upstream,
        sandbox: Upstream,
        fetcher: MediaFetcher,
        jobs: VideoJobs,
        prompt_caches: PromptCaches | None,
        shared: SharedState,
        admission: Admission,
        settlement: Settlement,
        health: MemoryHealth,
        statistics: EndpointStatistics,
        rankings: TaskRankings,
        flights: FlightRecorder,
        dice: random.Random,
        end_user_secret: bytes,
        metrics: GatewayMetrics,
        standings: Standings,
    ) -> None:
        self.worlds = worlds
        """A request that begins now is served from the current one."""
        self.tasks = TaskSet()
        self._fetcher = fetcher
        self._jobs = jobs
        self._admission = admission
        self._settlement = settlement
        self._running = Running()
        self._planner = Planner(health, dice, statistics, rankings)
        self._counter = TokenCounter(upstream)
        self._stickiness = Stickiness(shared)
        self._attempts = AttemptLoop(
            docs_url=docs_url,
            upstream=upstream,
            sandbox=sandbox,
            fetcher=fetcher,
            prompt_caches=prompt_caches,
            admission=admission,
            settlement=settlement,
            health=health,
            flights=flights,
            running=self._running,
            stickiness=self._stickiness,
            end_user_secret=end_user_secret,
            metrics=metrics,
            standings=standings,
        )
        self._metrics = metrics
        self._docs_url = docs_url

    async def serve(self, exchange: Exchange, send: Send, receive: Receive, headers: RawHeaders) -> None:
        """Answer one generation request.

        Raises TrunklineError, with nothing sent, when the request is refused or every attempt failed before the
        response was committed; the API renders it. After that point the answer itself tells of the failure.
        """
        self._settlement.require_room()
        require_text_request(exchange)
        await self._admission.rate(exchange.principal.account_id, exchange.received_ms)
        exchange.awaited_since_s = exchange.received_s
        exchange.plan = await self._plan(exchange)
        exchange.inbound = exchange.inbound.served_by(exchange.plan.attempts[0].endpoint)
        exchange.request = exchange.inbound.request
        if exchange.inbound.operation == "video":
            await self._attempts.answer(exchange, exchange.plan, JobDelivery(send, headers, self._jobs))
        elif exchange.building is not None:
            await self._serve_whole(exchange, building_plan(exchange.plan), send, receive, headers)
        elif exchange.request.stream:
            await self._serve_stream(exchange, exchange.plan, send, receive, headers)
        else:
            await self._serve_whole(exchange, exchange.plan, send, receive, headers)

    async def explain(self, exchange: Exchange) -> Explanation:
        """What would be tried for this request, and why; nobody is called and nothing is charged (OP-32)."""
        await self._stickiness.recall(exchange)
        return self._planner.explain(query_of(exchange), exchange.world, exchange.received_ms)

    async def count_tokens(self, exchange: Exchange, request: CountedRequest) -> int:
        """How long this request's prompt is, by the endpoint that would answer it; nothing is charged (18.6)."""
        await self._admission.rate(exchange.principal.account_id, exchange.received_ms)
        await self._stickiness.recall(exchange)
        decided = self._planner.plan(query_of(exchange), exchange.world, exchange.received_ms)
        return await self._counter.count(exchange, request, decided)

    def unfinished(self, account_id: str, generation_id: str) -> Generation | None:
        """What is known of a request that still runs here, from the end of its first attempt on (GEN-06)."""
        exchange = self._running.find(account_id, generation_id)
        if exchange is None:
            return None
        return self._settlement.partial(exchange, elapsed_s=asyncio.get_running_loop().time() - exchange.received_s)

    async def extend_holds(self, now_ms: int) -> None:
        """Keep the holds of what still runs; called now and then, so that only abandoned ones lapse (BIL-03)."""
        for exchange in self._running.all():
            await self._admission.extend(exchange, now_ms)

    async def _plan(self, exchange: Exchange) -> Plan:
        """Route. What no endpoint can serve is refused for money first (inference.md 1.2)."""
        await self._stickiness.recall(exchange)
        query, world = query_of(exchange), exchange.world
        if BODY_BUILDER in " ".join(query.models).lower():
            begin_building(exchange)
            query = query_of(exchange)
            await self._admission.free_quota(exchange)
        exchange.query = query
        try:
            return self._planner.plan(query, world, exchange.received_ms)
        except (NoEndpoints, ContextLengthExceeded):
            exchange.plan = refused_plan(query, world.snapshot)
            await self._admission.check_funds(exchange)
            raise

    async def _serve_stream(
        self, exchange: Exchange, decided: Plan, send: Send, receive: Receive, headers: RawHeaders
    ) -> None:
        listener = Listener(exchange)
        inbound = exchange.inbound
        form = sound_form(inbound.sound_type) if inbound.sound_type else events_form(inbound.format.heartbeat)
        client = self._open_client(exchange.world.settings.routing, send, headers, form, listener)
        watch = DisconnectWatch(receive, listener.gone)
        self._metrics.streams_open += 1
        try:
            way = SoundDelivery if inbound.sound_type else StreamDelivery
            await self._attempts.answer(exchange, decided, way(client, listener, self._settlement))
        finally:
            self._metrics.streams_open -= 1
            client.stop()
            watch.stop()

    async def _serve_whole(
        self, exchange: Exchange, decided: Plan, send: Send, receive: Receive, headers: RawHeaders
    ) -> None:
        padding = watch = None
        routing = exchange.world.settings.routing
        if routing.pad_whole_answers:
            padding = self._open_client(routing, send, headers, PADDED_JSON, Listener(exchange))
        try:
            way = WholeDelivery if exchange.building is None else BodyDelivery
            delivery = way(send, headers, self._settlement, padding, self._docs_url, self._fetcher)
            if exchange.inbound.operation in FREE_WHEN_LEFT:
                delivery.listener = Listener(exchange)
                watch = DisconnectWatch(receive, delivery.listener.gone)
            await self._attempts.answer(exchange, decided, delivery)
        finally:
            if watch is not None:
                watch.stop()
            if padding is not None:
                padding.stop()

    def _open_client(
        self, routing: Routing, send: Send, headers: RawHeaders, form: Form, listener: Listener
    ) -> ClientStream:
        return ClientStream(
            send,
            headers,
            self.tasks,
            form,
            commit_s=routing.stream_commit_seconds,
            heartbeat_s=routing.heartbeat_seconds,
            on_commit=listener.committed,
            on_tick=listener.tick,
        )
