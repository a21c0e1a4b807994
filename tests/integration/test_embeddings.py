"""POST /embeddings through a whole instance, in front of an upstream that speaks OpenAI's embeddings."""

import asyncio
import struct
from base64 import b64decode, b64encode
from pathlib import Path
from typing import Any

import pytest

from tests.fakes.provider import FakeProvider
from tests.fakes.replies import Call, Reply, body, failure, stall_before_head
from tests.instance import Instance, endpoint
from trunkline.settings import Billing

MODEL = "openai/text-embedding-3-small"
PRICES = {"prompt": "0.00000002", "completion": "0"}
ROWS = ((0.5, -0.25), (1.0, 0.125))


def vectors(*rows: tuple[float, ...] | str, tokens: int = 7) -> Reply:
    """The answer, its items in reversed order."""
    data = [{"object": "embedding", "index": i, "embedding": row} for i, row in enumerate(rows)]
    return body({"object": "list", "data": data[::-1], "model": "m", "usage": {"prompt_tokens": tokens}})


def instance_with(home: Path, provider: FakeProvider) -> Instance:
    entry = endpoint(MODEL, provider, "openai", protocol="openai-embeddings", pricing=PRICES)
    return Instance(home, endpoints=[entry])


async def ask(instance: Instance, **members: Any) -> Any:
    return await instance.client.post("/embeddings", json={"model": MODEL, "input": ["a", "b"]} | members)


async def test_vectors_come_in_the_order_of_the_inputs_with_cost_and_record(tmp_path: Path) -> None:
    async with FakeProvider() as provider, instance_with(tmp_path, provider) as instance:
        provider.then(vectors(*ROWS))
        answer = (await ask(instance)).json()
        assert [item["embedding"] for item in answer["data"]] == [list(row) for row in ROWS]
        assert [item["index"] for item in answer["data"]] == [0, 1]
        assert answer["usage"]["cost"] == 1.4e-7
        record = await instance.generation(answer["id"])
        assert (record["api_type"], record["tokens_prompt"], record["total_cost"]) == ("embeddings", 7, 1.4e-7)
        assert (provider.requests[0].path, provider.requests[0].json["input"]) == ("/v1/embeddings", ["a", "b"])
        assert not await instance.audit()


@pytest.mark.parametrize("upstream_sends_base64", [False, True])
async def test_base64_is_little_endian_float32_whatever_the_upstream_sends(
    tmp_path: Path, upstream_sends_base64: bool
) -> None:
    rows = [b64encode(struct.pack("<2f", *row)).decode() for row in ROWS] if upstream_sends_base64 else ROWS
    async with FakeProvider() as provider, instance_with(tmp_path, provider) as instance:
        provider.then(vectors(*rows))
        answer = (await ask(instance, encoding_format="base64")).json()
        assert [struct.unpack("<2f", b64decode(item["embedding"])) for item in answer["data"]] == list(ROWS)


async def test_a_vector_too_few_is_no_answer(tmp_path: Path) -> None:
    async with FakeProvider() as provider, instance_with(tmp_path, provider) as instance:
        provider.then(vectors(ROWS[0]))
        refused = await ask(instance)
        assert refused.status_code == 502
        assert await instance.usage() == 0


async def test_models_for_something_else_are_refused_with_the_right_route(tmp_path: Path) -> None:
    async with FakeProvider() as provider, instance_with(tmp_path, provider) as instance:
        refused = await instance.client.post(
            "/chat/completions", json={"model": MODEL, "messages": [{"role": "user", "content": "x"}]}
        )
        assert refused.status_code == 400
        assert "/embeddings" in refused.json()["error"]["message"]
        assert (await ask(instance, model="openai/gpt-4o-mini")).status_code == 400


@pytest.mark.parametrize("given", ["", [], [""], None, 5, [{"a": 1}]])
async def test_an_input_that_is_none_is_a_400_that_names_it(tmp_path: Path, given: object) -> None:
    async with FakeProvider() as provider, instance_with(tmp_path, provider) as instance:
        refused = await ask(instance, input=given)
        assert refused.status_code == 400
        assert refused.json()["error"]["metadata"]["field"].startswith("input")


def numbered(count: int, offset: int = 0) -> Reply:
    """`count` vectors that tell their place, each input a token."""
    return vectors(*((float(offset + index), 0.5) for index in range(count)), tokens=count)


async def answer_inputs(call: Call) -> None:
    """A vector for each input, made of the number that it is."""
    inputs: Any = call.json["input"]
    await vectors(*((float(text), 0.5) for text in inputs), tokens=len(inputs))(call)


def limited(home: Path, *providers: FakeProvider, **members: Any) -> Instance:
    """The first is asked first."""
    names = ("openai", "acme")
    entries = [
        endpoint(MODEL, provider, name, protocol="openai-embeddings", pricing=PRICES, max_inputs=100, **members)
        for provider, name in zip(providers, names, strict=False)
    ]
    return Instance(home, endpoints=entries)


