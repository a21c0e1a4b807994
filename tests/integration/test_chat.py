"""Chat completions through a whole instance: what a client sees, what the provider saw, what the books say."""

from pathlib import Path

from tests.fakes.provider import FakeProvider
from tests.fakes.replies import answer
from tests.instance import Instance, endpoint


async def test_whole_answer_is_priced_recorded_and_in_the_ledger(tmp_path: Path) -> None:
    async with (
        FakeProvider() as provider,
        Instance(tmp_path, endpoints=[endpoint("acme/rocket", provider)]) as instance,
    ):
        usage = {"prompt_tokens": 100, "completion_tokens": 10, "prompt_tokens_details": {"cached_tokens": 40}}
        provider.then(answer("Hello.", used=usage))
        body = await instance.chat("acme/rocket")
        # 60 × 1000 + 40 × 100 + 10 × 2000 nano-dollars
        assert body["usage"]["cost"] == 0.000084
        assert body["choices"][0]["message"]["content"] == "Hello."
        assert provider.requests[0].json["model"] == "rocket"
        assert provider.requests[0].headers["authorization"] == "Bearer upstream-secret"
        record = await instance.generation(body["id"])
        assert (record["total_cost"], record["native_tokens_cached"]) == (0.000084, 40)
        assert await instance.usage() == 0.000084
        assert await instance.audit() == []


async def test_stream_ends_with_finish_usage_and_done(tmp_path: Path) -> None:
    async with (
        FakeProvider() as provider,
        Instance(tmp_path, endpoints=[endpoint("acme/rocket", provider)]) as instance,
    ):
        streamed = await instance.stream("acme/rocket")
        assert streamed.is_done
        assert streamed.finish_reasons == ["stop", "stop"]
        record = await instance.generation(streamed.id)
        assert record["total_cost"] == streamed.usage["cost"] > 0
        assert streamed.headers["x-generation-id"] == streamed.id
        assert await instance.audit() == []
