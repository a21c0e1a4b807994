"""`openrouter/bodybuilder` through the whole gateway: a wish in words becomes request bodies, free of charge."""

import json
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from tests.fakes.provider import FakeProvider
from tests.fakes.replies import answer
from tests.instance import Instance, endpoint
from trunkline.settings import Routers

WRITER, OLD, NEW = "acme/writer", "acme/rocket-1", "acme/rocket-2"
BUILDER = "openrouter/bodybuilder"
WISH = "Ask two rockets how high they fly."


def bodies(*models: str, **settings: Any) -> str:
    """What a model that writes bodies answers."""
    wanted = [{"model": model, "messages": [{"role": "user", "content": "How high?"}], **settings} for model in models]
    return json.dumps({"requests": wanted})


@pytest.fixture
async def provider() -> AsyncIterator[FakeProvider]:
    async with FakeProvider() as running:
        yield running


@pytest.fixture
async def instance(tmp_path: Path, provider: FakeProvider) -> AsyncIterator[Instance]:
    endpoints = [endpoint(WRITER, provider), endpoint(OLD, provider), endpoint(NEW, provider)]
    models = [{"id": OLD, "created": 1_700_000_000}, {"id": NEW, "created": 1_750_000_000}]
    routers = Routers(body_builder=(WRITER,))
    async with Instance(tmp_path, endpoints=endpoints, models=tuple(models), routers=routers) as running:
        yield running


async def build(instance: Instance, **members: Any) -> dict[str, Any]:
    messages = [{"role": "system", "content": "Be brief."}, {"role": "user", "content": WISH}]
    response = await instance.client.post("/chat/completions", json={"model": BUILDER, "messages": messages, **members})
    assert response.status_code == 200, response.text
    return response.json()


async def test_the_content_is_the_object_alone_with_the_callers_system_message_in_front(
    instance: Instance, provider: FakeProvider
) -> None:
    provider.then(answer(bodies(OLD, NEW, temperature=0.2)))
    found = await build(instance)
    (choice,) = found["choices"]
    written = json.loads(choice["message"]["content"])
    assert [body["model"] for body in written["requests"]] == [OLD, NEW]
    for body in written["requests"]:
        assert [turn["role"] for turn in body["messages"]] == ["system", "user"]
        assert body["messages"][0]["content"] == "Be brief."
        assert body["temperature"] == 0.2
    assert found["model"] == WRITER
    sent = provider.requests[0].json
    assert sent["response_format"]["type"] == "json_schema"
    assert [turn["role"] for turn in sent["messages"]] == ["system", "user"]
    assert OLD in sent["messages"][0]["content"] and "Be brief." not in sent["messages"][0]["content"]


async def test_it_costs_nothing_and_says_what_was_used(instance: Instance, provider: FakeProvider) -> None:
    provider.then(answer(bodies(OLD)))
    found = await build(instance)
    assert found["usage"]["cost"] == 0
    assert found["usage"]["total_tokens"] > 0
    assert await instance.usage() == 0
    record = await instance.generation(found["id"])
    assert record["total_cost"] == 0
    assert await instance.audit() == []


async def test_a_stream_says_everything_in_one_delta(instance: Instance, provider: FakeProvider) -> None:
    provider.then(answer(bodies(OLD)))
    streamed = await instance.stream(BUILDER, WISH)
    assert streamed.is_done
    said = [c["delta"]["content"] for chunk in streamed.chunks for c in chunk["choices"] if c["delta"].get("content")]
    assert len(said) == 1
    assert json.loads(said[0])["requests"][0]["model"] == OLD
    assert streamed.finish_reasons == ["stop"]
    assert streamed.usage["cost"] == 0


async def test_an_unknown_name_becomes_the_newest_of_the_family_that_it_names(
    instance: Instance, provider: FakeProvider
) -> None:
    provider.then(answer(bodies("acme/rocket-7", "Rocket-9")))
    written = json.loads((await build(instance))["choices"][0]["message"]["content"])
    assert [body["model"] for body in written["requests"]] == [NEW, NEW]


@pytest.mark.parametrize("wrong", ["Gladly!", '{"requests": []}', bodies("nobody/nothing"), '{"requests": [{}]}'])
async def test_what_cannot_be_used_is_asked_for_once_more_with_the_reason(
    instance: Instance, provider: FakeProvider, wrong: str
) -> None:
    provider.then(answer(wrong)).then(answer(bodies(OLD)))
    written = json.loads((await build(instance))["choices"][0]["message"]["content"])
    assert written["requests"][0]["model"] == OLD
    repair = provider.requests[1].json["messages"]
    assert repair[-2] == {"role": "assistant", "content": wrong}
    assert "cannot be used" in repair[-1]["content"]


async def test_two_failures_are_a_502_that_nobody_pays_for(instance: Instance, provider: FakeProvider) -> None:
    provider.then(answer("no")).then(answer("no"))
    refused = await instance.post(BUILDER, WISH)
    assert refused.status_code == 502, refused.text
    assert len(provider.requests) == 2
    assert await instance.usage() == 0
    assert await instance.audit() == []


async def test_it_is_off_until_the_operator_names_a_model(tmp_path: Path, provider: FakeProvider) -> None:
    async with Instance(tmp_path, endpoints=[endpoint(WRITER, provider)]) as instance:
        refused = await instance.post(BUILDER, WISH)
        assert refused.status_code == 404
        assert "body_builder" in refused.json()["error"]["message"]
        assert provider.requests == []


async def test_other_operations_and_company_are_refused(instance: Instance) -> None:
    alone = await instance.post(OLD, WISH, models=[BUILDER])
    assert (alone.status_code, "stands for itself" in alone.text) == (400, True)
    other = await instance.client.post("/responses", json={"model": BUILDER, "input": WISH})
    assert (other.status_code, "chat/completions" in other.text) == (400, True)
