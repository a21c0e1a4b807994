"""How an upstream's good answer reaches the client: streamed while it is read, or whole.

Both deliveries keep one promise (OP-42): what ends an answer for the client, the last event or the body, is sent only
after the record is durable. Both hand a failure before the first content back as a `Classified`, so that another
endpoint may answer (routing-and-catalog.md 6).
"""

import asyncio
from typing import ClassVar, Protocol

from msgspec import Raw

from trunkline.catalog.types import Operation
from trunkline.core.errors import TrunklineError
from trunkline.core.money import NO_CHARGE
from trunkline.gateway.attempt import failed_attempt
from trunkline.gateway.client import ClientStream
from trunkline.gateway.conversion import Conversion
from trunkline.gateway.exchange import Exchange
from trunkline.gateway.generation_conversion import InboundGeneration
from trunkline.gateway.listener import Listener
from trunkline.gateway.recovery import note_break, price_part, return_to_break
from trunkline.gateway.relay import Relay, let_go
from trunkline.gateway.settlement import Bill, Settlement
from trunkline.gateway.stages import stages_of
from trunkline.generations.types import GenerationStatus
from trunkline.protocols.answers import AnswerIdentity, AnswerStream, UsageReport
from trunkline.protocols.events import Usage
from trunkline.protocols.faults.classify import classify_failure, classify_fault
from trunkline.protocols.faults.types import Classified
from trunkline.providers.types import ProviderRuntime
from trunkline.providers.upstream import UpstreamResponse
from trunkline.routing.attempts import final_error
from trunkline.routing.metadata import router_metadata

FREE_WHEN_LEFT: frozenset[Operation] = frozenset({"image"})
"""What a client that leaves is not billed for (inference.md 22.2)."""


class Delivery(Protocol):
    """One way of answering."""

    listener: Listener | None
    """Set where the client's leaving stops the work."""

    async def deliver(
        self, exchange: Exchange, runtime: ProviderRuntime, response: UpstreamResponse, conversion: Conversion
    ) -> Classified | None:
        """Pass the answer on and settle it. None: the client has been answered; else nothing reached it yet."""
        ...

    async def echo(self, exchange: Exchange, runtime: ProviderRuntime, conversion: Conversion, body: bytes) -> None:
        """Show what is being sent to the provider, where the caller asked for it and the format has a place."""
        ...

    async def break_off(self, exchange: Exchange) -> bool:
        """Nobody went on with an answer that broke off: tell the client so, and settle. False: none had begun."""
        ...

    async def refuse(self, exchange: Exchange, error: TrunklineError) -> bool:
        """Tell the client inside the answer why there is none. False: it has not begun, so a JSON error can tell."""
        ...


def identity_of(exchange: Exchange, runtime: ProviderRuntime) -> AnswerIdentity:
    """What stands in every chunk and body of this answer."""
    assert exchange.candidate is not None
    return AnswerIdentity(
        generation_id=exchange.generation_id,
        created_s=exchange.received_ms // 1000,
        model=exchange.candidate.model.id,
        provider=runtime.provider.name,
    )


def report_of(exchange: Exchange, bill: Bill) -> UsageReport:
    """The usage object and its neighbours at the end of an answer."""
    facts = exchange.facts
    return UsageReport(
        usage=bill.usage,
        charge=bill.charge,
        service_tier=facts.service_tier if facts is not None else None,
        metadata=metadata_of(exchange, succeeded=exchange.error is None),
        completed_s=completed_s(exchange),
    )


def cut_short(exchange: Exchange, error: TrunklineError) -> bytes | None:
    """The answer that the last provider's refusal comes to in formats that tell some refusals so (inference.md 5.7)."""
    inbound, runtime = exchange.inbound, exchange.runtime
    if runtime is None or not exchange.attempts or not isinstance(inbound, InboundGeneration):
        return None
    metadata = metadata_of(exchange, succeeded=False)
    report = UsageReport(usage=Usage(), charge=NO_CHARGE, metadata=metadata, completed_s=completed_s(exchange))
    return inbound.request.cut_short(error, identity_of(exchange, runtime), report)


def completed_s(exchange: Exchange) -> int:
    """The Unix second in which the answer ends: now."""
    elapsed_s = asyncio.get_running_loop().time() - exchange.received_s
    return (exchange.received_ms + round(elapsed_s * 1000)) // 1000


def metadata_of(exchange: Exchange, *, succeeded: bool) -> Raw:
    """`openrouter_metadata` where the caller opted in, else empty."""
    if not exchange.caller.wants_metadata or exchange.plan is None:
        return Raw(b"")
    return router_metadata(
        exchange.plan,
        tried=[(tried, note.status or 0) for tried, note in zip(exchange.tried, exchange.attempts, strict=True)],
        selected=exchange.candidate if succeeded else None,
        providers=exchange.world.snapshot.providers,
        pipeline=stages_of(exchange),
    )


