"""An upstream's good answer to the client whole, once it has been read to its end."""

import asyncio

from trunkline.core.errors import TrunklineError
from trunkline.gateway.client import ClientStream, RawHeaders, Send, provider_header, send_whole
from trunkline.gateway.conversion import Conversion
from trunkline.gateway.delivery import break_off, cut_short, identity_of, is_left_free, metadata_of, report_of
from trunkline.gateway.exchange import Exchange
from trunkline.gateway.fetching import MediaFetcher
from trunkline.gateway.listener import Listener
from trunkline.gateway.settlement import Settlement
from trunkline.generations.types import GenerationStatus
from trunkline.protocols.addressed import AddressedBody
from trunkline.protocols.faults.classify import classify_failure, classify_fault
from trunkline.protocols.faults.types import Classified
from trunkline.providers.types import ProviderRuntime
from trunkline.providers.upstream import UpstreamFailed, UpstreamResponse

BODY_BYTES_MAX = 64 * 1024 * 1024


class WholeDelivery:
    """One JSON body. Runs to its end also when the client leaves (inference.md 4.4).

    With `padding`, white space goes out while the upstream works, for clients behind impatient proxies; the status is
    200 from then on, whatever comes.
    """

    __slots__ = ("_docs_url", "_fetcher", "_headers", "_loop", "_padding", "_send", "_settlement", "listener")

    def __init__(
        self,
        send: Send,
        headers: RawHeaders,
        settlement: Settlement,
        padding: ClientStream | None,
        docs_url: str,
        fetcher: MediaFetcher,
    ) -> None:
        self._fetcher = fetcher
        self._padding = padding
        self._docs_url = docs_url
        self._send = send
        self._headers = headers
        self.listener: Listener | None = None
        self._settlement = settlement
        self._loop = asyncio.get_running_loop()

    async def deliver(
        self, exchange: Exchange, runtime: ProviderRuntime, response: UpstreamResponse, conversion: Conversion
    ) -> Classified | None:
        deadline_s = exchange.received_s + runtime.total_timeout_s
        if (limit := exchange.inbound.time_limit) is not None:
            deadline_s = min(deadline_s, self._loop.time() + limit.seconds)
        try:
            data = await response.read_all(BODY_BYTES_MAX, deadline_s=deadline_s)
        except UpstreamFailed as failure:
            return classify_failure(failure.kind)
        answer = conversion.open_body(data, identity_of(exchange, runtime))
        if isinstance(answer, AddressedBody) and answer.addresses:
            answer.fill(await self._fetcher.download(answer.addresses, deadline_s=deadline_s))
        facts = exchange.facts = answer.facts
        is_left = is_left_free(exchange)
        status: GenerationStatus = "cancelled" if is_left else "completed"
        if facts.fault is not None:
            classified = classify_fault(facts.fault)
            if not facts.content_seen:
                return classified
            # What came before the failure is given, and costs nothing (inference.md 3).
            break_off(exchange, runtime, classified)
            status = "failed"
        bill = self._settlement.bill(exchange, failed=status != "completed")
        await self._settlement.settle(exchange, status, bill, elapsed_s=self._loop.time() - exchange.received_s)
        if not is_left:
            await self._send_answer(exchange, self._begun(), answer.render(report_of(exchange, bill)))
        return None

    async def _send_answer(self, exchange: Exchange, begun: ClientStream | None, body: bytes) -> None:
        if begun is not None:
            await begun.finish(body)
            return
        assert exchange.runtime is not None
        exchange.answering = True
        await send_whole(self._send, 200, [*self._headers, provider_header(exchange.runtime.provider.name)], body)

    def _begun(self) -> ClientStream | None:
        """The body that white space began; None when none has gone out, and none will."""
        if self._padding is None:
            return None
        self._padding.stop()
        return self._padding if self._padding.committed else None

    async def echo(self, exchange: Exchange, runtime: ProviderRuntime, conversion: Conversion, body: bytes) -> None:
        """Ignored without streaming."""

    async def break_off(self, exchange: Exchange) -> bool:
        """What is read whole never begins."""
        return False

    async def refuse(self, exchange: Exchange, error: TrunklineError) -> bool:
        begun = self._begun()
        if (answer := cut_short(exchange, error)) is not None:
            await self._send_answer(exchange, begun, answer)
            return True
        if begun is None:
            return False
        body = exchange.inbound.format.render_error(
            error,
            docs_base=self._docs_url,
            user_id=exchange.principal.account_id,
            generation_id=exchange.generation_id,
            metadata=metadata_of(exchange, succeeded=False),
        )
        await begun.finish(body)
        return True
