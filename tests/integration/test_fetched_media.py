"""Images, files and videos by URL in front of upstreams that take only data."""

import asyncio
import base64
import json
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.fakes.provider import FakeProvider
from tests.fakes.replies import Reply, body, head, like_openai, raw
from tests.instance import Instance, endpoint
from trunkline.gateway import fetching
from trunkline.settings import Billing, Fetching

MODEL = "google/gemini-3-flash-preview"
PNG = b"\x89PNG\r\n\x1a\n" + bytes(range(256))
ANSWER = body(
    {
        "candidates": [
            {"content": {"role": "model", "parts": [{"text": "A cat."}]}, "index": 0, "finishReason": "STOP"}
        ],
        "usageMetadata": {"promptTokenCount": 10, "candidatesTokenCount": 2},
    }
)


@pytest.fixture
async def provider() -> AsyncIterator[FakeProvider]:
    async with FakeProvider() as fake:
        yield fake.always(ANSWER)


@pytest.fixture
async def web() -> AsyncIterator[FakeProvider]:
    """The server that the media stand on."""
    async with FakeProvider() as fake:
        yield fake.always(body(PNG, content_type="image/png"))


def served(tmp_path: Path, provider: FakeProvider, *more: dict[str, Any], **settings: Any) -> Instance:
    gemini = endpoint(MODEL, provider, "google-ai-studio", protocol="google-gemini", context_length=1_000_000)
    settings.setdefault("fetching", Fetching(allow_networks=("127.0.0.0/8",)))
    return Instance(tmp_path, endpoints=[gemini, *more], **settings)


def image(url: str) -> dict[str, Any]:
    return {"type": "image_url", "image_url": {"url": url}}


async def ask(instance: Instance, *parts: dict[str, Any], **members: Any) -> httpx.Response:
    content = [{"type": "text", "text": "What is this?"}, *parts]
    request = {"model": MODEL, "messages": [{"role": "user", "content": content}], **members}
    return await instance.client.post("/chat/completions", json=request)


def refused(response: httpx.Response) -> tuple[int, str, str]:
    error = response.json()["error"]
    return response.status_code, error["metadata"]["error_type"], error["message"]


async def test_every_kind_of_media_is_fetched_once_and_sent_as_data(
    tmp_path: Path, provider: FakeProvider, web: FakeProvider
) -> None:
    pdf, mp4 = b"%PDF-1.7 ...", b"\x00\x00\x00\x18ftypmp42"
    web.when(lambda request: request.path == "/a.pdf", body(pdf, content_type="text/plain"))
    web.when(lambda request: request.path == "/b.mp4", body(mp4, content_type=""))
    async with served(tmp_path, provider) as instance:
        response = await ask(
            instance,
            image(f"{web.origin}/cat"),
            image(f"{web.origin}/cat"),
            {"type": "file", "file": {"filename": "a.pdf", "file_data": f"{web.origin}/a.pdf"}},
            {"type": "video_url", "video_url": {"url": f"{web.origin}/b.mp4"}},
        )
        assert response.status_code == 200, response.text
        assert await instance.audit() == []
    sent = json.loads(provider.requests[0].body)["contents"][0]["parts"][1:]
    expected = [("image/png", PNG), ("image/png", PNG), ("application/pdf", pdf), ("video/mp4", mp4)]
    assert [part["inlineData"] for part in sent] == [
        {"mimeType": mime, "data": base64.b64encode(data).decode()} for mime, data in expected
    ]
    assert sorted(request.path for request in web.requests) == ["/a.pdf", "/b.mp4", "/cat"]
    assert all("authorization" not in request.headers for request in web.requests)


async def test_loopback_is_refused_without_a_connection_unless_the_operator_allows_it(
    tmp_path: Path, provider: FakeProvider, web: FakeProvider
) -> None:
    async with served(tmp_path, provider, fetching=Fetching()) as instance:
        status, kind, message = refused(await ask(instance, image(f"{web.origin}/cat")))
        assert (status, kind) == (400, "image_download_failed")
        assert "messages[0].content[1].image_url.url" in message
        file = {"type": "file", "file": {"filename": "a", "file_data": f"{web.origin}/a"}}
        assert refused(await ask(instance, file))[:2] == (400, "invalid_request")
    assert web.connections == provider.connections == 0


async def test_stream_is_refused_before_it_begins(tmp_path: Path, provider: FakeProvider, web: FakeProvider) -> None:
    async with served(tmp_path, provider, fetching=Fetching()) as instance:
        response = await ask(instance, image(f"{web.origin}/cat"), stream=True)
        assert refused(response)[:2] == (400, "image_download_failed")


async def test_redirect_to_an_address_that_is_not_allowed_is_refused(
    tmp_path: Path, provider: FakeProvider, web: FakeProvider
) -> None:
    web.always(body(b"", status=302, headers={"location": web.origin.replace("127.0.0.1", "127.0.0.2")}))
    async with served(tmp_path, provider, fetching=Fetching(allow_networks=("127.0.0.1/32",))) as instance:
        assert refused(await ask(instance, image(f"{web.origin}/cat")))[:2] == (400, "image_download_failed")
    assert len(web.requests) == 1


