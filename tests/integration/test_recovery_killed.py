"""`kill -9` while a second provider goes on with an answer: one interrupted generation, no charge, a ledger that agrees
(operating.md OP-42)."""

import asyncio
from pathlib import Path

import httpx

from tests.fakes.provider import FakeProvider
from tests.fakes.replies import break_after, stream
from tests.instance import KEY
from tests.process import ServeProcess

CONFIG = """
[sandbox]
mode = "off"

[recovery]
enabled = true
"""
ENDPOINT = """
[[endpoints]]
model = "acme/rocket"
provider = "{name}"
protocol = "openai-chat"
base_url = "{url}"
api_key = "none"
quirks = ["prefill"]
pricing = {{ prompt = "0.000001", completion = "0.000002" }}
"""


def client_of(server: ServeProcess) -> httpx.AsyncClient:
    return httpx.AsyncClient(base_url=server.base_url, headers={"Authorization": f"Bearer {KEY}"}, timeout=60)


async def test_killed_between_two_parts_leaves_one_record_and_no_charge(tmp_path: Path) -> None:
    async with FakeProvider() as one, FakeProvider() as two:
        one.then(break_after(1, ["The beginning"]))
        two.then(stream([", and more", asyncio.Event()]))
        config = CONFIG + ENDPOINT.format(name="one", url=one.url) + ENDPOINT.format(name="two", url=two.url)
        server = ServeProcess(tmp_path / "home", config)
        await server.start()
        try:
            body = {
                "model": "acme/rocket",
                "messages": [{"role": "user", "content": "Hi"}],
                "provider": {"order": ["one", "two"]},
                "stream": True,
            }
            read, generation_id = "", ""
            async with (
                asyncio.timeout(60),
                client_of(server) as client,
                client.stream("POST", "/chat/completions", json=body) as response,
            ):
                generation_id = response.headers["x-generation-id"]
                async for line in response.aiter_lines():
                    read += line
                    if "and more" in line:
                        break
                await server.kill()
            assert "The beginning" in read
            await server.start()
            async with client_of(server) as client:
                record = (await client.get("/generation", params={"id": generation_id})).json()["data"]
                key = (await client.get("/key")).json()["data"]
            assert (record["finish_reason"], record["total_cost"]) == ("error", 0)
            assert key["usage"] == 0
            status, told = await server.run("audit")
            assert status == 0, told
        finally:
            await server.kill()
