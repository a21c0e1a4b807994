"""Two calls beside each other: the first that has something to say is kept, the other dropped (`hedging.py`)."""

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable
from math import inf

from msgspec import Struct

from trunkline.gateway.attempt import Call, open_upstream
from trunkline.gateway.exchange import Exchange
from trunkline.gateway.listener import Listener
from trunkline.protocols.answers import AnswerIdentity, AnswerStream
from trunkline.protocols.commit import HELD_BYTES_MAX
from trunkline.protocols.faults.classify import classify_failure, classify_fault
from trunkline.protocols.faults.types import Classified
from trunkline.providers.upstream import Sink, UpstreamFailed, UpstreamResponse


class Contender:
    """One of the calls that run beside each other, until it has spoken."""

    def __init__(self, exchange: Exchange, call: Call) -> None:
        self.call = call
        self.opened: UpstreamResponse | Classified | None = None
        """An answer that has content, or ended in order; what became of it; None: it is still silent."""
        self.started_s = asyncio.get_running_loop().time()
        self.latency_s: float | None = None
        self.has_begun = False
        """Its provider took the request on."""
        self._exchange = exchange
        self._task = asyncio.get_running_loop().create_task(self._speak(), name="contender")

    @property
    def spoke(self) -> bool:
        return self.opened is not None and not isinstance(self.opened, Classified)

    async def spoken(self, other: "Contender | None", until_s: float) -> None:
        """Wait until one of both has spoken, both have failed, or until it is `until_s` (loop time)."""
        pending = {self._task} if other is None else {self._task, other._task}
        while pending and not self.spoke and not (other is not None and other.spoke):
            left_s = until_s - asyncio.get_running_loop().time()
            done, pending = await asyncio.wait(pending, timeout=max(0.0, left_s), return_when=asyncio.FIRST_COMPLETED)
            for task in done:
                task.result()
            if not done:
                return

    def waited_s(self) -> float:
        """Since it was called."""
        return asyncio.get_running_loop().time() - self.started_s

    async def drop(self) -> None:
        """Stop it: nobody listens."""
        self._task.cancel()
        await asyncio.wait((self._task,))
        if self.opened is not None and not isinstance(self.opened, Classified):
            self.opened.cancel()

    async def _speak(self) -> None:
        call = self.call
        opened = await open_upstream(call.upstream, call.request, None, call.runtime, self._exchange, call.conversion)
        self.latency_s = asyncio.get_running_loop().time() - self.started_s
        if isinstance(opened, Classified):
            self.opened = opened
            return
        self.has_begun = True
        try:
            self.opened = await _listen(opened, call.conversion.open_stream(_NOBODY))
        except BaseException:
            opened.cancel()
            raise


_NOBODY = AnswerIdentity(generation_id="", created_s=0, model="", provider="")
"""Of an answer that is read only to hear whether there is one."""


async def _listen(response: UpstreamResponse, answer: AnswerStream) -> UpstreamResponse | Classified:
    """Read until there is content, or an end in order: then the response, to be read from its beginning."""
    facts, read, size = answer.facts, list[bytes](), 0
    try:
        while not (facts.content_seen or facts.done or facts.fault) and size <= HELD_BYTES_MAX:
            data = await response.read()
            if data is None:
                continue
            read.append(data)
            size += len(data)
            if not data:
                answer.close()
                break
            answer.feed(data)
    except UpstreamFailed as failure:
        response.cancel()
        return classify_failure(failure.kind)
    if facts.fault is not None and not facts.content_seen:
        response.cancel()
        return classify_fault(facts.fault)
    return _Replayed(response, read)


class _Replayed:
    """Implements `UpstreamResponse`: what was read of it already comes once more."""

    __slots__ = ("_read", "_response", "headers", "status")

    def __init__(self, response: UpstreamResponse, read: list[bytes]) -> None:
        self.status = response.status
        self.headers = response.headers
        self._response = response
        self._read = deque(read)

    async def read(self, wake_after_s: float | None = None, into: Sink | None = None) -> bytes | None:
        return self._read.popleft() if self._read else await self._response.read(wake_after_s, into)

    async def read_all(self, limit_bytes: int, deadline_s: float = inf) -> bytes:
        read = b"".join(self._read)
        self._read.clear()
        return read + await self._response.read_all(limit_bytes, deadline_s)

    def wake(self) -> None:
        self._response.wake()

    def cancel(self) -> None:
        self._response.cancel()


class Race(Struct, frozen=True):
    """How it went. `winner.opened` is None where nobody spoke in time."""

    winner: Contender
    loser: Contender | None = None


class _Running:
    """Call; after some silence call another, too, if there is one; keep the first that speaks."""

    def __init__(self, exchange: Exchange, call: Call, second: Callable[[], Awaitable[Call | None]]) -> None:
        self._exchange = exchange
        self._first = Contender(exchange, call)
        self._other: Contender | None = None
        self._second = second

    async def to_end(self, patience_s: float, until_s: float) -> Race:
        """Whatever ends the waiting ends both calls, but for the one that is kept."""
        first = self._first
        try:
            await first.spoken(None, first.started_s + patience_s)
            if first.opened is None and (beside := await self._second()) is not None:
                self._other = Contender(self._exchange, beside)
            if first.opened is None:
                await first.spoken(self._other, until_s)
        except BaseException:
            await self._drop_but(None)
            raise
        result = self.result()
        await self._drop_but(result.winner if result.winner.spoke else None)
        return result

    def result(self) -> Race:
        """The first is the winner also where both failed, or were dropped."""
        first, other = self._first, self._other
        return Race(other, first) if other is not None and other.spoke and not first.spoke else Race(first, other)

    async def _drop_but(self, kept: Contender | None) -> None:
        for contender in (self._first, self._other):
            if contender is not None and contender is not kept:
                await contender.drop()


async def race(
    exchange: Exchange,
    call: Call,
    patience_s: float,
    second: Callable[[], Awaitable[Call | None]],
    until_s: float,
    listener: Listener | None,
) -> Race:
    """Call; after `patience_s` of silence call `second`, too, if it gives a call; keep the first that speaks.

    `until_s` (loop time) ends the waiting. When the client leaves meanwhile and the first provider stops billing for
    that, both are dropped; `exchange.client_gone` is then set.
    """
    run = _Running(exchange, call, second)
    if listener is None or not call.runtime.cancels_billing:
        return await run.to_end(patience_s, until_s)
    listener.begin_opening()
    try:
        return await run.to_end(patience_s, until_s)
    except asyncio.CancelledError:
        if not exchange.client_gone:
            raise
        return run.result()
    finally:
        listener.end_opening()
