"""How many tokens a prompt has, by the counter of the endpoint that would answer it (inference.md 18.6).

Nothing is held, recorded or charged: providers count without a charge.
"""

import asyncio

from msgspec import structs

from trunkline.gateway.attempt import compose
from trunkline.gateway.conversion import EncodedRequest, target_of
from trunkline.gateway.exchange import Exchange
from trunkline.gateway.upstreams import protocol_of
from trunkline.protocols.token_count import CountedRequest
from trunkline.providers.upstream import Upstream, UpstreamFailed, UpstreamRequest
from trunkline.routing.types import Candidate, Plan

COUNT_S_MAX = 10.0
"""A slower counter is done without."""
COUNT_BYTES_MAX = 64 * 1024


class TokenCounter:
    """Asks upstreams."""

    __slots__ = ("_upstream",)

    def __init__(self, upstream: Upstream) -> None:
        self._upstream = upstream

    async def count(self, exchange: Exchange, request: CountedRequest, plan: Plan) -> int:
        """What the first candidate's counter says; the estimate where it has none, or it fails."""
        for candidate in plan.attempts[:1]:
            counted = await self._ask(exchange, request, candidate)
            if counted is not None:
                return counted
        return request.prompt_tokens_estimate

    async def _ask(self, exchange: Exchange, request: CountedRequest, candidate: Candidate) -> int | None:
        runtime = exchange.runtime_of(candidate)
        if runtime.in_process:
            return None
        protocol = protocol_of(candidate.endpoint, frozenset({"anthropic-messages"}))
        target = structs.replace(target_of(candidate, user_hash=None, max_tokens_override=None), protocol=protocol)
        call = request.counter_call(target, exchange.caller.anthropic_betas)
        if call is None:
            return None
        encoded = EncodedRequest(call.path, call.headers, call.body)
        data = await self._send(compose(request, candidate, runtime, encoded, protocol))
        return None if data is None else request.read_count(data)

    async def _send(self, request: UpstreamRequest) -> bytes | None:
        """The counter's answer, None for any failure."""
        try:
            async with asyncio.timeout(COUNT_S_MAX):
                response = await self._upstream.open(request)
                try:
                    return await response.read_all(COUNT_BYTES_MAX) if response.status == 200 else None
                finally:
                    response.cancel()  # nothing, after a whole answer
        except (UpstreamFailed, TimeoutError):
            return None
