"""Conversations that stay with an endpoint, between requests: routing-and-catalog.md 13.

What is decided is decided in `routing/sticky.py`; here it is read from the request and kept in shared state.
"""

from trunkline.gateway.exchange import Exchange
from trunkline.gateway.generation_conversion import InboundGeneration
from trunkline.routing.sticky import Conversation, conversation, fact_key, recall, renewed
from trunkline.storage.shared.interface import SharedState


class Stickiness:
    """Recalls before planning, remembers after an answer."""

    __slots__ = ("_shared",)

    def __init__(self, shared: SharedState) -> None:
        self._shared = shared

    async def recall(self, exchange: Exchange) -> None:
        """Learn where the request's conversation went before."""
        talk = conversation_of(exchange)
        if talk is not None:
            exchange.conversation = fact_key(exchange.principal.account_id, talk)
            text = await self._shared.recall(exchange.conversation, exchange.received_ms)
            exchange.remembered = recall(text, talk, exchange.received_ms)

    async def remember(self, exchange: Exchange, now_ms: int) -> None:
        """Keep who answered, if that is worth it."""
        candidate, facts, key = exchange.candidate, exchange.facts, exchange.conversation
        if candidate is None or facts is None or key is None:
            return
        usage = facts.usage
        kept = renewed(
            exchange.remembered,
            endpoint=candidate.endpoint,
            router=exchange.plan.router_of(candidate.model.id) if exchange.plan is not None else None,
            cached_tokens=usage.cached_tokens + usage.cache_write_tokens if usage is not None else 0,
            now_ms=now_ms,
        )
        if kept is not None:
            text, until_ms = kept
            await self._shared.remember(key, text, until_ms)


def conversation_of(exchange: Exchange) -> Conversation | None:
    """The request's session, its cache key, or what its messages begin with; None: nothing tells it apart."""
    inbound = exchange.inbound
    if not isinstance(inbound, InboundGeneration):
        session_id = exchange.session_id
        return Conversation(f"s{session_id}", explicit=True) if session_id else None
    request = inbound.request
    first_system, first_message = request.opening()
    return conversation(
        session_id=exchange.session_id,
        prompt_cache_key=request.prompt_cache_key,
        first_system=first_system,
        first_message=first_message,
    )
