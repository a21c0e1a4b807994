"""`routing.pad_whole_answers`: white space before a late answer, for proxies that lose patience
(observed-openrouter-responses.md 1.1)."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from tests.fakes.provider import FakeProvider
from tests.fakes.replies import Reply, answer, failure, stall_before_head
from tests.instance import Instance, endpoint
from trunkline.settings import Routing

MODEL = "acme/rocket"
PADDING = "\n         \n"
PADDED = Routing(pad_whole_answers=True, stream_commit_seconds=0.03, heartbeat_seconds=0.03)


class Padded:
    """An instance that pads, and its provider."""

    def __init__(self, instance: Instance, provider: FakeProvider) -> None:
        self.instance, self.provider = instance, provider


@asynccontextmanager
async def opened(home: Path, routing: Routing) -> AsyncIterator[Padded]:
    async with FakeProvider() as provider, Instance(home, endpoints=[endpoint(MODEL, provider)], routing=routing) as it:
        yield Padded(it, provider)
        assert await it.audit() == []


@pytest.fixture
async def padded(tmp_path: Path) -> AsyncIterator[Padded]:
    async with opened(tmp_path, PADDED) as padded:
        yield padded


@pytest.fixture
async def patient(tmp_path: Path) -> AsyncIterator[Padded]:
    """Any answer is quick here."""
    async with opened(tmp_path, Routing(pad_whole_answers=True, stream_commit_seconds=30)) as patient:
        yield patient


def late(reply: Reply) -> Reply:
    go = asyncio.Event()
    asyncio.get_running_loop().call_later(0.15, go.set)
    return stall_before_head(go, reply)


async def test_late_answer_has_white_space_before_it(padded: Padded) -> None:
    padded.provider.then(late(answer("worth it")))
    response = await padded.instance.post(MODEL)
    assert response.status_code == 200
    assert response.headers["content-type"] == "application/json"
    before, brace, _ = response.text.partition("{")
    assert brace and before and before.replace(PADDING, "") == ""
    body = response.json()
    assert body["choices"][0]["message"]["content"] == "worth it"
    assert response.headers["x-generation-id"] == body["id"]
    assert (await padded.instance.generation(body["id"]))["total_cost"] == body["usage"]["cost"]


async def test_quick_answer_has_none(patient: Padded) -> None:
    response = await patient.instance.post(MODEL)
    assert response.text.startswith("{")
    assert response.headers["x-provider-name"] == "Acme"


async def test_quick_failure_has_its_own_status(patient: Padded) -> None:
    patient.provider.then(status=503)
    response = await patient.instance.post(MODEL)
    assert response.status_code == 503
    assert response.text.startswith("{")


async def test_failure_after_white_space_is_told_in_the_body(padded: Padded) -> None:
    padded.provider.then(late(failure(503)))
    response = await padded.instance.post(MODEL)
    assert response.status_code == 200
    assert response.text.startswith(PADDING)
    body = response.json()
    assert body["error"]["code"] == 503
    assert body["error"]["metadata"]["error_type"] == "provider_overloaded"
    assert body["user_id"].startswith("user_")


async def test_without_the_setting_a_late_failure_keeps_its_status(tmp_path: Path) -> None:
    impatient = Routing(stream_commit_seconds=0.03, heartbeat_seconds=0.03)
    async with (
        FakeProvider() as provider,
        Instance(tmp_path, endpoints=[endpoint(MODEL, provider)], routing=impatient) as instance,
    ):
        provider.then(late(failure(503)))
        assert (await instance.post(MODEL)).status_code == 503
