"""`GET /generation` of a request that still runs (GEN-06)."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import httpx

from tests.fakes.openai_chat import usage
from tests.fakes.provider import FakeProvider
from tests.fakes.replies import stall_before_head, stream
from tests.instance import Instance, endpoint
from tests.strangers import add_stranger
from trunkline.settings import Routing

BODY = {
    "model": "acme/rocket",
    "messages": [{"role": "user", "content": "Hi"}],
    "provider": {"order": ["acme", "zeta"]},
    "stream": True,
}
SOON = Routing(stream_commit_seconds=0.05)


@asynccontextmanager
async def streaming(instance: Instance, go_on: asyncio.Event) -> AsyncIterator[str]:
    """The generation id of a stream whose head has come; in the end the provider may `go_on`, and the rest is read."""
    async with instance.client.stream("POST", "/chat/completions", json=BODY) as response:
        assert response.status_code == 200
        try:
            yield response.headers["x-generation-id"]
        finally:
            go_on.set()
        await response.aread()


async def ask(client: httpx.AsyncClient, generation_id: str) -> httpx.Response:
    return await client.get("/generation", params={"id": generation_id})


async def test_partial_values_are_there_once_the_first_attempt_has_ended(tmp_path: Path) -> None:
    go_on = asyncio.Event()
    async with FakeProvider() as first, FakeProvider() as second:
        first.then(status=503)
        second.then(stall_before_head(go_on, stream(["a", "b"], used=usage(20, 2))))
        served = [endpoint("acme/rocket", first), endpoint("acme/rocket", second, "zeta")]
        async with Instance(tmp_path, endpoints=served, routing=SOON) as instance:
            stranger = instance.connect((await add_stranger(instance))["inference"])
            async with streaming(instance, go_on) as generation_id:
                record = await instance.generation(generation_id)
                assert record["finish_reason"] is None
                assert record["native_finish_reason"] is None
                assert record["provider_name"] == "Zeta"
                assert record["total_cost"] == 0
                assert record["latency"] is None
                assert not record["cancelled"]
                assert [(a["provider_name"], a["status"]) for a in record["provider_responses"]] == [("Acme", 503)]
                assert (await ask(stranger, generation_id)).status_code == 404
            record = await instance.generation(generation_id)
            assert record["finish_reason"] == "stop"
            assert [a["status"] for a in record["provider_responses"]] == [503, 200]
            assert (await ask(stranger, generation_id)).status_code == 404


async def test_nothing_is_known_while_the_first_attempt_runs(tmp_path: Path) -> None:
    go_on = asyncio.Event()
    async with FakeProvider() as provider:
        provider.then(stall_before_head(go_on, stream(["a"], used=usage(20, 1))))
        served = [endpoint("acme/rocket", provider)]
        async with Instance(tmp_path, endpoints=served, routing=SOON) as instance:
            async with streaming(instance, go_on) as generation_id:
                assert (await ask(instance.client, generation_id)).status_code == 404
            assert (await instance.generation(generation_id))["finish_reason"] == "stop"
