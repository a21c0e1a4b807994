"""`POST /messages/count_tokens`: the upstream's counter where there is one, an estimate elsewhere, never a charge."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any

import pytest

from tests.fakes.provider import FakeProvider
from tests.fakes.replies import body, raw
from tests.instance import MANAGEMENT_KEY, Instance, endpoint
from trunkline.gateway import token_counting

ASKED: dict[str, Any] = {
    "messages": [{"role": "user", "content": "Count me, please."}],
    "system": [{"type": "text", "text": "Be terse."}],
    "tools": [{"name": "look", "input_schema": {"type": "object"}}],
}


class World:
    def __init__(self, instance: Instance, claude: FakeProvider, other: FakeProvider) -> None:
        self.instance, self.claude, self.other = instance, claude, other

    async def count(self, model: str, **members: Any) -> Any:
        return await self.instance.client.post("/messages/count_tokens", json={"model": model, **ASKED, **members})


@pytest.fixture
async def world(tmp_path: Path) -> AsyncIterator[World]:
    async with AsyncExitStack() as stack:
        claude = await stack.enter_async_context(FakeProvider())
        other = await stack.enter_async_context(FakeProvider())
        entries = [
            endpoint(
                "acme/claude", claude, "anthropic", protocol="anthropic-messages", upstream_model="claude-opus-4-8"
            ),
            endpoint("acme/chat", other),
        ]
        instance = await stack.enter_async_context(Instance(tmp_path, endpoints=entries))
        yield World(instance, claude, other)
        assert await instance.usage() == 0
        assert await instance.audit() == []


async def test_the_counter_of_the_endpoint_counts(world: World) -> None:
    world.claude.then(body({"input_tokens": 588}))
    response = await world.count("acme/claude", max_tokens=10, temperature=0.5, stream=True, user="me")
    assert (response.status_code, response.json()) == (200, {"input_tokens": 588})
    request = world.claude.requests[0]
    assert request.path == "/v1/messages/count_tokens"
    assert request.headers["anthropic-version"] == "2023-06-01"
    assert request.headers["x-api-key"] == "upstream-secret"
    assert request.json == {"model": "claude-opus-4-8", **ASKED}


@pytest.mark.parametrize("failure", [body({"error": {}}, status=500), body({"input_tokens": "many"}), body([])])
async def test_a_counter_that_fails_is_done_without(world: World, failure: Any) -> None:
    world.claude.then(failure)
    response = await world.count("acme/claude")
    assert response.status_code == 200
    assert response.json() == (await world.count("acme/chat")).json()


async def test_other_formats_get_an_estimate_and_no_request(world: World) -> None:
    response = await world.count("acme/chat")
    assert response.status_code == 200
    assert response.json()["input_tokens"] == -(-26 // 4) + -(-21 // 4) + 2 * 4
    assert world.other.requests == []


async def test_a_longer_prompt_counts_more(world: World) -> None:
    short, long = [
        (await world.count("acme/chat", messages=[{"role": "user", "content": text}])).json()["input_tokens"]
        for text in ("Hi", "Hi" * 400)
    ]
    assert long - short == pytest.approx(798 / 4, abs=1)


async def test_what_is_wrong_is_told_in_the_envelope_of_this_api(world: World) -> None:
    nobody = world.instance.connect(None)
    answers = [
        (401, "authentication_error", await nobody.post("/messages/count_tokens", json=ASKED)),
        (
            403,
            "permission_error",
            await world.instance.connect(MANAGEMENT_KEY).post("/messages/count_tokens", json=ASKED),
        ),
        (400, "invalid_request_error", await world.count("nobody/nothing")),
        (400, "invalid_request_error", await world.count("acme/chat", messages=[])),
        (404, "not_found_error", await world.count("acme/chat", provider={"only": ["nobody"]})),
        (405, "invalid_request_error", await world.instance.client.get("/messages/count_tokens")),
    ]
    for status, kind, response in answers:
        assert response.status_code == status, response.text
        told = response.json()
        assert (told["type"], told["error"]["type"], told["request_id"]) == ("error", kind, None)


async def test_a_counter_that_stalls_in_the_middle_is_let_go(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(token_counting, "COUNT_S_MAX", 0.1)
    world.claude.then(raw(b"HTTP/1.1 200 OK\r\ncontent-length: 20\r\n\r\n{", ending="hang"))
    response = await world.count("acme/claude")
    assert response.json() == (await world.count("acme/chat")).json()
    async with asyncio.timeout(5):
        await world.claude.client_closed(0)
