"""Recorded exchanges through a whole gateway: a client sends the recorded request, the provider answers as recorded.

All over real sockets, and streams are cut anywhere.
Each exchange is a model of its own (`recorded/<id>`), so that all can be under way at the same time.
"""

import asyncio
import random
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import httpx

from tests.fakes.provider import FakeProvider
from tests.fakes.replies import Call, body, sse
from tests.instance import Instance, endpoint
from tests.protocols.chat_recordings import OMITS_FINISH_REASON
from tests.protocols.test_chat_request_recorded import ANYTHING_GOES, VENDOR_MEMBERS
from tests.recorded import exchanges
from tests.tap import Tap
from trunkline.settings import ProviderSettings, Routing

Exchange = dict[str, Any]

FILES = ("openai-chat.jsonl.gz", "openrouter-chat.jsonl.gz")
CONCURRENT = 16
CONTEXT_LENGTH = 10_000_000
"""Some recordings are of prompts that were too long: the provider's own answer is what is wanted."""
STEERING = frozenset({"model", "models", "provider", "preset", "route"})
"""Members that choose a model or provider of the recorder's; here there is one for each exchange."""
PLAIN = {"messages": [{"role": "user", "content": "Hi"}]}


@dataclass(frozen=True)
class Replayed:
    """What came of one exchange."""

    exchange: Exchange
    asked: dict[str, Any]
    """The body that our client sent."""
    own_refusal: httpx.Response | None
    """Our refusal of the recorded request, for which a plain one was then sent."""
    response: httpx.Response
    """What our client received."""
    sent: dict[str, Any]
    """The body that the provider received."""

    @property
    def id(self) -> str:
        return self.exchange["id"]

    @property
    def stream(self) -> bool:
        return self.exchange["stream"]


@dataclass(frozen=True)
class Replay:
    """All of them, on one path."""

    replayed: list[Replayed]
    shape_problems: list[tuple[str, list[str]]]
    audit: list[object]
    spent_usd: float
    """By the key, when all was over."""


def recordings() -> list[Exchange]:
    return [exchange for file in FILES for exchange in exchanges(file)]


async def replay(path: Literal["auto", "hub"], home: Path) -> Replay:
    """Send every recorded request through a fresh gateway."""
    by_id = {exchange["id"]: exchange for exchange in recordings()}

    async def recorded_answer(call: Call) -> None:
        await _answer(by_id[str(call.json["model"])], call)

    tap = Tap()
    async with FakeProvider() as provider:
        provider.always(recorded_answer)
        instance = Instance(
            home,
            endpoints=[_endpoint(exchange, provider) for exchange in by_id.values()],
            providers={"acme": ProviderSettings(base_url=provider.url, passthrough=tuple(VENDOR_MEMBERS))},
            routing=Routing(path=path),
            wrap=tap,
        )
        async with instance:
            gate = asyncio.Semaphore(CONCURRENT)

            async def send(exchange: Exchange) -> tuple[dict[str, Any], httpx.Response | None, httpx.Response]:
                async with gate:
                    return await _send(instance, exchange)

            answers = await asyncio.gather(*(send(exchange) for exchange in by_id.values()))
            sent = {str(request.json["model"]): request.json for request in provider.requests}
            audit, spent_usd = await instance.audit(), await instance.usage()
    unasked = [answer[2].text for exchange_id, answer in zip(by_id, answers, strict=True) if exchange_id not in sent]
    assert not unasked, f"{len(unasked)} requests never reached the provider; the first: {unasked[0]}"
    replayed = [
        Replayed(exchange, asked, refusal, response, sent[exchange["id"]])
        for exchange, (asked, refusal, response) in zip(by_id.values(), answers, strict=True)
    ]
    return Replay(replayed, tap.problems(), audit, spent_usd)


async def _send(instance: Instance, exchange: Exchange) -> tuple[dict[str, Any], httpx.Response | None, httpx.Response]:
    """The recorded request; if we refuse that ourselves, a plain one, so that the answer is seen all the same."""
    steered = {"model": f"recorded/{exchange['id']}", "stream": exchange["stream"]}
    recorded = {name: value for name, value in exchange["request"]["body"].items() if name not in STEERING}
    asked = {**recorded, **steered}
    response = await instance.client.post("/chat/completions", json=asked)
    if response.status_code == 400 and "provider_name" not in response.json()["error"].get("metadata", {}):
        asked = {**PLAIN, **steered}
        return asked, response, await instance.client.post("/chat/completions", json=asked)
    return asked, None, response


def _endpoint(exchange: Exchange, provider: FakeProvider) -> dict[str, Any]:
    quirks = {*ANYTHING_GOES.quirks}
    if exchange["provider"] in OMITS_FINISH_REASON:
        quirks.add("omits_finish_reason")
    return endpoint(
        f"recorded/{exchange['id']}",
        provider,
        upstream_model=exchange["id"],
        context_length=CONTEXT_LENGTH,
        quirks=sorted(quirks),
        passthrough=sorted(VENDOR_MEMBERS),
    )


async def _answer(exchange: Exchange, call: Call) -> None:
    recorded = exchange["response"]
    content = recorded["body"].encode()
    if exchange["stream"]:
        await sse(list(_pieces(content, seed=exchange["id"])))(call)
    else:
        content_type = recorded["headers"].get("content-type") or "application/json"
        await body(content, status=recorded["status"], content_type=content_type)(call)


def _pieces(content: bytes, seed: str) -> Iterator[bytes]:
    """Cuts between any two bytes, the same in each run; long streams in longer pieces, to end in time."""
    dice = random.Random(seed)
    longest = max(64, len(content) // 50)
    at = 0
    while at < len(content):
        size = dice.randint(1, longest)
        yield content[at : at + size]
        at += size