def break_off(exchange: Exchange, runtime: ProviderRuntime, classified: Classified) -> TrunklineError:
    """The upstream failed after content came: no other endpoint may answer now. Returns what the caller is told."""
    assert exchange.candidate is not None
    exchange.broken = classified
    exchange.error = final_error(
        (failed_attempt(exchange.candidate, runtime.provider.name, classified),), requested=exchange.request.models
    )
    return exchange.error


def is_left_free(exchange: Exchange) -> bool:
    """Nobody waits for the answer any more, and nobody pays for it."""
    return exchange.client_gone and exchange.inbound.operation in FREE_WHEN_LEFT


class StreamDelivery:
    """Server-sent events."""

    is_raw: ClassVar[bool] = False
    """Bytes without events: only the connection's proper end ends them, and their price is known from the start."""

    __slots__ = ("_client", "_listener", "_loop", "_settlement", "listener")

    def __init__(self, client: ClientStream, listener: Listener, settlement: Settlement) -> None:
        self._client = client
        self._listener = listener
        self.listener: Listener | None = listener
        self._settlement = settlement
        self._loop = asyncio.get_running_loop()

    async def deliver(
        self, exchange: Exchange, runtime: ProviderRuntime, response: UpstreamResponse, conversion: Conversion
    ) -> Classified | None:
        answer = conversion.open_stream(identity_of(exchange, runtime))
        facts = exchange.facts = answer.facts
        relay = Relay(exchange, response, answer, self._client, self._listener, runtime.provider.name)
        ending = await relay.run(
            deadline_s=exchange.awaited_since_s + runtime.total_timeout_s,
            cancel_when_gone=self.is_raw or runtime.cancels_billing,
        )
        if ending == "broken" or (self.is_raw and relay.failure is not None):
            classified = (
                classify_failure(relay.failure.kind)
                if relay.failure is not None
                else classify_fault(facts.fault)
                if facts.fault is not None
                else classify_failure("reset")
            )
            if not facts.content_seen:
                return classified
            if note_break(exchange, answer, classified, self._settlement, self._loop.time()):
                return classified
            await self._break_off(exchange, runtime, answer, classified)
            return None
        bill = self._settlement.bill(exchange, failed=is_left_free(exchange))
        if exchange.in_parts:
            price_part(exchange, bill)
        await self._settle(exchange, "cancelled" if exchange.client_gone else "completed", bill)
        self._client.provider = runtime.provider.name
        await self._finish(answer.tail(report_of(exchange, bill)))
        if ending == "complete":
            await let_go(response)
        return None

    async def _break_off(
        self, exchange: Exchange, runtime: ProviderRuntime, answer: AnswerStream, classified: Classified
    ) -> None:
        """The upstream failed after content was sent: an error event, never a fake end; nothing is charged."""
        error = break_off(exchange, runtime, classified)
        bill = self._settlement.bill(exchange, failed=True)
        await self._settle(exchange, "cancelled" if exchange.client_gone else "failed", bill)
        await self._finish(answer.error_tail(error, report_of(exchange, bill)))

    async def break_off(self, exchange: Exchange) -> bool:
        recovery, broken = exchange.recovery, return_to_break(exchange)
        if recovery is None or recovery.answer is None or broken is None:
            return False
        await self._break_off(exchange, broken.runtime, recovery.answer, broken.classified)
        return True

    async def _settle(self, exchange: Exchange, status: GenerationStatus, bill: Bill) -> None:
        await self._settlement.settle(exchange, status, bill, elapsed_s=self._loop.time() - exchange.received_s)

    async def _finish(self, data: bytes) -> None:
        self._listener.answered()
        await self._client.finish(data)

    async def echo(self, exchange: Exchange, runtime: ProviderRuntime, conversion: Conversion, body: bytes) -> None:
        if not exchange.request.echo_upstream_body or exchange.said_tokens:
            return  # what goes on with an answer is told of in its midst, where it has no place (inference.md 4.6)
        if event := conversion.echo(body, identity_of(exchange, runtime)):
            await self._client.write(event)

    async def refuse(self, exchange: Exchange, error: TrunklineError) -> bool:
        if exchange.recovery is not None and (begun := exchange.recovery.answer) is not None:
            await self._finish(begun.error_tail(error, None))
            return True
        if (answer := cut_short(exchange, error)) is not None:
            await self._finish(answer)
            return True
        if not self._client.committed or exchange.conversion is None or exchange.runtime is None:
            return False
        answer = exchange.conversion.open_stream(identity_of(exchange, exchange.runtime))
        await self._finish(answer.error_tail(error, None))
        return True
