"""Changing the configuration of a serving process (operating.md OP-24), with the real program under load."""

import asyncio
import os
import signal
from collections.abc import AsyncIterator
from pathlib import Path

import httpx
import pytest_asyncio

from tests.fakes.provider import FakeProvider
from tests.fakes.replies import answer, stall_before_head
from tests.instance import KEY
from tests.process import ServeProcess

RELOADS = 20
CLIENTS = 6


def configuration(provider: FakeProvider, upstream_model: str = "rocket", more: str = "") -> str:
    return f"""
[limits]
requests_per_second = 0
{more}
[[endpoints]]
model = "acme/rocket"
provider = "acme"
protocol = "openai-chat"
base_url = "{provider.url}"
upstream_model = "{upstream_model}"
context_length = 32768
pricing = {{ prompt = "0.000001", completion = "0.000002" }}
"""


class Reloading:
    """A serving process, its file and a client."""

    def __init__(self, home: Path, provider: FakeProvider, client: httpx.AsyncClient, server: ServeProcess) -> None:
        self.provider = provider
        self.server = server
        self._file = home / "trunkline.toml"
        self._client = client

    def write(self, text: str) -> None:
        self._file.write_text(text)

    async def ask(self, model: str = "acme/rocket", **members: object) -> httpx.Response:
        body = {"model": model, "messages": [{"role": "user", "content": "Hi"}], **members}
        return await self._client.post("/chat/completions", json=body)

    async def metric(self, name: str) -> float:
        text = (await self._client.get(f"http://127.0.0.1:{self.server.port}/metrics")).text
        (line,) = (line for line in text.splitlines() if line.startswith(f"{name} "))
        return float(line.split()[1])


@pytest_asyncio.fixture
async def reloading(tmp_path: Path) -> AsyncIterator[Reloading]:
    async with FakeProvider() as provider:
        server = ServeProcess(tmp_path, configuration(provider))
        await server.start()
        headers = {"Authorization": f"Bearer {KEY}"}
        try:
            async with httpx.AsyncClient(base_url=server.base_url, headers=headers, timeout=60) as client:
                yield Reloading(tmp_path, provider, client, server)
            assert await server.terminate() == 0
        finally:
            if server.alive:
                await server.kill()


async def test_no_request_fails_during_twenty_reloads_and_each_is_seen(reloading: Reloading) -> None:
    over, statuses = asyncio.Event(), list[int]()

    async def client(is_stream: bool) -> None:
        while not over.is_set():
            response = await reloading.ask(stream=is_stream)
            assert not is_stream or response.text.endswith("data: [DONE]\n\n"), response.text
            statuses.append(response.status_code)

    clients = [asyncio.ensure_future(client(number % 2 == 0)) for number in range(CLIENTS)]
    for number in range(RELOADS):
        reloading.write(configuration(reloading.provider, f"rocket-{number}"))
        status, said = await reloading.server.run("reload")
        assert status == 0, said
        assert (await reloading.ask()).status_code == 200
        assert reloading.provider.requests[-1].json["model"] == f"rocket-{number}"
    over.set()
    await asyncio.gather(*clients)
    assert set(statuses) == {200} and len(statuses) > RELOADS
    await reloading.ask()
    assert reloading.provider.requests[-1].json["model"] == f"rocket-{RELOADS - 1}"
    assert await reloading.metric("trunkline_reloads_total") == RELOADS


async def test_a_running_request_ends_in_the_world_in_which_it_began(reloading: Reloading) -> None:
    silence = asyncio.Event()
    reloading.provider.then(stall_before_head(silence, answer("Late.")))
    running = asyncio.ensure_future(reloading.ask())
    await reloading.provider.received(1)
    reloading.write("[sandbox]\nmode = 'off'\n")
    assert (await reloading.server.run("reload"))[0] == 0
    assert (await reloading.ask()).status_code == 400, "the model is gone for those who come now"
    silence.set()
    assert (await running).json()["choices"][0]["message"]["content"] == "Late."


async def test_an_invalid_file_changes_nothing_and_the_reason_names_the_line(reloading: Reloading) -> None:
    for text, reason in (
        ("[routing]\natempts_max = 3\n", "atempts_max"),
        (configuration(reloading.provider).replace('"0.000001"', '"cheap"'), "pricing"),
    ):
        reloading.write(text)
        status, said = await reloading.server.run("reload")
        assert status == 1
        assert reason in said and "trunkline.toml:" in said, said
        assert "goes on as before" in said
        assert (await reloading.ask()).status_code == 200
    assert await reloading.metric("trunkline_reloads_refused_total") == 2
    assert "configuration not reloaded" in reloading.server.log


async def test_what_needs_a_restart_is_named(reloading: Reloading) -> None:
    more = "messages_max = 5\n[routing]\nattempts_max = 2\nmodels_max = 4\n[server]\nport = 1\n"
    reloading.write(configuration(reloading.provider, more=more))
    status, said = await reloading.server.run("reload")
    assert status == 0
    assert "restarted: routing.models_max, limits.messages_max\n" in said, said


async def test_numbers_of_routing_hold_for_requests_after_the_reload(reloading: Reloading) -> None:
    reloading.write(configuration(reloading.provider, more="[routing]\nread_timeout_seconds = 0.2\n"))
    os.kill(reloading.server.pid, signal.SIGHUP)
    async with asyncio.timeout(20):
        while await reloading.metric("trunkline_reloads_total") < 1:
            await asyncio.sleep(0.02)
    reloading.provider.then(stall_before_head())
    assert (await reloading.ask(stream=True)).status_code == 504


async def test_reload_without_a_serving_process_says_so(tmp_path: Path) -> None:
    server = ServeProcess(tmp_path, "")
    leftover = tmp_path / "serving" / f"{os.getpid()}.json"
    leftover.parent.mkdir()
    leftover.write_text(f'{{"pid":{os.getpid()}}}')
    status, said = await server.run("reload")
    assert status == 1 and "nobody serves" in said
    assert not leftover.exists(), "a file without a lock is a dead process's: its number may be somebody else's now"
