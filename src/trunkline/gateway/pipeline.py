"""A request from plan to settled answer. Read `Pipeline.serve`: it is the story; the rest are its sentences."""

import asyncio
import random

from msgspec import structs

from trunkline.core.errors import (
    ContextLengthExceeded,
    Internal,
    InvalidRequest,
    NoEndpoints,
    PaymentRequired,
    TrunklineError,
)
from trunkline.core.tasks import TaskSet
from trunkline.gateway.admission import Admission, require_text_request
from trunkline.gateway.attempt import Tries, compose, convert, note, open_upstream, renote
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
from trunkline.gateway.conversion import Conversion, EncodedRequest
from trunkline.gateway.delivery import FREE_WHEN_LEFT, Delivery, StreamDelivery, WholeDelivery
from trunkline.gateway.exchange import Exchange
from trunkline.gateway.fetching import MediaFetcher
from trunkline.gateway.flights import encode_flight
from trunkline.gateway.listener import Listener
from trunkline.gateway.parts import PartsUpstream
from trunkline.gateway.planning import Planner, query_of
from trunkline.gateway.prompt_caches import PromptCaches
from trunkline.gateway.running import Running
from trunkline.gateway.settlement import Settlement
from trunkline.gateway.sound_delivery import SoundDelivery, sound_form
from trunkline.gateway.stickiness import Stickiness
from trunkline.gateway.token_counting import TokenCounter
from trunkline.gateway.video_jobs import VideoJobs
from trunkline.gateway.videos import JobDelivery
from trunkline.gateway.worlds import Worlds
from trunkline.generations.types import Generation, GenerationStatus
from trunkline.observability.metrics import GatewayMetrics
from trunkline.protocols.faults.types import Classified
from trunkline.protocols.token_count import CountedRequest
from trunkline.providers.upstream import Upstream
from trunkline.routing.explanation import Explanation
from trunkline.routing.health import MemoryHealth
from trunkline.routing.plan import refused_plan
from trunkline.routing.routers.context import TaskRankings
from trunkline.routing.types import Candidate, EndpointStatistics, Plan
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
    ) -> None:
        self.worlds = worlds
        """A request that begins now is served from the current one."""
        self.tasks = TaskSet()
        self._upstream = upstream
        self._sandbox = sandbox
        self._fetcher = fetcher
        self._jobs = jobs
        self._prompt_caches = prompt_caches
        self._admission = admission
        self._settlement = settlement
        self._health = health
        self._flights = flights
        self._running = Running()
        self._planner = Planner(health, dice, statistics, rankings)
        self._counter = TokenCounter(upstream)
        self._stickiness = Stickiness(shared)
        self._secret = end_user_secret
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
        exchange.plan = await self._plan(exchange)
        exchange.inbound = exchange.inbound.served_by(exchange.plan.attempts[0].endpoint)
        exchange.request = exchange.inbound.request
        if exchange.inbound.operation == "video":
            await self._attempt_all(exchange, exchange.plan, JobDelivery(send, headers, self._jobs))
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
        exchange.query = query = query_of(exchange)
        world = exchange.world
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
            await self._attempt_all(exchange, decided, way(client, listener, self._settlement))
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
            delivery = WholeDelivery(send, headers, self._settlement, padding, self._docs_url, self._fetcher)
            if exchange.inbound.operation in FREE_WHEN_LEFT:
                delivery.listener = Listener(exchange)
                watch = DisconnectWatch(receive, delivery.listener.gone)
            await self._attempt_all(exchange, decided, delivery)
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

    async def _attempt_all(self, exchange: Exchange, decided: Plan, delivery: Delivery) -> None:
        """Answer by one of the candidates, or tell the client why none did, inside the answer if it has begun."""
        try:
            try:
                await self._try_in_turn(
                    exchange, Tries(decided, exchange.world.settings.routing.attempts_max), delivery
                )
            finally:
                await self._land(exchange)
        except TrunklineError as error:
            exchange.error = error
            if not await delivery.refuse(exchange, error):
                raise

    async def _try_in_turn(self, exchange: Exchange, tries: Tries, delivery: Delivery) -> None:
        """Call candidates until one has answered the client; after the last, give up. Raises what became of it."""
        refusal: TrunklineError | None = None
        while not exchange.client_gone and (candidate := tries.next()) is not None:
            if exchange.attempts and _is_overdue(exchange, candidate):
                break
            if candidate.endpoint.variant == "free" and not exchange.quota_taken:
                await self._admission.free_quota(exchange)
            try:
                await self._admission.hold(exchange, candidate)
                conversion = convert(
                    exchange, candidate, self._secret, exchange.world.settings.routing.path, self._docs_url
                )
                if wanted := conversion.remote_media():
                    await self._fetcher.fetch(exchange, wanted, delivery.listener)
                encoded = conversion.encode(exchange.media if wanted else None)
            except (PaymentRequired, InvalidRequest) as reason:
                # Too dear, while a cheaper one may be affordable (AFF-06); or its format cannot say what was asked.
                refusal = refusal or reason
                continue
            outcome = await self._attempt(exchange, candidate, conversion, encoded, delivery)
            if outcome is None:
                return
            tries.failed(candidate, exchange.world.runtime_of(candidate.endpoint).provider.name, outcome)
        if refusal is not None and not exchange.attempts:
            raise refusal
        await self._give_up(exchange, tries)

    async def _attempt(
        self,
        exchange: Exchange,
        candidate: Candidate,
        conversion: Conversion,
        encoded: EncodedRequest,
        delivery: Delivery,
    ) -> Classified | None:
        """One call. None: the client has been answered, or has left."""
        if exchange.flight is None:
            exchange.flight = self._flights.begin(encode_flight(exchange))
            self._running.begin(exchange)
        runtime = exchange.world.runtime_of(candidate.endpoint)
        exchange.candidate, exchange.runtime, exchange.facts = candidate, runtime, None
        exchange.cache_use = None
        exchange.conversion, exchange.shortened = conversion, encoded.shortened
        await delivery.echo(exchange, runtime, conversion, encoded.body)
        request = compose(exchange.request, candidate, runtime, encoded, conversion.protocol_name)
        limit = exchange.inbound.time_limit
        if limit is not None:
            request = structs.replace(request, read_timeout_s=min(request.read_timeout_s, limit.seconds))
        upstream = self._sandbox if runtime.in_process else self._upstream
        if encoded.more_bodies or encoded.cacheable is not None:
            upstream = self._in_several_calls(upstream, exchange, candidate, encoded)
        if candidate.endpoint.id in self._health.recovering:
            self._health.begin_trial(candidate.endpoint.id)
        started_s = asyncio.get_running_loop().time()
        opened = await open_upstream(upstream, request, delivery.listener, runtime, exchange, conversion)
        if exchange.cache_use is not None:
            started_s += exchange.cache_use.prepared_s
        latency_s = asyncio.get_running_loop().time() - started_s
        if isinstance(opened, Classified):
            note(exchange, candidate, runtime, status=opened.fault.status or None, latency_s=latency_s)
            outcome = None if exchange.client_gone else opened
        else:
            note(exchange, candidate, runtime, status=opened.status, latency_s=latency_s)
            try:
                outcome = await delivery.deliver(exchange, runtime, opened, conversion)
            finally:
                opened.cancel()  # whatever was left unread; nothing, after a good answer
            if outcome is not None:
                renote(exchange, outcome.status)
        if exchange.cache_use is not None:
            exchange.cache_use.let_go()
        if limit is not None and outcome is not None and outcome.error_type == "timeout":
            outcome = structs.replace(outcome, safe_message=limit.advice)
        exchange.attempts_ended += 1
        self._remember(exchange, candidate, outcome or exchange.broken, started_s)
        if outcome is None and exchange.broken is None and not exchange.client_gone:
            elapsed_s = asyncio.get_running_loop().time() - exchange.received_s
            await self._stickiness.remember(exchange, exchange.received_ms + round(elapsed_s * 1000))
        return outcome

    def _in_several_calls(
        self, upstream: Upstream, exchange: Exchange, candidate: Candidate, encoded: EncodedRequest
    ) -> Upstream:
        """What makes of one attempt several calls: a request in parts, or one whose prefix is cached first."""
        if encoded.more_bodies:
            deadline_s = exchange.received_s + exchange.world.runtime_of(candidate.endpoint).total_timeout_s
            return PartsUpstream(upstream, encoded.more_bodies, deadline_s=deadline_s)
        if encoded.cacheable is None or self._prompt_caches is None:
            return upstream
        account_id, endpoint_id = exchange.principal.account_id, candidate.endpoint.id
        caching = self._prompt_caches.before(
            upstream, encoded.cacheable, account_id=account_id, endpoint_id=endpoint_id
        )
        exchange.cache_use = caching
        return caching

    def _remember(self, exchange: Exchange, candidate: Candidate, outcome: Classified | None, started_s: float) -> None:
        """Tell the endpoint's health what came of the attempt (routing-and-catalog.md 21)."""
        facts, now_s = exchange.facts, asyncio.get_running_loop().time()
        first_token_s = exchange.first_token_s
        self._health.record(
            candidate.endpoint.id,
            outcome=outcome if outcome is not None else "cancelled" if exchange.client_gone else "success",
            latency_s=first_token_s - started_s if first_token_s is not None else None,
            output_tokens=facts.usage.completion_tokens if facts is not None and facts.usage is not None else 0,
            duration_s=now_s - started_s,
        )

    async def _give_up(self, exchange: Exchange, tries: Tries) -> None:
        """No attempt answered: settle at no cost. Raises why, unless nobody listens any more."""
        elapsed_s = asyncio.get_running_loop().time() - exchange.received_s
        if exchange.client_gone:
            await self._settlement.settle(exchange, "cancelled", None, elapsed_s=elapsed_s)
            return
        error = exchange.error = tries.final_error()
        await self._settlement.settle(exchange, "failed", None, elapsed_s=elapsed_s)
        raise error

    async def _land(self, exchange: Exchange) -> None:
        """Whatever happened: no hold stays open, and the flight is over once its record is safe.

        A request that ended without a record, by a defect of ours or because its task was cancelled, is settled here
        as failed, so that nothing that was begun goes unseen.
        """
        try:
            if exchange.flight is not None and not exchange.settled:
                if not exchange.client_gone:
                    exchange.error = exchange.error or Internal("The request was cut off.")
                elapsed_s = asyncio.get_running_loop().time() - exchange.received_s
                status: GenerationStatus = "cancelled" if exchange.client_gone else "failed"
                await self._settlement.settle(exchange, status, None, elapsed_s=elapsed_s)
        finally:
            self._running.end(exchange)
            if not exchange.durable:
                await self._admission.release(exchange)
            elif exchange.flight is not None:
                self._flights.end(exchange.flight)


def _is_overdue(exchange: Exchange, candidate: Candidate) -> bool:
    """The time for a first token is over (routing-and-catalog.md 6): a call would be paid for and cut off."""
    total_timeout_s = exchange.world.runtime_of(candidate.endpoint).total_timeout_s
    return asyncio.get_running_loop().time() >= exchange.received_s + total_timeout_s
