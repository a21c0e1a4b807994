"""What the client received to its end is in the ledger (operating.md OP-42), whenever the server is killed.

Both databases, prepaid, whole answers and streams at once, ten kills each. A client's view is the oracle: an answer
counts as received when its last byte came (`[DONE]`, or the whole body).
"""

import asyncio
import random
from dataclasses import dataclass, field
from decimal import Decimal
from pathlib import Path

import httpx
import msgspec
import pytest

from tests.fakes.openai_chat import usage
from tests.fakes.provider import FakeProvider
from tests.fakes.replies import answer, stream
from tests.instance import KEY, MANAGEMENT_KEY
from tests.process import ServeProcess

KILLS = 10
CLIENTS = 12
CONFIG = """
[billing]
mode = "prepaid"
[limits]
requests_per_second = 0
[sandbox]
mode = "off"
[database]
url = "{database}"
[[endpoints]]
model = "acme/rocket"
provider = "acme"
protocol = "openai-chat"
base_url = "{upstream}"
upstream_model = "rocket"
context_length = 32768
pricing = {{ prompt = "0.000001", completion = "0.000002" }}
"""


@dataclass
class Seen:
    """What the clients saw over all lives."""

    finished: dict[str, Decimal] = field(default_factory=dict)
    """Generation id → cost that the client was told, of answers received to their end."""
    begun: set[str] = field(default_factory=set)
    """Generation ids of streams whose head came, finished or not."""
    cut: int = 0

    async def another(self, count: int) -> None:
        """Wait until that many more answers were received to their end: a slow machine is no reason to prove less."""
        wanted = len(self.finished) + count
        async with asyncio.timeout(60):
            while len(self.finished) < wanted:
                await asyncio.sleep(0.01)


@pytest.mark.timeout(300)
async def test_no_finished_answer_is_lost_or_booked_twice_over_ten_kills(tmp_path: Path, empty_url: str) -> None:
    dice = random.Random(42)
    async with FakeProvider() as provider:
        paced = stream([f"w{number} " for number in range(12)], used=usage(20, 12), pause_s=0.01)
        provider.always(answer(used=usage(20, 5)))
        provider.when(lambda request: request.json.get("stream") is True, paced)
        server = ServeProcess(tmp_path / "home", CONFIG.format(database=empty_url, upstream=provider.url))
        await server.start()
        assert (await server.run("credits", "add", "1000"))[0] == 0
        seen = Seen()
        for _ in range(KILLS):
            load = [asyncio.get_running_loop().create_task(client(server, seen, dice.random())) for _ in range(CLIENTS)]
            await seen.another(CLIENTS)
            await asyncio.sleep(dice.uniform(0, 0.5))
            await server.kill()
            await asyncio.gather(*load)
            await server.start()
        await verify(server, seen)
        assert await server.terminate() == 0


async def client(server: ServeProcess, seen: Seen, streaming_share: float) -> None:
    """Ask, again and again, until the server is gone."""
    dice = random.Random(streaming_share)
    async with httpx.AsyncClient(base_url=server.base_url, headers={"Authorization": f"Bearer {KEY}"}) as http:
        while True:
            try:
                await (one_stream(http, seen) if dice.random() < 0.5 else one_answer(http, seen))
            except httpx.TransportError:
                seen.cut += 1
                return


async def one_answer(http: httpx.AsyncClient, seen: Seen) -> None:
    body = {"model": "acme/rocket", "messages": [{"role": "user", "content": "Hi"}], "max_tokens": 100}
    response = await http.post("/chat/completions", json=body)
    if response.status_code == 402:  # just started: the credits are there, but holds of 12 clients may not all fit
        return
    assert response.status_code == 200, response.text
    answer = msgspec.json.decode(response.content)
    seen.finished[answer["id"]] = Decimal(str(answer["usage"]["cost"]))


async def one_stream(http: httpx.AsyncClient, seen: Seen) -> None:
    body = {"model": "acme/rocket", "messages": [{"role": "user", "content": "Hi"}], "stream": True, "max_tokens": 100}
    async with http.stream("POST", "/chat/completions", json=body) as response:
        assert response.status_code == 200
        generation_id = response.headers["x-generation-id"]
        seen.begun.add(generation_id)
        cost = Decimal(-1)
        async for line in response.aiter_lines():
            if line == "data: [DONE]":
                seen.finished[generation_id] = cost
            elif line.startswith("data: ") and (used := msgspec.json.decode(line[6:]).get("usage")):
                cost = Decimal(str(used["cost"]))


async def verify(server: ServeProcess, seen: Seen) -> None:
    """The books against what the clients saw."""
    assert seen.cut >= CLIENTS
    interrupted = 0
    async with httpx.AsyncClient(base_url=server.base_url, headers={"Authorization": f"Bearer {KEY}"}) as http:
        for generation_id in seen.begun | seen.finished.keys():
            response = await http.get("/generation", params={"id": generation_id})
            assert response.status_code == 200, f"{generation_id} is not visible"
            record = response.json()["data"]
            if generation_id in seen.finished:
                assert Decimal(str(record["total_cost"])) == seen.finished[generation_id]
                assert record["finish_reason"] == "stop"
            else:
                interrupted += record["finish_reason"] == "error"
        key_usage = Decimal(str((await http.get("/key")).json()["data"]["usage"]))
    assert interrupted > 0
    async with httpx.AsyncClient(
        base_url=server.base_url, headers={"Authorization": f"Bearer {MANAGEMENT_KEY}"}
    ) as http:
        credits = (await http.get("/credits")).json()["data"]
    # Nothing that a client has is missing; what was settled but not received in time may add to it.
    received = sum(seen.finished.values())
    assert received <= key_usage == Decimal(str(credits["total_usage"]))
    assert key_usage - received <= seen.cut * Decimal("0.000044")
    status, output = await server.run("audit")
    assert status == 0, output
