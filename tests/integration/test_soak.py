"""Half a minute of everything at once through the real program: memory, holds, connections and books stay as they
were, and nothing secret is to be found anywhere afterwards (OP-45, OP-50, OP-52, OP-53)."""

import asyncio
import gc
import random
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path

import httpx
import pytest
import pytest_asyncio

from tests.fakes.openai_chat import usage
from tests.fakes.provider import FakeProvider
from tests.fakes.replies import answer, break_after, failure, garbage, no_done, no_finish_reason, stream
from tests.instance import KEY, MANAGEMENT_KEY
from tests.process import ServeProcess

pytestmark = [pytest.mark.asyncio(loop_scope="module"), pytest.mark.timeout(180)]
UPSTREAM_KEY = "upstream-secret-zq81"
PROMPT = "the-prompt-nobody-may-log"
COMPLETION = "the-completion-nobody-may-log"
SYSTEM_TEXT = "upstream-diagnosis-of-account-77"
CONFIG = f"""
[billing]
mode = "prepaid"
[limits]
requests_per_second = 0
[telemetry]
log_level = "debug"
log_requests = true
[providers.acme]
base_url = "{{url}}"
api_key = "{UPSTREAM_KEY}"
cancels_billing = true
[[endpoints]]
model = "acme/rocket"
provider = "acme"
protocol = "openai-chat"
base_url = "{{url}}"
upstream_model = "rocket"
context_length = 32768
pricing = {{{{ prompt = "0.000001", completion = "0.000002" }}}}
"""
CLIENTS = 16
WARM_UP, MEASURED = 3_200, 3_000
"""The database's page cache (4 MiB for each connection) fills up first; after it nothing may grow."""
GROWTH_MAX = 0.05
WORDS = [f"{COMPLETION} "] * 12


@dataclass
class Aftermath:
    """What is left when the load is over and the process has ended."""

    home: Path
    log: str
    metrics: str
    error_bodies: str
    rss_before: int
    rss_after: int
    requests: int
    key: dict[str, float]
    credits: dict[str, float]
    upstream_left_open: int
    audit: tuple[int, str]


async def one(http: httpx.AsyncClient, dice: random.Random, errors: list[str]) -> None:
    """One request as clients make them: whole, streamed, broken off, invalid, refused."""
    kind = dice.randrange(8)
    body = {"model": "acme/rocket", "messages": [{"role": "user", "content": PROMPT}], "max_tokens": 50, "user": "eve"}
    if kind == 0:
        body["temperature"] = PROMPT
    elif kind == 1:
        body["provider"] = {"only": ["nobody"]}
    elif kind < 5:
        body["stream"] = True
    if kind == 2:
        async with http.stream("POST", "/chat/completions", json=body) as response:
            async for _ in response.aiter_lines():
                return
        return
    response = await http.post("/chat/completions", json=body)
    if response.status_code != 200:
        assert response.status_code in (400, 404, 429, 500, 502, 503, 504), response.text
        errors.append(response.text)