async def test_300_inputs_against_an_upstream_of_100_are_300_ordered_vectors(tmp_path: Path) -> None:
    async with FakeProvider() as provider, limited(tmp_path, provider) as instance:
        provider.always(answer_inputs)
        answer = (await ask(instance, input=[str(number) for number in range(300)])).json()
        assert [item["embedding"][0] for item in answer["data"]] == [float(number) for number in range(300)]
        assert [item["index"] for item in answer["data"]] == list(range(300))
        assert answer["usage"]["prompt_tokens"] == answer["usage"]["total_tokens"] == 300
        assert sorted(len(request.json["input"]) for request in provider.requests) == [100, 100, 100]
        record = await instance.generation(answer["id"])
        assert (record["tokens_prompt"], len(record["provider_responses"])) == (300, 1)
        assert await instance.usage() == record["total_cost"] == 6e-6
        assert not await instance.audit()


async def test_a_part_that_fails_takes_the_whole_to_the_next_endpoint(tmp_path: Path) -> None:
    async with FakeProvider() as broken, FakeProvider() as good, limited(tmp_path, broken, good) as instance:
        broken.when(lambda request: "250" in request.json["input"], failure(503)).always(answer_inputs)
        good.always(answer_inputs)
        inputs = [str(number) for number in range(300)]
        answer = (await ask(instance, input=inputs, provider={"order": ["openai", "acme"]})).json()
        assert [item["embedding"][0] for item in answer["data"]] == [float(number) for number in range(300)]
        assert len(good.requests) == 3
        record = await instance.generation(answer["id"])
        assert [one["status"] for one in record["provider_responses"]] == [503, 200]
        assert (record["tokens_prompt"], record["total_cost"]) == (300, 6e-6)
        assert not await instance.audit()


async def test_a_refused_part_ends_the_calls_beside_it(tmp_path: Path) -> None:
    async with FakeProvider() as provider, limited(tmp_path, provider) as instance:
        provider.when(lambda request: "0" in request.json["input"], stall_before_head()).always(failure(400))
        refused = await ask(instance, input=[str(number) for number in range(200)])
        assert refused.status_code == 400
        stalled = next(i for i, request in enumerate(provider.requests) if "0" in request.json["input"])
        await provider.client_closed(stalled)
        assert await instance.usage() == 0


async def test_no_more_than_eight_parts_are_under_way_together(tmp_path: Path) -> None:
    under_way, most = 0, 0

    async def reply(call: Call) -> None:
        nonlocal under_way, most
        under_way += 1
        most = max(most, under_way)
        while len(provider.requests) < 8:
            await asyncio.sleep(0.001)
        await answer_inputs(call)
        under_way -= 1

    async with FakeProvider() as provider, limited(tmp_path, provider) as instance:
        provider.always(reply)
        assert (await ask(instance, input=[str(n) for n in range(2000)])).status_code == 200
        assert (len(provider.requests), most) == (20, 8)


async def test_a_part_with_vectors_for_another_is_no_answer(tmp_path: Path) -> None:
    async with FakeProvider() as provider, limited(tmp_path, provider) as instance:
        provider.then(numbered(100)).then(numbered(99, 100))
        assert (await ask(instance, input=["x"] * 200)).status_code == 502


async def test_token_ids_reach_who_takes_them(tmp_path: Path) -> None:
    async with FakeProvider() as provider, instance_with(tmp_path, provider) as instance:
        provider.then(vectors(ROWS[0])).then(vectors(*ROWS))
        assert (await ask(instance, input=[1, 2, 3])).status_code == 200
        assert (await ask(instance, input=[[1], [2, 3]])).status_code == 200
        assert [request.json["input"] for request in provider.requests] == [[[1, 2, 3]], [[1], [2, 3]]]


async def test_openai_is_asked_for_width_and_base64_and_other_members_are_dropped(tmp_path: Path) -> None:
    async with FakeProvider() as provider, instance_with(tmp_path, provider) as instance:
        provider.then(vectors(*ROWS))
        await ask(instance, dimensions=2, input_type="search_query", user="u", stream=True, whatever=1)
        assert provider.requests[0].json == {
            "model": "text-embedding-3-small",
            "input": ["a", "b"],
            "encoding_format": "base64",
            "dimensions": 2,
        }


async def test_an_unknown_model_is_a_404(tmp_path: Path) -> None:
    async with FakeProvider() as provider, instance_with(tmp_path, provider) as instance:
        refused = await ask(instance, model="acme/nothing")
        assert (refused.status_code, refused.json()["error"]["metadata"]["error_type"]) == (404, "not_found")
        assert refused.json()["error"]["availability"]["code"] == "model_not_found"


async def test_the_account_pays_before_it_asks(tmp_path: Path) -> None:
    async with FakeProvider() as provider:
        entry = endpoint(MODEL, provider, "openai", protocol="openai-embeddings", pricing=PRICES)
        async with Instance(tmp_path, endpoints=[entry], billing=Billing(mode="prepaid")) as instance:
            refused = await ask(instance)
            assert refused.status_code == 402
            assert "max_tokens" not in refused.text
            assert not provider.requests


async def test_the_sandbox_embeds_the_same_text_the_same_way(tmp_path: Path) -> None:
    async with Instance(tmp_path) as instance:
        first, second = [(await ask(instance, input=["a", "b", "a"])).json() for _ in range(2)]
        one, other, again = [item["embedding"] for item in first["data"]]
        assert first["provider"] == "Sandbox"
        assert one == again != other
        assert [item["embedding"] for item in second["data"]] == [one, other, again]
        assert abs(sum(number * number for number in one) - 1) < 1e-9
        assert len((await ask(instance, input="a", dimensions=8)).json()["data"][0]["embedding"]) == 8
        assert await instance.usage() == 0
