"""POST /embeddings through a whole instance, in front of an upstream that speaks OpenAI's embeddings."""

import struct
from base64 import b64decode, b64encode
from pathlib import Path
from typing import Any

import pytest

from tests.fakes.provider import FakeProvider
from tests.fakes.replies import Reply, body
from tests.instance import Instance, endpoint

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
