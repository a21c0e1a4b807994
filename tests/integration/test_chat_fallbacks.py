"""Who is tried after a failure, and what the caller is told when all failed (routing-and-catalog.md 6)."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any

import pytest

from tests.fakes.provider import FakeProvider
from tests.fakes.replies import (
    Reply,
    answer,
    body,
    failure,
    garbage,
    html_page,
    raw,
    sse,
    stall_after,
    stall_before_head,
    stream,
)
from tests.instance import Instance, endpoint
from trunkline.settings import Routing

MODEL, OTHER = "acme/rocket", "acme/rowing-boat"
# Little silence, but time enough for all attempts on a machine that pauses: past the total no further one begins.
QUICK = Routing(read_timeout_seconds=0.5, total_timeout_seconds=10.0, connect_timeout_seconds=3.0)


class Two:
    """Two providers of one model, asked in order, and a second model at the second."""

    def __init__(self, instance: Instance, first: FakeProvider, second: FakeProvider) -> None:
        self.instance, self.first, self.second = instance, first, second

    async def post(self, **members: Any) -> Any:
        provider = {"order": ["one", "two"], **members.pop("provider", {})}
        return await self.instance.post(members.pop("model", MODEL), provider=provider, **members)


@pytest.fixture
async def two(tmp_path: Path) -> AsyncIterator[Two]:
    async with AsyncExitStack() as stack:
        first = await stack.enter_async_context(FakeProvider())
        second = await stack.enter_async_context(FakeProvider())
        endpoints = [
            endpoint(MODEL, first, "one"),
            endpoint(MODEL, second, "two"),
            endpoint(OTHER, second, "two"),
        ]
        instance = await stack.enter_async_context(Instance(tmp_path, endpoints=endpoints, routing=QUICK))
        yield Two(instance, first, second)
        assert await instance.audit() == []


BROKEN: dict[str, Reply] = {
    "500": failure(500),
    "503": failure(503),
    "529": failure(529),
    "429": failure(429),
    "401": failure(401),
    "402": failure(402),
    "403": failure(403, content={"error": {"message": "Country not supported"}}),
    "404": failure(404),
    "408": failure(408),
    "html": html_page(),
    "html with 200": html_page(200),
    "garbage": garbage(),
    "closed at once": raw(b""),
    "empty body": body(b""),
    "no choices": body({"id": "x", "choices": []}),
    "error in 200": body({"error": {"message": "overloaded", "code": 503}}),
    "unsupported parameter": failure(
        400, content={"error": {"message": "Unsupported parameter: 'top_k' is not supported with this model."}}
    ),
    "stalled head": stall_before_head(),
}
BROKEN_STREAMS: dict[str, Reply] = {
    "error as first event": sse([b'data: {"error": {"message": "overloaded", "code": 503}}\n\n']),
    "nothing": sse([]),
    "only comments": sse([b": hello\n\n"]),
    "only a role, then the end": stream([], finish=None, done=False),
    "not events": sse([b"<html>\n\n"]),
    "stalled before content": stall_after(0),
}


@pytest.mark.parametrize("streaming", [False, True])
@pytest.mark.parametrize("failing", BROKEN.values(), ids=BROKEN.keys())
async def test_next_endpoint_answers_when_the_first_fails(two: Two, failing: Reply, streaming: bool) -> None:
    two.first.then(failing)
    response = await two.post(stream=streaming)
    assert response.status_code == 200, response.text
    assert "Hello, world!" in response.text.replace('"}', "") or streaming
    record = await two.instance.generation(response.headers["x-generation-id"])
    assert [attempt["provider_name"] for attempt in record["provider_responses"]] == ["One", "Two"]
    assert record["provider_name"] == "Two"
    assert record["total_cost"] == await two.instance.usage()


@pytest.mark.parametrize("failing", BROKEN_STREAMS.values(), ids=BROKEN_STREAMS.keys())
async def test_next_endpoint_answers_when_a_stream_fails_before_content(two: Two, failing: Reply) -> None:
    two.first.then(failing)
    response = await two.post(stream=True)
    assert response.status_code == 200
    assert '"provider":"Two"' in response.text
    assert '"provider":"One"' not in response.text
    assert "[DONE]" in response.text


async def test_bad_request_is_not_tried_elsewhere_but_the_next_model_is(two: Two) -> None:
    bad = failure(400, content={"error": {"message": "Invalid schema for function 'f'.", "code": "invalid_schema"}})
    two.first.then(bad)
    response = await two.post()
    assert response.status_code == 400
    assert response.json()["error"]["metadata"]["error_type"] == "invalid_request"
    assert two.second.requests == []
    two.first.then(bad)
    response = await two.post(models=[OTHER])
    assert response.status_code == 200
    assert response.json()["model"] == OTHER


async def test_two_rate_limits_give_429_with_the_smaller_hint(two: Two) -> None:
    two.first.then(status=429, retry_after=40)
    two.second.then(status=429, retry_after=15)
    response = await two.post()
    assert response.status_code == 429
    assert response.headers["retry-after"] == "15"
    error = response.json()["error"]
    assert error["availability"]["retry_after"] == 15
    assert error["metadata"]["previous_errors"] == [{"provider": "one", "code": "429", "status": 429}] or (
        error["metadata"]["previous_errors"][0]["provider"] == "one"
    )


@pytest.mark.parametrize(
    ("failing", "status", "error_type"),
    [
        (failure(500, content={"error": {"message": "secret-inside"}}), 500, "server"),
        (failure(502), 502, "provider_unavailable"),
        (failure(503), 503, "provider_overloaded"),
        (failure(529), 529, "provider_overloaded"),
        (failure(504), 504, "timeout"),
        (failure(401, content={"error": {"message": "bad key sk-live-abc"}}), 502, "provider_unavailable"),
        (failure(402), 502, "provider_unavailable"),
        (failure(404), 404, "not_found"),
        (failure(413), 413, "payload_too_large"),
        (failure(422), 422, "unprocessable"),
        (html_page(), 502, "provider_unavailable"),
        (garbage(), 502, "provider_unavailable"),
        (body(b"{"), 502, "provider_unavailable"),
        (stall_before_head(), 504, "timeout"),
        (
            failure(400, content={"error": {"code": "context_length_exceeded", "message": "maximum context length"}}),
            400,
            "context_length_exceeded",
        ),
    ],
    ids=lambda value: str(value) if isinstance(value, (int, str)) else "upstream",
)
async def test_single_failure_keeps_its_own_status(two: Two, failing: Reply, status: int, error_type: str) -> None:
    two.first.then(failing)
    response = await two.post(provider={"allow_fallbacks": False, "order": ["one"]})
    assert response.status_code == status
    error = response.json()["error"]
    assert error["code"] == status
    assert error["metadata"]["error_type"] == error_type
    assert "secret-inside" not in response.text
    assert "sk-live-abc" not in response.text
    record = await two.instance.generation(response.headers["x-generation-id"])
    assert (record["total_cost"], record["finish_reason"]) == (0, "error")
    assert await two.instance.usage() == 0


async def test_different_transient_failures_become_temporarily_unavailable(two: Two) -> None:
    two.first.then(status=500)
    two.second.then(html_page())
    response = await two.post()
    assert response.status_code == 503
    assert response.json()["error"]["availability"]["code"] == "temporarily_unavailable"


async def test_provider_that_refuses_connections_is_skipped(two: Two) -> None:
    await two.first.stop()
    response = await two.post()
    assert response.json()["provider"] == "Two"
    await two.first.start()


async def test_stream_that_broke_after_content_is_not_tried_elsewhere(two: Two) -> None:
    two.first.then(stall_after(1))
    response = await two.post(stream=True)
    assert '"finish_reason":"error"' in response.text
    assert two.second.requests == []


async def test_failover_stays_possible_after_comments_were_sent(tmp_path: Path) -> None:
    async with FakeProvider() as first, FakeProvider() as second:
        settings = Routing(stream_commit_seconds=0.03, heartbeat_seconds=0.03)
        endpoints = [endpoint(MODEL, first, "one"), endpoint(MODEL, second, "two")]
        async with Instance(tmp_path, endpoints=endpoints, routing=settings) as instance:
            two, go = Two(instance, first, second), asyncio.Event()
            first.then(stall_before_head(go, failure(503)))
            asyncio.get_running_loop().call_later(0.15, go.set)
            response = await two.post(stream=True)
            assert ": OPENROUTER PROCESSING" in response.text
            assert '"provider":"Two"' in response.text
            first.then(stall_before_head(go := asyncio.Event(), failure(503)))
            second.then(status=503)
            asyncio.get_running_loop().call_later(0.15, go.set)
            response = await two.post(stream=True)
            assert response.status_code == 200
            assert '"error":{' in response.text
            assert response.text.endswith("data: [DONE]\n\n")


async def test_metadata_names_both_attempts_when_asked_for(two: Two) -> None:
    two.first.then(status=503)
    response = await two.instance.client.post(
        "/chat/completions",
        headers={"X-OpenRouter-Metadata": "enabled"},
        json={"model": MODEL, "messages": [{"role": "user", "content": "Hi"}], "provider": {"order": ["one", "two"]}},
    )
    metadata = response.json()["openrouter_metadata"]
    assert metadata["attempt"] == 2
    assert [(attempt["provider"], attempt["status"]) for attempt in metadata["attempts"]] == [
        ("One", 503),
        ("Two", 200),
    ]


async def test_answer_that_the_provider_compresses_is_read(two: Two) -> None:
    two.first.then(answer("plain"))
    assert (await two.post()).json()["choices"][0]["message"]["content"] == "plain"
