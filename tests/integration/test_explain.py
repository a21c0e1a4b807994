"""`trunkline explain` and its API over real sockets (operating.md OP-32)."""

import asyncio
import json
import os
import sys
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any

import pytest

from tests.fakes.provider import FakeProvider
from tests.fakes.replies import answer
from tests.instance import KEY, Instance, endpoint

MODEL = "acme/rocket"
ASK = {"model": MODEL, "messages": [{"role": "user", "content": "Hi"}]}


class Two:
    """An instance with two providers of one model, one of them with a small window."""

    def __init__(self, instance: Instance, provider: FakeProvider) -> None:
        self.instance, self.provider = instance, provider

    async def explain(self, **members: Any) -> dict[str, Any]:
        response = await self.instance.client.post("/route/explain", json={**ASK, **members})
        assert response.status_code == 200, response.text
        return response.json()["data"]


@pytest.fixture
async def two(tmp_path: Path) -> AsyncIterator[Two]:
    async with AsyncExitStack() as stack:
        provider = await stack.enter_async_context(FakeProvider())
        provider.always(answer("Hi"))
        endpoints = [
            endpoint(MODEL, provider, "one"),
            endpoint(MODEL, provider, "two", context_length=100, pricing={"prompt": "0.000009", "completion": "0"}),
        ]
        yield Two(await stack.enter_async_context(Instance(tmp_path, endpoints=endpoints)), provider)


async def test_it_tells_the_decision_and_calls_and_charges_nobody(two: Two) -> None:
    found = await two.explain(max_tokens=200)
    shown = {e["tag"]: (e["kept"], e["dropped_by"], e["attempts"]) for e in found["models"][0]["endpoints"]}
    assert shown == {"one": (True, None, [1]), "two": (False, "context_length", [])}
    assert two.provider.requests == []
    assert await two.instance.audit() == []


async def test_the_real_path_does_what_was_explained(two: Two) -> None:
    for sort in ("price", "latency"):
        provider = {"sort": sort}
        expected = [attempt["endpoint"] for attempt in (await two.explain(provider=provider))["attempts"]]
        answered = await two.instance.chat(MODEL, provider=provider)
        assert answered["provider"].lower() == expected[0]


async def test_a_refusal_is_told_with_status_200_and_an_unknown_model_is_an_error(two: Two) -> None:
    found = await two.explain(provider={"only": ["nobody"]})
    assert (found["refusal"]["status"], found["refusal"]["availability_code"]) == (404, "no_endpoints")
    assert {e["dropped_by"] for e in found["models"][0]["endpoints"]} == {"providers"}
    unknown = await two.instance.client.post("/route/explain", json={**ASK, "model": "acme/unknown"})
    assert unknown.json()["error"]["availability"]["code"] == "model_not_found"
    assert unknown.status_code == 400


async def test_a_body_that_is_no_request_is_refused_as_by_chat(two: Two) -> None:
    for body in ({}, {**ASK, "temperature": 9}, {**ASK, "provider": {"sort": "magic"}}):
        explained = await two.instance.client.post("/route/explain", json=body)
        chat = await two.instance.client.post("/chat/completions", json=body)
        assert (explained.status_code, explained.json()["error"]["message"]) == (
            chat.status_code,
            chat.json()["error"]["message"],
        )


async def run(two: Two, *arguments: str, key: str = KEY) -> tuple[int, str, str]:
    """Exit status, output and errors of `trunkline explain`."""
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "trunkline",
        "explain",
        *arguments,
        "--url",
        two.instance.origin,
        env={**os.environ, "TRUNKLINE_API_KEY": key},
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    out, err = await process.communicate()
    return process.returncode or 0, out.decode(), err.decode()


async def test_the_command_prints_every_endpoint(two: Two, tmp_path: Path) -> None:
    file = tmp_path / "request.json"
    file.write_text(json.dumps({**ASK, "max_tokens": 200}))
    status, out, _ = await run(two, "--body", str(file))
    assert status == 0
    rows = [line.split("\t") for line in out.splitlines()[2:]]
    assert [row[:3] for row in rows] == [["1", "one", "kept"], ["-", "two", "dropped: context_length"]]


async def test_the_command_prints_json_and_takes_preferences(two: Two) -> None:
    status, out, _ = await run(two, MODEL, "--provider", '{"only": ["two"]}', "--json")
    assert status == 0
    assert [attempt["endpoint"] for attempt in json.loads(out)["attempts"]] == ["two"]


@pytest.mark.parametrize(
    ("arguments", "status", "message"),
    [
        ((), 2, "name a MODEL"),
        ((MODEL, "--provider", "{"), 2, "no JSON"),
        (("acme/unknown",), 1, "not a valid model ID"),
        ((MODEL, "--provider", '{"only": ["nobody"]}'), 1, "No allowed providers"),
    ],
)
async def test_the_command_fails_with_a_sentence(
    two: Two, arguments: tuple[str, ...], status: int, message: str
) -> None:
    found, _, err = await run(two, *arguments)
    assert found == status
    assert message in err
