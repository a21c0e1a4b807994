"""The attempts of one request, in turn until one has answered (routing-and-catalog.md 6)."""

import asyncio

from msgspec import structs

from trunkline.accounts.byok.standing import Standings
from trunkline.core.errors import Internal, InvalidRequest, PaymentRequired, TrunklineError
from trunkline.gateway.admission import Admission
from trunkline.gateway.attempt import Call, Tries, compose, convert, is_overdue, note, open_upstream, renote, serve_by
from trunkline.gateway.conversion import Conversion, EncodedRequest
from trunkline.gateway.delivery import Delivery
from trunkline.gateway.exchange import Exchange
from trunkline.gateway.fetching import MediaFetcher
from trunkline.gateway.flights import encode_flight
from trunkline.gateway.followed import FollowedUpstream
from trunkline.gateway.hedging import Hedger, may_hedge
from trunkline.gateway.parts import PartsUpstream
from trunkline.gateway.prompt_caches import PromptCaches
from trunkline.gateway.race import race
from trunkline.gateway.recovery import begin_recovery, may_follow
from trunkline.gateway.running import Running
from trunkline.gateway.settlement import Settlement
from trunkline.gateway.stickiness import Stickiness
from trunkline.generations.types import GenerationStatus
from trunkline.observability.metrics import GatewayMetrics
from trunkline.protocols.faults.classify import classify_failure
from trunkline.protocols.faults.types import Classified
from trunkline.providers.upstream import Upstream, UpstreamResponse
from trunkline.routing.health import MemoryHealth
from trunkline.routing.types import Candidate, Plan
from trunkline.storage.flights import FlightRecorder


