"""Bytes from the upstream to the client, and how that ended.

A piece is read, edited and written where it comes in, in the event loop's own call; the request's coroutine sleeps
meanwhile, and wakes for what needs it: a client that is slow or gone, a fault, the end. Waking it through a dozen
frames for each piece cost a fifth of a paced stream.
"""

import asyncio
from collections.abc import Awaitable
from typing import Literal

from trunkline.gateway.client import ClientStream
from trunkline.gateway.exchange import Exchange
from trunkline.gateway.listener import Listener
from trunkline.protocols.answers import AnswerStream
from trunkline.providers.upstream import UpstreamFailed, UpstreamResponse

Ending = Literal["complete", "broken", "abandoned"]
"""`complete`: the upstream said all it wanted (its `facts` say whether that was a whole answer);
`broken`: `facts.fault` or an UpstreamFailed ended it; `abandoned`: the client left and the upstream was cancelled."""

DRAIN_S_MAX = 600.0


class Relay:
    """Reads one upstream stream to its end."""

    __slots__ = (
        "_answer",
        "_client",
        "_exchange",
        "_listener",
        "_loop",
        "_provider_name",
        "_response",
        "_unsent",
        "failure",
    )

    def __init__(
        self,
        exchange: Exchange,
        response: UpstreamResponse,
        answer: AnswerStream,
        client: ClientStream,
        listener: Listener,
        provider_name: str,
    ) -> None:
        self._exchange = exchange
        self._response = response
        self._answer = answer
        self._client = client
        self._listener = listener
        self._provider_name = provider_name
        self._loop = asyncio.get_running_loop()
        self._unsent: Awaitable[None] | None = None
        """What the client has yet to take before it is given more."""
        self.failure: UpstreamFailed | None = None

    async def run(self, *, deadline_s: float, cancel_when_gone: bool) -> Ending:
        """Relay until the upstream ends, breaks, or nobody listens any more.

        `deadline_s` (loop time) bounds the wait for the first content. When the client leaves, the upstream is
        cancelled at once if that stops its billing, otherwise read to its end so that the charge is true
        (inference.md 4.4), for ten minutes at most.
        """
        exchange, response, answer, facts = self._exchange, self._response, self._answer, self._answer.facts
        self._listener.response = response
        try:
            if exchange.client_gone:
                response.wake()
            while not facts.done:
                data = await response.read(into=self._take)
                if data == b"":
                    break
                if data is not None:
                    self._take(data)
                await self._catch_up()
                if facts.fault is not None:
                    response.cancel()
                    return "broken"
                if data is None and self._is_abandoned(deadline_s, cancel_when_gone):
                    response.cancel()
                    answer.close()
                    return "abandoned"
        except UpstreamFailed as failure:
            response.cancel()
            self.failure = failure
        finally:
            self._listener.response = None
        self._pass_on(answer.close())
        await self._catch_up()
        if self.failure is not None and facts.finish_reason is None:
            return "broken"
        return "broken" if facts.fault is not None else "complete"

    def _is_abandoned(self, deadline_s: float, cancel_when_gone: bool) -> bool:
        """Woken without a byte: whether to stop reading. Raises UpstreamFailed when content is overdue."""
        now_s = self._loop.time()
        if self._exchange.client_gone:
            return cancel_when_gone or now_s > deadline_s + DRAIN_S_MAX
        if now_s > deadline_s and not self._answer.facts.content_seen:
            raise UpstreamFailed("timeout_total", "no content in time")
        return False

    def _take(self, data: bytes) -> bool:
        """Pass on what came. False: `run` has something to do before more is taken."""
        answer = self._answer
        out = answer.feed(data)
        if out:
            self._pass_on(out)
        facts = answer.facts
        return self._unsent is None and not facts.done and facts.fault is None

    async def _catch_up(self) -> None:
        unsent, self._unsent = self._unsent, None
        if unsent is not None:
            await unsent

    def _pass_on(self, out: bytes) -> None:
        exchange = self._exchange
        if not out or exchange.client_gone:
            return
        if exchange.first_token_s is None:
            exchange.first_token_s = self._loop.time()
            self._client.provider = self._provider_name
        self._unsent = self._client.offer(out)


async def let_go(response: UpstreamResponse) -> None:
    """After an end marker: give the connection a moment to end its body, so that it can be used again."""
    try:
        if await response.read(wake_after_s=0.05) != b"":
            response.cancel()
    except UpstreamFailed:
        response.cancel()