async def load(server: ServeProcess, count: int, errors: list[str]) -> None:
    async def client(number: int) -> None:
        dice = random.Random(number)
        async with httpx.AsyncClient(
            base_url=server.base_url, headers={"Authorization": f"Bearer {KEY}"}, timeout=30
        ) as http:
            for _ in range(count // CLIENTS):
                await one(http, dice, errors)

    await asyncio.gather(*(client(number) for number in range(CLIENTS)))


def script(provider: FakeProvider) -> None:
    """Good answers, and every way in which an upstream breaks."""
    dice = random.Random(7)
    diagnosis = {"error": {"message": f"{SYSTEM_TEXT} key {UPSTREAM_KEY}", "type": "server_error"}}
    good_stream, good = stream(WORDS, used=usage(20, 12)), answer(COMPLETION, used=usage(20, 5))
    broken = [
        failure(500, content=diagnosis),
        failure(401, content=diagnosis),
        failure(429, retry_after=1),
        break_after(3, WORDS),
        no_finish_reason(WORDS),
        no_done(WORDS),
        garbage(),
    ]

    def is_unlucky(_: object) -> bool:
        return dice.random() < 0.04

    for reply in broken:
        provider.when(is_unlucky, reply)
    provider.when(lambda sent: sent.json.get("stream") is True, good_stream)
    provider.always(good)


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def aftermath(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Aftermath]:
    home = tmp_path_factory.mktemp("soak") / "home"
    errors: list[str] = []
    async with FakeProvider() as provider:
        script(provider)
        server = ServeProcess(home, CONFIG.format(url=provider.url))
        await server.start()
        try:
            assert (await server.run("credits", "add", "1000"))[0] == 0
            await load(server, WARM_UP, errors)
            before = server.rss_bytes()
            await load(server, MEASURED, errors)
            after = server.rss_bytes()
            requests = len(provider.requests)
            provider.requests.clear()
            gc.collect()
            async with httpx.AsyncClient(base_url=server.base_url) as http:
                await asyncio.sleep(1.5)  # housekeeping has been round
                metrics = (await http.get(f"http://127.0.0.1:{server.port}/metrics")).text
                key = (await http.get("/key", headers={"Authorization": f"Bearer {KEY}"})).json()["data"]
                asked = await http.get("/credits", headers={"Authorization": f"Bearer {MANAGEMENT_KEY}"})
            assert await server.terminate() == 0
            await asyncio.sleep(0.1)
            yield Aftermath(
                home, server.log, metrics, "\n".join(errors), before, after, requests, key, asked.json()["data"],
                len(provider._open), await server.run("audit"),
            )  # fmt: skip
        finally:
            if server.alive:
                await server.kill()


async def test_memory_does_not_grow_with_requests(aftermath: Aftermath) -> None:
    growth = aftermath.rss_after / aftermath.rss_before - 1
    print(f"{aftermath.rss_before >> 20} MiB + {growth:.1%} over {MEASURED} requests")
    assert growth < GROWTH_MAX


async def test_nothing_stays_open(aftermath: Aftermath) -> None:
    gauges = {
        line.split(" ")[0]: float(line.split(" ")[1]) for line in aftermath.metrics.splitlines() if line[0] != "#"
    }
    assert gauges["trunkline_requests_in_flight"] == 0
    assert all(value == 0 for name, value in gauges.items() if name.startswith("trunkline_streams"))
    assert aftermath.upstream_left_open == 0


async def test_books_agree(aftermath: Aftermath) -> None:
    status, said = aftermath.audit
    assert status == 0, said
    assert aftermath.requests > MEASURED / 2
    assert aftermath.key["usage"] == aftermath.credits["total_usage"] > 0


async def test_logs_metrics_and_errors_hold_no_secret_and_no_text(aftermath: Aftermath) -> None:
    assert aftermath.log.count('"logger":"trunkline.requests"') > MEASURED / 2
    assert aftermath.error_bodies
    for place in (aftermath.log, aftermath.metrics, aftermath.error_bodies):
        for secret in (KEY, MANAGEMENT_KEY, UPSTREAM_KEY, PROMPT, COMPLETION):
            assert secret not in place, place[max(0, place.index(secret) - 300) :][:700]
    for place in (aftermath.log, aftermath.metrics):
        assert SYSTEM_TEXT not in place
    for inside in ("Traceback", "site-packages", "/trunkline/", "sqlalchemy"):
        assert inside not in aftermath.error_bodies
    assert "Traceback" not in aftermath.log


async def test_files_hold_no_secret_and_no_text(aftermath: Aftermath) -> None:
    files = [path for path in aftermath.home.rglob("*") if path.is_file() and path.name != "trunkline.toml"]
    assert any(path.name == "trunkline.db" for path in files)
    for path in files:
        data = path.read_bytes()
        for secret in (KEY, MANAGEMENT_KEY, UPSTREAM_KEY, PROMPT, COMPLETION):
            assert secret.encode() not in data, f"{secret} in {path.name}"