class AttemptLoop:
    """Calls the candidates of plans."""

    def __init__(
        self,
        *,
        docs_url: str,
        upstream: Upstream,
        sandbox: Upstream,
        fetcher: MediaFetcher,
        prompt_caches: PromptCaches | None,
        admission: Admission,
        settlement: Settlement,
        health: MemoryHealth,
        flights: FlightRecorder,
        running: Running,
        stickiness: Stickiness,
        end_user_secret: bytes,
        metrics: GatewayMetrics,
        standings: Standings,
    ) -> None:
        self._upstream = upstream
        self._sandbox = sandbox
        self._fetcher = fetcher
        self._prompt_caches = prompt_caches
        self._admission = admission
        self._settlement = settlement
        self._health = health
        self._flights = flights
        self._running = running
        self._stickiness = stickiness
        self._hedger = Hedger(health)
        self._secret = end_user_secret
        self._metrics = metrics
        self._docs_url = docs_url
        self._standings = standings

    async def answer(self, exchange: Exchange, decided: Plan, delivery: Delivery) -> None:
        """Answer by one of the candidates, or tell the client why none did, inside the answer if it has begun."""
        settings = exchange.world.settings
        if settings.recovery.enabled and exchange.request.stream:
            begin_recovery(exchange, decided)
        try:
            try:
                await self._try_in_turn(exchange, Tries(decided, settings.routing.attempts_max), delivery)
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
            if exchange.attempts and is_overdue(exchange, candidate):
                break
            if candidate.endpoint.variant == "free" and not exchange.quota_taken:
                await self._admission.free_quota(exchange)
            try:
                await self._admission.hold(exchange, candidate)
                conversion, encoded = await self._encode(exchange, candidate, delivery)
            except (PaymentRequired, InvalidRequest) as reason:
                # Too dear, while a cheaper one may be affordable (AFF-06); or its format cannot say what was asked.
                refusal = refusal or reason
                continue
            if exchange.flight is None:
                exchange.flight = self._flights.begin(encode_flight(exchange))
                self._running.begin(exchange)
            call = self._compose(exchange, candidate, conversion, encoded)
            serve_by(exchange, call)
            if exchange.said_tokens:
                self._metrics.continuations += 1
            await delivery.echo(exchange, call.runtime, conversion, encoded.body)
            if await self._attempt(exchange, call, tries, delivery):
                return
            if exchange.recovery is not None:
                tries.keep(lambda next_one: may_follow(exchange, next_one))
        if refusal is not None and not exchange.attempts:
            raise refusal
        await self._give_up(exchange, tries, delivery)

    async def _encode(
        self, exchange: Exchange, candidate: Candidate, delivery: Delivery
    ) -> tuple[Conversion, EncodedRequest]:
        """What is sent to this candidate. Raises InvalidRequest where its format cannot say what was asked."""
        conversion = convert(exchange, candidate, self._secret, exchange.world.settings.routing.path, self._docs_url)
        if wanted := conversion.remote_media():
            await self._fetcher.fetch(exchange, wanted, delivery.listener)
        return conversion, conversion.encode(exchange.media if wanted else None)

    def _compose(
        self, exchange: Exchange, candidate: Candidate, conversion: Conversion, encoded: EncodedRequest
    ) -> Call:
        """The call, and who makes it."""
        runtime = exchange.runtime_of(candidate)
        request = compose(exchange.request, candidate, runtime, encoded, conversion.protocol_name)
        limit = exchange.inbound.time_limit
        if limit is not None:
            request = structs.replace(request, read_timeout_s=min(request.read_timeout_s, limit.seconds))
        exchange.cache_use = None
        upstream = self._sandbox if runtime.in_process else self._upstream
        if encoded.takes_several_calls:
            upstream = self._in_several_calls(upstream, exchange, candidate, encoded)
        if candidate.endpoint.id in self._health.recovering:
            self._health.begin_trial(candidate.endpoint.id)
        return Call(candidate, runtime, conversion, encoded, upstream, request)

    async def _attempt(self, exchange: Exchange, call: Call, tries: Tries, delivery: Delivery) -> bool:
        """One call, or two beside each other. True: the client has been answered, or has left."""
        started_s = asyncio.get_running_loop().time()
        hedging, patience_s = exchange.world.settings.hedging, None
        if hedging.enabled and exchange.request.stream:
            patience_s = self._hedger.patience_s(exchange, call)
        if patience_s is None:
            opened = await open_upstream(
                call.upstream, call.request, delivery.listener, call.runtime, exchange, call.conversion
            )
            if exchange.cache_use is not None:
                started_s += exchange.cache_use.prepared_s
            latency_s = asyncio.get_running_loop().time() - started_s
        else:
            call, opened, started_s, latency_s = await self._race(exchange, call, patience_s, tries, delivery)
        candidate, runtime, limit = call.candidate, call.runtime, exchange.inbound.time_limit
        if isinstance(opened, Classified):
            note(exchange, candidate, runtime, status=opened.fault.status or None, latency_s=latency_s)
            outcome = None if exchange.client_gone else opened
        else:
            note(exchange, candidate, runtime, status=opened.status, latency_s=latency_s)
            try:
                outcome = await delivery.deliver(exchange, runtime, opened, call.conversion)
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
        if outcome is not None:
            tries.failed(candidate, runtime.provider.name, outcome)
            return False
        if exchange.broken is None and not exchange.client_gone:
            elapsed_s = asyncio.get_running_loop().time() - exchange.received_s
            await self._stickiness.remember(exchange, exchange.received_ms + round(elapsed_s * 1000))
        return True

    async def _race(
        self, exchange: Exchange, call: Call, patience_s: float, tries: Tries, delivery: Delivery
    ) -> tuple[Call, UpstreamResponse | Classified, float, float | None]:
        """Call, and another beside it where it is late. The one that is kept: what came of it, when it began, and how
        long its head took."""
        first = call.candidate

        async def second() -> Call | None:
            return await self._second(exchange, first, tries, delivery)

        until_s = exchange.awaited_since_s + call.runtime.total_timeout_s
        run = await race(exchange, call, patience_s, second, until_s, delivery.listener)
        if run.loser is not None:
            self._hedger.note_loser(exchange, run.loser, tries, self._settlement)
        winner = run.winner
        serve_by(exchange, winner.call)
        self._metrics.hedges_won += winner.call is not call
        opened = winner.opened or classify_failure("reset" if exchange.client_gone else "timeout_total")
        return winner.call, opened, winner.started_s, winner.latency_s

    async def _second(self, exchange: Exchange, first: Candidate, tries: Tries, delivery: Delivery) -> Call | None:
        """The call that is made beside a late one; None where nobody is to be had, or nothing to pay it with."""
        candidate = tries.take(lambda other: may_hedge(other, first) and self._hedger.budget.spend())
        if candidate is None or not await self._admission.widen(exchange, candidate):
            return None
        try:
            conversion, encoded = await self._encode(exchange, candidate, delivery)
        except InvalidRequest:
            return None
        self._metrics.hedges += 1
        exchange.in_parts = True
        return self._compose(exchange, candidate, conversion, encoded)

    def _in_several_calls(
        self, upstream: Upstream, exchange: Exchange, candidate: Candidate, encoded: EncodedRequest
    ) -> Upstream:
        """What makes of one attempt several calls: a request in parts, one whose answer is asked after, or one whose
        prefix is cached first."""
        deadline_s = exchange.received_s + exchange.runtime_of(candidate).total_timeout_s
        if encoded.more_bodies:
            return PartsUpstream(upstream, encoded.more_bodies, deadline_s=deadline_s)
        if encoded.next_address is not None:
            return FollowedUpstream(upstream, encoded.next_address, deadline_s=deadline_s)
        if encoded.cacheable is None or self._prompt_caches is None:
            return upstream
        account_id, endpoint_id = exchange.principal.account_id, candidate.endpoint.id
        if candidate.byok_key_id is not None:
            endpoint_id += f"|{candidate.byok_key_id}"  # a cache belongs to the account whose key made it
        caching = self._prompt_caches.before(
            upstream, encoded.cacheable, account_id=account_id, endpoint_id=endpoint_id
        )
        exchange.cache_use = caching
        return caching

    def _remember(self, exchange: Exchange, candidate: Candidate, outcome: Classified | None, started_s: float) -> None:
        """Tell health what came of the attempt (routing-and-catalog.md 21); a caller's refused key says nothing."""
        is_known = outcome is not None or not exchange.client_gone
        key_id = candidate.byok_key_id if is_known else None
        if key_id is not None and self._standings.heard(exchange.own_keys.by_id[key_id].credential, outcome):
            return
        facts, now_s = exchange.facts, asyncio.get_running_loop().time()
        first_token_s = exchange.first_token_s
        if first_token_s is not None and first_token_s < started_s:
            first_token_s = None  # of the attempt that this one goes on with
        self._health.record(
            candidate.endpoint.id,
            outcome=outcome if outcome is not None else "cancelled" if exchange.client_gone else "success",
            latency_s=first_token_s - started_s if first_token_s is not None else None,
            output_tokens=facts.usage.completion_tokens if facts is not None and facts.usage is not None else 0,
            duration_s=now_s - started_s,
        )

    async def _give_up(self, exchange: Exchange, tries: Tries, delivery: Delivery) -> None:
        """No attempt answered: settle at no cost. Raises why, unless nobody listens any more, or the client has read
        the beginning of an answer, in which it is told."""
        if not exchange.client_gone and await delivery.break_off(exchange):
            return
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
