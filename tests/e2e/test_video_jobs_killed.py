"""Video jobs go on and are billed once (inference.md 25.6), whenever their server is killed, and told over real TLS.

Two processes on PostgreSQL, one on SQLite. The provider is the oracle: it knows which jobs it took on, and who asked
after which of them at the same time.
"""

import asyncio
import hashlib
import hmac
import random
from collections import Counter
from pathlib import Path
from typing import Any

import httpx
import msgspec
import pytest

from tests.fakes.provider import FakeProvider
from tests.fakes.replies import Call, body
from tests.instance import KEY
from tests.process import ServeProcess
from tests.unit.gateway.transport.certificates import TestAuthority

JOBS = 8
KILLS = 3
ASKS = 5
"""After so many a job is done."""
CONFIG = """
[limits]
requests_per_second = 0
[sandbox]
mode = "off"
[fetching]
allow_networks = ["127.0.0.0/8"]
[videos]
poll_seconds = 0.1
lease_seconds = 2
signing_secret = "hush"
[database]
url = "{database}"
[[endpoints]]
model = "google/veo-3.1"
provider = "openai"
protocol = "openai-videos"
base_url = "{upstream}"
upstream_model = "sora-2"
api_key = "k"
pricing = {{ prompt = "0", completion = "0", units = [{{ label = "Output", unit = "second", usd = "0.1" }}] }}
"""


class Studio:
    """A provider of films that answers slowly, so that every kill falls into some poll."""

    def __init__(self, provider: FakeProvider) -> None:
        self.asks: Counter[str] = Counter()
        self.at_once_max = 0
        self._asking: Counter[str] = Counter()
        self._taken_on = 0
        provider.when(lambda request: request.method == "POST", self._take_on)
        provider.always(self._ask)

    async def _take_on(self, call: Call) -> None:
        self._taken_on += 1
        await body({"id": f"up-{self._taken_on}", "status": "queued"})(call)

    async def _ask(self, call: Call) -> None:
        name = call.path.rpartition("/")[2]
        self._asking[name] += 1
        self.at_once_max = max(self.at_once_max, self._asking[name])
        self.asks[name] += 1
        done = self.asks[name] >= ASKS
        try:
            await asyncio.sleep(0.1)
        finally:
            self._asking[name] -= 1
        await body({"id": name, "status": "completed" if done else "in_progress"})(call)


@pytest.mark.timeout(180)
async def test_every_job_ends_once_whoever_is_killed(tmp_path: Path, empty_url: str, database_kind: str) -> None:
    dice = random.Random(7)
    authority = TestAuthority(tmp_path)
    async with (
        FakeProvider() as provider,
        FakeProvider(tls=authority.server_context("127.0.0.1")) as told,
    ):
        studio = Studio(provider)
        told.always(body("", status=204))
        config = CONFIG.format(database=empty_url, upstream=provider.url)
        environ = {"SSL_CERT_FILE": str(authority.ca_file)}
        count = 2 if database_kind == "postgresql" else 1
        servers = [ServeProcess(tmp_path / f"home{number}", config, environ) for number in range(count)]
        for server in servers:  # one after the other: the first makes the tables
            await server.start()
        jobs = await submit(servers[0], told.origin)
        for number in range(KILLS):
            server = servers[number % count]
            await asyncio.sleep(dice.uniform(0.2, 0.8))
            await server.kill()
            await server.start()
        ended = await all_ended(servers[-1], jobs)
        assert {job["status"] for job in ended} == {"completed"}
        assert {job["usage"]["cost"] for job in ended} == {0.4}
        assert studio.at_once_max == 1
        assert len(studio.asks) == JOBS and all(asked >= ASKS for asked in studio.asks.values())
        await everything_is_told(told, jobs)
        for server in servers:
            assert await server.terminate() == 0
        status, output = await servers[0].run("audit")
        assert status == 0, output
        await servers[0].start()  # what is in the books, not in anybody's memory
        assert await usage_of(servers[0]) == pytest.approx(JOBS * 0.4)
        assert await servers[0].terminate() == 0


async def submit(server: ServeProcess, told: str) -> list[str]:
    request = {"model": "google/veo-3.1", "prompt": "a cat", "duration": 4, "callback_url": f"{told}/done"}
    async with client(server) as http:
        answers = [await http.post("/videos", json=request) for _ in range(JOBS)]
    assert {answer.status_code for answer in answers} == {202}, answers[0].text
    return [answer.json()["id"] for answer in answers]


async def all_ended(server: ServeProcess, jobs: list[str]) -> list[Any]:
    async with asyncio.timeout(90), client(server) as http:
        while True:
            found = [(await http.get(f"/videos/{job}")).json() for job in jobs]
            if not any(job["status"] in ("pending", "in_progress") for job in found):
                return found
            await asyncio.sleep(0.1)


async def everything_is_told(told: FakeProvider, jobs: list[str]) -> None:
    """Each end at least once, always under the same key and with a signature that verifies."""
    async with asyncio.timeout(60):
        while len({request.headers["x-openrouter-idempotency-key"] for request in told.requests}) < len(jobs):
            await asyncio.sleep(0.05)
    assert {r.headers["x-openrouter-idempotency-key"] for r in told.requests} == {f"{job}-completed" for job in jobs}
    for request in told.requests:
        stamp, _, mac = request.headers["x-openrouter-signature"].partition(",v1=")
        assert hmac.new(b"hush", f"{stamp[2:]},".encode() + request.body, hashlib.sha256).hexdigest() == mac
        assert msgspec.json.decode(request.body)["type"] == "video.generation.completed"


async def usage_of(server: ServeProcess) -> float:
    async with client(server) as http:
        return (await http.get("/key")).json()["data"]["usage"]


def client(server: ServeProcess) -> httpx.AsyncClient:
    return httpx.AsyncClient(base_url=server.base_url, headers={"Authorization": f"Bearer {KEY}"}, timeout=30)