@pytest.mark.parametrize(
    ("reply", "kind", "says"),
    [
        (body(b"<html>", content_type="text/html"), "unsupported_image_format", "another type"),
        (body(b"no", status=404), "image_download_failed", "status 404"),
        (raw(head(200, length=21 * 1024 * 1024), ending="hang"), "image_download_failed", "larger than 20 MiB"),
    ],
)
async def test_content_that_is_no_usable_image_is_refused_with_the_part_named(
    tmp_path: Path, provider: FakeProvider, web: FakeProvider, reply: Reply, kind: str, says: str
) -> None:
    web.always(reply)
    async with served(tmp_path, provider) as instance:
        status, error_type, message = refused(await ask(instance, image(f"{web.origin}/cat.png")))
        assert (status, error_type) == (400, kind)
        assert says in message and "`messages[0].content[1].image_url.url`" in message
        assert web.origin not in message
    assert provider.requests == []


async def test_slow_server_costs_bounded_time(tmp_path: Path, provider: FakeProvider, web: FakeProvider) -> None:
    web.always(raw(head(200, length=100) + b"GIF", ending="hang"))
    async with served(tmp_path, provider) as instance:
        instance.app._pipeline._fetcher._timeout_s = 0.2
        async with asyncio.timeout(2):
            response = await ask(instance, image(f"{web.origin}/a"), image(f"{web.origin}/b"))
        assert refused(response)[:2] == (400, "image_download_failed")
        assert "did not come within 0.2 s" in response.text
        await web.client_closed(0)


async def test_more_urls_than_a_request_may_have_fetched_are_refused_unfetched(
    tmp_path: Path, provider: FakeProvider, web: FakeProvider
) -> None:
    async with served(tmp_path, provider) as instance:
        images = [image(f"{web.origin}/{number}") for number in range(fetching.REQUEST_URLS_MAX + 1)]
        assert refused(await ask(instance, *images))[:2] == (400, "invalid_request")
        assert (await ask(instance, *images[1:])).status_code == 200
    assert len(web.requests) == fetching.REQUEST_URLS_MAX


async def test_nothing_is_fetched_for_a_caller_without_money(
    tmp_path: Path, provider: FakeProvider, web: FakeProvider
) -> None:
    async with served(tmp_path, provider, billing=Billing(mode="prepaid")) as instance:
        assert refused(await ask(instance, image(f"{web.origin}/cat")))[:2] == (402, "payment_required")
    assert web.connections == 0


async def test_fallback_is_sent_what_was_fetched_for_the_first(
    tmp_path: Path, provider: FakeProvider, web: FakeProvider
) -> None:
    provider.then(status=503).then(ANSWER)
    second = endpoint(MODEL, provider, "second", protocol="google-gemini")
    async with served(tmp_path, provider, second) as instance:
        assert (await ask(instance, image(f"{web.origin}/cat"))).status_code == 200
    assert len(provider.requests) == 2
    assert len(web.requests) == 1


async def test_upstream_that_opens_urls_itself_is_given_the_url(
    tmp_path: Path, provider: FakeProvider, web: FakeProvider
) -> None:
    async with FakeProvider() as other:
        chat = endpoint(MODEL, other, "second")
        async with served(tmp_path, provider, chat, fetching=Fetching()) as instance:
            response = await ask(instance, image(f"{web.origin}/cat"))
            assert response.status_code == 200, response.text
        content = json.loads(other.requests[0].body)["messages"][0]["content"]
    assert content[1]["image_url"]["url"] == f"{web.origin}/cat"
    assert web.connections == 0
    assert provider.requests == []


async def test_client_that_leaves_a_stream_ends_the_fetching(
    tmp_path: Path, provider: FakeProvider, web: FakeProvider
) -> None:
    web.always(raw(head(200, length=100), ending="hang"))
    async with served(tmp_path, provider) as instance:
        asking = asyncio.get_running_loop().create_task(ask(instance, image(f"{web.origin}/cat"), stream=True))
        await web.received(1)
        asking.cancel()
        async with asyncio.timeout(2):
            await web.client_closed(0)
        assert await instance.audit() == []
    assert provider.requests == []


@pytest.mark.parametrize("engine", ["ollama", "lm-studio", "vllm", "sglang", "llama-cpp", "tgi"])
async def test_a_local_engine_is_sent_the_content_and_never_the_address(
    tmp_path: Path, provider: FakeProvider, web: FakeProvider, engine: str
) -> None:
    provider.always(like_openai)
    local = endpoint("acme/llava", provider, engine, input_modalities=["text", "image"])
    async with served(tmp_path, provider, local) as instance:
        response = await ask(instance, image(f"{web.origin}/cat"), model="acme/llava")
        assert response.status_code == 200, response.text
    _, sent = provider.requests[0].json["messages"][0]["content"]
    assert sent["image_url"]["url"] == "data:image/png;base64," + base64.b64encode(PNG).decode()
    assert len(web.requests) == 1


async def test_what_a_local_engine_must_not_reach_is_refused(tmp_path: Path, provider: FakeProvider) -> None:
    local = endpoint("acme/llava", provider, "vllm", input_modalities=["text", "image"])
    async with served(tmp_path, provider, local, fetching=Fetching()) as instance:
        response = await ask(instance, image("http://169.254.169.254/latest/meta-data"), model="acme/llava")
    assert refused(response)[:2] == (400, "image_download_failed")
    assert provider.requests == []
