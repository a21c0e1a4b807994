"""What the body builder wrote, to its client: whole, or as a stream of one delta (routing-and-catalog.md 12.3)."""

import asyncio
from typing import Final

import msgspec
from msgspec import Raw, Struct, structs

from trunkline.core.json import encode, members, raw
from trunkline.gateway.body_building import Unusable, ask_again, finish
from trunkline.gateway.client import provider_header
from trunkline.gateway.conversion import Conversion
from trunkline.gateway.delivery import identity_of, report_of
from trunkline.gateway.exchange import Building, Exchange
from trunkline.gateway.whole_delivery import BODY_BYTES_MAX, WholeDelivery
from trunkline.protocols.faults.classify import classify_failure, classify_fault
from trunkline.protocols.faults.types import Classified
from trunkline.providers.types import ProviderRuntime
from trunkline.providers.upstream import UpstreamFailed, UpstreamResponse

_IN_STREAM: Final = ("id", "created", "model", "provider", "system_fingerprint")


class _Message(Struct, frozen=True):
    content: str | None = None


class _Choice(Struct, frozen=True):
    message: _Message = _Message()


class _Answer(Struct, frozen=True):
    choices: tuple[_Choice, ...] = ()


_answer = msgspec.json.Decoder(_Answer)


class BodyDelivery(WholeDelivery):
    """Reads the answer whole, checks and completes it, and asks once more where it cannot be used."""

    async def deliver(
        self, exchange: Exchange, runtime: ProviderRuntime, response: UpstreamResponse, conversion: Conversion
    ) -> Classified | None:
        building = exchange.building
        assert building is not None  # made before routing
        try:
            data = await response.read_all(BODY_BYTES_MAX, deadline_s=exchange.received_s + runtime.total_timeout_s)
        except UpstreamFailed as failure:
            return classify_failure(failure.kind)
        answer = conversion.open_body(data, identity_of(exchange, runtime))
        facts = exchange.facts = answer.facts
        if facts.fault is not None:
            return classify_fault(facts.fault)
        bill = self._settlement.bill(exchange)
        body = answer.render(report_of(exchange, bill))
        written = "".join(choice.message.content or "" for choice in _answer.decode(body).choices[:1])
        try:
            content = finish(building, written, exchange.world)
        except Unusable as reason:
            ask_again(exchange, building, written, str(reason))
            return _unusable()
        await self._settlement.settle(exchange, "completed", bill, elapsed_s=self._loop.time() - exchange.received_s)
        await self._answer(exchange, building, body, content)
        return None

    async def _answer(self, exchange: Exchange, building: Building, body: bytes, content: str) -> None:
        message = {"role": "assistant", "content": content}
        if not building.streamed:
            choice = {"index": 0, "message": message, "logprobs": None, "finish_reason": "stop"}
            await self._send_answer(exchange, self._begun(), encode({**members(body), "choices": raw([choice])}))
            return
        assert exchange.runtime is not None
        exchange.answering = True
        headers = [(b"content-type", b"text/event-stream"), (b"cache-control", b"no-cache"), *self._headers]
        headers.append(provider_header(exchange.runtime.provider.name))
        await self._send({"type": "http.response.start", "status": 200, "headers": headers})
        await self._send({"type": "http.response.body", "body": _stream(members(body), message), "more_body": False})
        await asyncio.sleep(0)


def _stream(body: dict[str, Raw], message: dict[str, str]) -> bytes:
    """One delta with everything, the end with usage, and `[DONE]`."""
    common = {name: body[name] for name in _IN_STREAM if name in body}
    common["object"] = raw("chat.completion.chunk")
    said = {"index": 0, "delta": message, "finish_reason": None}
    ended = {"index": 0, "delta": {**message, "content": ""}, "finish_reason": "stop"}
    rest = {name: body[name] for name in ("usage", "openrouter_metadata") if name in body}
    chunks = ({**common, "choices": raw([said])}, {**common, "choices": raw([ended]), **rest})
    return b"".join(b"data: %b\n\n" % encode(chunk) for chunk in chunks) + b"data: [DONE]\n\n"


def _unusable() -> Classified:
    """The model's failure, not the endpoint's: the next attempt may be at the same."""
    return structs.replace(
        classify_failure("protocol"),
        status=502,
        transient=False,
        counts_against_uptime=False,
        safe_message="The model that writes request bodies wrote none that can be used.",
    )
