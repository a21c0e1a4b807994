"""Files of the workspace in chat requests, in front of upstreams that know nothing of them (inference.md 26)."""

import base64
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.fakes.provider import FakeProvider
from tests.fakes.replies import answer, body, failure
from tests.instance import Instance, endpoint
from tests.sample_files import PDF, PNG
from tests.strangers import add_stranger
from trunkline.gateway import fetching

CHAT, GEMINI, BOTH = "acme/rocket", "google/gemini-3-flash-preview", "acme/twice"
WAV = b"RIFF\x24\x00\x00\x00WAVEfmt "
GEMINI_ANSWER = body(
    {
        "candidates": [{"content": {"role": "model", "parts": [{"text": "Hi"}]}, "index": 0, "finishReason": "STOP"}],
        "usageMetadata": {"promptTokenCount": 10, "candidatesTokenCount": 2},
    }
)


@pytest.fixture
async def acme() -> AsyncIterator[FakeProvider]:
    async with FakeProvider() as provider:
        yield provider


@pytest.fixture
async def google() -> AsyncIterator[FakeProvider]:
    async with FakeProvider() as provider:
        yield provider.always(GEMINI_ANSWER)


@pytest.fixture
async def instance(tmp_path: Path, acme: FakeProvider, google: FakeProvider) -> AsyncIterator[Instance]:
    media = {"input_modalities": ["text", "image", "file", "audio"]}
    endpoints = [
        endpoint(CHAT, acme, **media),
        endpoint(BOTH, acme, **media),
        endpoint(BOTH, acme, "second", **media),
        endpoint(GEMINI, google, "google-ai-studio", protocol="google-gemini", context_length=1_000_000),
    ]
    async with Instance(tmp_path, endpoints=endpoints) as running:
        yield running
        assert await running.audit() == []


async def upload(instance: Instance, content: bytes, name: str) -> str:
    made = await instance.client.post("/files", files={"file": (name, content)})
    assert made.status_code == 200, made.text
    return made.json()["id"]


def by_id(file_id: str, **members: str) -> dict[str, Any]:
    return {"type": "file", "file": {"file_id": file_id, **members}}


async def ask(instance: Instance, *parts: dict[str, Any], model: str = CHAT, **members: Any) -> httpx.Response:
    content = [{"type": "text", "text": "What is this?"}, *parts]
    request = {"model": model, "messages": [{"role": "user", "content": content}], **members}
    return await instance.client.post("/chat/completions", json=request)


def data_url(media_type: str, content: bytes) -> str:
    return f"data:{media_type};base64,{base64.b64encode(content).decode()}"


@pytest.mark.parametrize("streamed", [False, True])
async def test_an_upload_reaches_a_chat_upstream_as_its_content(
    instance: Instance, acme: FakeProvider, streamed: bool
) -> None:
    pdf, png, wav = [await upload(instance, *file) for file in ((PDF, "a.pdf"), (PNG, "b.png"), (WAV, "c.wav"))]
    response = await ask(instance, by_id(pdf), by_id(pdf, filename="mine.pdf"), by_id(png), by_id(wav), stream=streamed)
    assert response.status_code == 200, response.text
    sent = acme.requests[0].json["messages"][0]["content"][1:]
    assert sent == [
        {"type": "file", "file": {"filename": "a.pdf", "file_data": data_url("application/pdf", PDF)}},
        {"type": "file", "file": {"filename": "mine.pdf", "file_data": data_url("application/pdf", PDF)}},
        {"type": "image_url", "image_url": {"url": data_url("image/png", PNG)}},
        {"type": "input_audio", "input_audio": {"data": base64.b64encode(WAV).decode(), "format": "wav"}},
    ]


async def test_an_upload_reaches_gemini_as_inline_data(instance: Instance, google: FakeProvider) -> None:
    response = await ask(instance, by_id(await upload(instance, PDF, "a.pdf")), model=GEMINI)
    assert response.status_code == 200, response.text
    part = google.requests[0].json["contents"][0]["parts"][1]
    assert part["inlineData"] == {"mimeType": "application/pdf", "data": base64.b64encode(PDF).decode()}


async def test_unknown_foreign_and_deleted_ids_are_404_and_cost_nothing(instance: Instance, acme: FakeProvider) -> None:
    stranger = instance.connect((await add_stranger(instance))["inference"])
    foreign = (await stranger.post("/files", files={"file": ("a.pdf", PDF)})).json()["id"]
    deleted = await upload(instance, PDF, "a.pdf")
    assert (await ask(instance, by_id(deleted))).status_code == 200
    await instance.client.delete(f"/files/{deleted}")
    acme.requests.clear()
    told: set[str] = set()
    for file_id in ("or_file_" + "0" * 29, "file-abc123", "../secret\x00", foreign, deleted):
        for stream in (False, True):
            response = await ask(instance, by_id(file_id), stream=stream)
            error = response.json()["error"]
            assert (response.status_code, error["metadata"]["error_type"]) == (404, "image_not_found"), response.text
            told.add(error["message"])
    assert len(told) == 1 and "`messages[0].content[1].file.file_id`" in told.pop()
    assert acme.requests == []


async def test_data_goes_before_an_id(instance: Instance, acme: FakeProvider) -> None:
    part = by_id("or_file_unknown", file_data=data_url("application/pdf", PDF))
    assert (await ask(instance, part)).status_code == 200
    assert acme.requests[0].json["messages"][0]["content"][1] == part  # natively, as it was sent


async def test_a_fallback_gets_the_same_content(instance: Instance, acme: FakeProvider) -> None:
    acme.then(failure(503)).then(answer("Hi"))
    response = await ask(instance, by_id(await upload(instance, PNG, "a.png")), model=BOTH)
    assert response.status_code == 200, response.text
    first, second = (request.json["messages"][0]["content"][1] for request in acme.requests)
    assert first == second == {"type": "image_url", "image_url": {"url": data_url("image/png", PNG)}}


async def test_what_a_request_may_use_is_bounded(
    instance: Instance, acme: FakeProvider, monkeypatch: pytest.MonkeyPatch
) -> None:
    big, small = await upload(instance, b"a" * 3000, "a.txt"), await upload(instance, b"b" * 1500, "b.txt")
    other = await upload(instance, b"c" * 1500, "c.txt")
    monkeypatch.setitem(fetching.BYTES_MAX, "upload", 2000)
    monkeypatch.setattr(fetching, "REQUEST_BYTES_MAX", 2500)
    for parts in ([by_id(big)], [by_id(small), by_id(other)]):
        response = await ask(instance, *parts)
        error = response.json()["error"]
        assert (response.status_code, error["metadata"]["error_type"]) == (413, "payload_too_large"), response.text
    assert (await ask(instance, by_id(small))).status_code == 200
    assert len(acme.requests) == 1
