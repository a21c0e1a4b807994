"""A chat client in front of Azure's OpenAI surface: chat under another key header, by names of deployments."""

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from pathlib import Path

import pytest

from tests.fakes.openai_chat import Json, usage
from tests.fakes.provider import FakeProvider
from tests.fakes.replies import answer, event, failure, sse, stream
from tests.instance import Instance, endpoint

MODEL = "acme/rocket"
DATED = "acme/dated"
FILTERED = {"hate": {"filtered": False, "severity": "safe"}}


class World:
    def __init__(self, instance: Instance, provider: FakeProvider) -> None:
        self.instance, self.provider = instance, provider


@pytest.fixture
async def world(tmp_path: Path) -> AsyncIterator[World]:
    async with AsyncExitStack() as stack:
        provider = await stack.enter_async_context(FakeProvider())
        address = f"{provider.origin}/openai"
        azure = {"protocol": "azure-openai", "upstream_model": "our-rocket"}
        entries = [
            endpoint(MODEL, provider, "azure", **azure, base_url=f"{address}/v1"),
            endpoint(
                DATED, provider, "azure", **azure, base_url=f"{address}/deployments/our-rocket?api-version=2024-10-21"
            ),
        ]
        instance = await stack.enter_async_context(Instance(tmp_path, endpoints=entries))
        yield World(instance, provider)
        assert await instance.audit() == []


async def test_the_deployment_is_named_in_the_body_and_the_key_has_a_header_of_its_own(world: World) -> None:
    world.provider.then(answer("Hi", used=usage(12, 3)))
    got = await world.instance.chat(MODEL, max_tokens=20)
    assert got["choices"][0]["message"]["content"] == "Hi"
    assert got["usage"]["cost"] == pytest.approx(12e-6 + 6e-6)
    (request,) = world.provider.requests
    assert request.path == "/openai/v1/chat/completions"
    assert request.headers["api-key"] == "upstream-secret"
    assert "authorization" not in request.headers
    assert request.json["model"] == "our-rocket"
    assert request.json["max_completion_tokens"] == 20


async def test_a_dated_address_keeps_its_version_in_the_query(world: World) -> None:
    world.provider.then(stream(["He", "llo"]))
    streamed = await world.instance.stream(DATED)
    assert streamed.text == "Hello"
    (request,) = world.provider.requests
    assert request.path == "/openai/deployments/our-rocket/chat/completions?api-version=2024-10-21"
    assert request.json["stream_options"] == {"include_usage": True}


async def test_chunks_about_the_content_filter_are_no_part_of_the_answer(world: World) -> None:
    about_the_prompt = {"prompt_index": 0, "content_filter_results": FILTERED}
    about_the_answer = {"content_filter_offsets": {"start_offset": 0}, "content_filter_results": FILTERED}
    told: list[Json] = [
        {"choices": [], "prompt_filter_results": [about_the_prompt]},
        {"choices": [{"index": 0, "delta": {"content": "Hi"}, "finish_reason": None}]},
        {"choices": [{"index": 0, "finish_reason": None, **about_the_answer}]},
        {"choices": [{"index": 0, "delta": {}, "finish_reason": "stop"}], "usage": usage(12, 3)},
    ]
    world.provider.then(sse([*map(event, told), b"data: [DONE]\n\n"]))
    streamed = await world.instance.stream(MODEL)
    assert streamed.text == "Hi"
    assert set(streamed.finish_reasons) == {"stop"}
    assert streamed.error is None


@pytest.mark.parametrize(
    ("status", "code", "text", "error_type"),
    [
        (400, "content_filter", "The response was filtered", "content_policy_violation"),
        (404, "DeploymentNotFound", "The API deployment for this resource does not exist.", "not_found"),
        (401, "401", "Access denied due to invalid subscription key", "provider_unavailable"),
    ],
)
async def test_a_refusal_is_classified(world: World, status: int, code: str, text: str, error_type: str) -> None:
    world.provider.then(failure(status, content={"error": {"code": code, "message": text}}))
    response = await world.instance.post(MODEL)
    assert response.json()["error"]["metadata"]["error_type"] == error_type
