"""Eight things that go wrong in this field, each seen through a whole instance on real sockets."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import httpx
import pytest

from tests.fakes.openai_chat import usage
from tests.fakes.provider import FakeProvider
from tests.fakes.replies import break_after, no_finish_reason, stall_before_head, stream
from tests.instance import Instance, Streamed, endpoint
from trunkline.settings import ProviderSettings, Routing

MODEL = "acme/rocket"
FIFTY = [f"word{number} " for number in range(50)]


@asynccontextmanager
async def instance_with(
    home: Path, provider: FakeProvider, *, cancels_billing: bool = True, routing: Routing | None = None
) -> AsyncIterator[Instance]:
    settings = {"acme": ProviderSettings(base_url=provider.url, cancels_billing=cancels_billing)}
    async with Instance(home, endpoints=[endpoint(MODEL, provider)], providers=settings, routing=routing) as instance:
        yield instance


async def test_cached_tokens_and_usage_in_the_last_chunk_are_billed_right(tmp_path: Path) -> None:
    async with FakeProvider() as provider, instance_with(tmp_path, provider) as instance:
        provider.then(stream(["a", "b"], used=usage(1000, 20, cached=900)))
        streamed = await instance.stream(MODEL)
        # 100 × 1000 + 900 × 100 + 20 × 2000 nano-dollars
        assert streamed.usage["cost"] == 0.00023
        assert streamed.usage["prompt_tokens_details"]["cached_tokens"] == 900
        assert await instance.usage() == 0.00023
        record = await instance.generation(streamed.id)
        assert record["cache_discount"] == pytest.approx(0.00081)
        assert await instance.audit() == []


async def test_socket_that_dies_after_five_chunks_gives_an_error_event_and_costs_nothing(tmp_path: Path) -> None:
    async with FakeProvider() as provider, instance_with(tmp_path, provider) as instance:
        provider.then(break_after(5, FIFTY))
        streamed = await instance.stream(MODEL)
        assert streamed.text == "".join(FIFTY[:5])
        assert streamed.error is not None
        assert streamed.error["code"] == 502
        assert streamed.error["metadata"]["error_type"] == "provider_unavailable"
        assert streamed.finish_reasons == ["error"]
        assert streamed.is_done
        assert await instance.usage() == 0
        record = await instance.generation(streamed.id)
        assert (record["total_cost"], record["finish_reason"]) == (0, "error")
        assert len(provider.requests) == 1
        assert await instance.audit() == []


async def test_stream_without_a_finish_reason_is_flagged_and_no_stop_is_invented(tmp_path: Path) -> None:
    async with FakeProvider() as provider, instance_with(tmp_path, provider) as instance:
        provider.then(no_finish_reason(["a", "b"]))
        streamed = await instance.stream(MODEL)
        assert "stop" not in streamed.finish_reasons
        assert streamed.error is not None
        assert streamed.error["metadata"]["error_type"] == "provider_unavailable"
        assert (await instance.generation(streamed.id))["finish_reason"] == "error"


@pytest.mark.parametrize("streaming", [False, True])
async def test_upstream_429_with_retry_after_stays_a_429_with_retry_after(tmp_path: Path, streaming: bool) -> None:
    async with FakeProvider() as provider, instance_with(tmp_path, provider) as instance:
        provider.then(status=429, retry_after=1, body={"error": {"message": "slow down", "code": "rate_limited"}})
        response = await instance.post(MODEL, stream=streaming)
        assert response.status_code == 429
        assert response.headers["retry-after"] == "1"
        error = response.json()["error"]
        assert error["metadata"]["error_type"] == "rate_limit_exceeded"
        assert error["availability"]["code"] == "capacity_exhausted"
        assert "x-ratelimit-limit" not in response.headers


async def test_client_that_leaves_after_five_chunks_cancels_the_upstream_and_is_billed_for_what_came(
    tmp_path: Path,
) -> None:
    async with FakeProvider() as provider, instance_with(tmp_path, provider) as instance:
        more = asyncio.Event()
        provider.then(stream([*FIFTY[:5], more, *FIFTY[5:]]))
        generation_id = await read_and_leave(instance, chunks=5)
        await asyncio.wait_for(provider.client_closed(0), 1.5)
        record = await settled(instance, generation_id)
        assert record["cancelled"]
        assert record["native_tokens_completion"] == -(-len("".join(FIFTY[:5])) // 4)
        assert await instance.usage() == record["total_cost"] > 0
        assert await instance.audit() == []


async def test_provider_that_bills_anyway_is_read_to_its_end_when_the_client_leaves(tmp_path: Path) -> None:
    async with FakeProvider() as provider, instance_with(tmp_path, provider, cancels_billing=False) as instance:
        more = asyncio.Event()
        provider.then(stream([*FIFTY[:5], more, *FIFTY[5:]], used=usage(10, 70)))
        generation_id = await read_and_leave(instance, chunks=5)
        await asyncio.sleep(0.1)
        assert not provider.requests[0].closed.is_set()
        more.set()
        record = await settled(instance, generation_id)
        assert record["cancelled"]
        assert (record["native_tokens_completion"], record["total_cost"]) == (70, 0.00015)
        assert await instance.audit() == []


async def test_client_that_leaves_before_the_first_byte_cancels_the_upstream_and_pays_nothing(tmp_path: Path) -> None:
    async with FakeProvider() as provider, instance_with(tmp_path, provider) as instance:
        provider.then(stall_before_head())
        body = {"model": MODEL, "stream": True, "messages": [{"role": "user", "content": "Hi"}]}
        request = asyncio.get_running_loop().create_task(instance.client.post("/chat/completions", json=body))
        await provider.received(1)
        request.cancel()
        await asyncio.wait_for(provider.client_closed(0), 1.5)
        await asyncio.gather(request, return_exceptions=True)
        assert await instance.usage() == 0
        assert await instance.audit() == []


async def test_malformed_json_is_a_400(tmp_path: Path) -> None:
    async with FakeProvider() as provider, instance_with(tmp_path, provider) as instance:
        response = await instance.client.post("/chat/completions", content=b'{"model": "acme/rocket", "messages": [')
        assert response.status_code == 400
        assert response.json()["error"]["metadata"]["error_type"] == "invalid_request"
        assert provider.requests == []


async def test_wrong_type_is_a_400_that_names_the_field(tmp_path: Path) -> None:
    async with FakeProvider() as provider, instance_with(tmp_path, provider) as instance:
        response = await instance.post(MODEL, temperature="hot")
        assert response.status_code == 400
        assert "temperature" in response.json()["error"]["message"]
        assert provider.requests == []


async def test_comments_keep_the_client_alive_while_the_upstream_is_silent(tmp_path: Path) -> None:
    impatient = Routing(stream_commit_seconds=0.05, heartbeat_seconds=0.05)
    async with FakeProvider() as provider, instance_with(tmp_path, provider, routing=impatient) as instance:
        go, further = asyncio.Event(), asyncio.Event()
        provider.then(stall_before_head(go, stream(["a", further, "b"])))
        async with instance.client.stream(
            "POST",
            "/chat/completions",
            json={"model": MODEL, "stream": True, "messages": [{"role": "user", "content": "Hi"}]},
        ) as response:
            assert response.status_code == 200
            lines = response.aiter_lines()
            await until(lines, ": OPENROUTER PROCESSING", times=3)
            go.set()
            await until(lines, "data: ", times=1)
            await until(lines, ": OPENROUTER PROCESSING", times=2)
            further.set()
            await until(lines, "data: [DONE]", times=1)


async def read_and_leave(instance: Instance, *, chunks: int) -> str:
    """Read that many chunks of a stream, then hang up. Returns the generation id."""
    async with httpx.AsyncClient(base_url=instance.base_url, headers=instance.client.headers) as client:
        body = {"model": MODEL, "stream": True, "messages": [{"role": "user", "content": "Hi"}]}
        async with client.stream("POST", "/chat/completions", json=body) as response:
            await until(response.aiter_lines(), "data: ", times=chunks)
            return response.headers["x-generation-id"]


async def until(lines: AsyncIterator[str], prefix: str, *, times: int) -> None:
    async with asyncio.timeout(10):
        async for line in lines:
            if line.startswith(prefix):
                times -= 1
                if times == 0:
                    return
    raise AssertionError(f"the stream ended before another {prefix!r}")


async def settled(instance: Instance, generation_id: str) -> dict[str, object]:
    """The record, which is written a moment after the client left."""
    async with asyncio.timeout(5):
        while True:
            response = await instance.client.get("/generation", params={"id": generation_id})
            if response.status_code == 200:
                return response.json()["data"]
            await asyncio.sleep(0.01)


def test_streamed_reader_sees_errors() -> None:
    response = httpx.Response(200, text='data: {"id": "x", "choices": [], "error": {"code": 502}}\n\ndata: [DONE]\n\n')
    assert Streamed(response).error == {"code": 502}
