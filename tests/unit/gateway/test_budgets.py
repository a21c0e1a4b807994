"""How many Python functions a request and a chunk may call (performance.md 4: CI does not time, it counts).

A count is the same on every machine. When one of these fails, something was added to the path of every request or
chunk: take it out again, or raise the budget in the same commit and say why. `python -m bench` says what it costs.
"""

import asyncio
import sys
from collections.abc import AsyncGenerator, MutableMapping
from math import inf
from pathlib import Path
from types import FrameType
from typing import Any

import pytest

from tests.instance import KEY
from trunkline.app import Application, create_app
from trunkline.core import json
from trunkline.core.ready import DONE, Ready
from trunkline.providers.upstream import Sink, UpstreamRequest, UpstreamResponse
from trunkline.settings import Discovery, Limits, Sandbox, Settings

CALLS_PER_WHOLE_REQUEST = 440
CALLS_PER_STREAM = 525
"""Without its chunks."""
CALLS_PER_CHUNK = 10

CHUNKS = 200
USAGE = b'{"prompt_tokens":42,"completion_tokens":15,"total_tokens":57,"prompt_tokens_details":{"cached_tokens":25}}'
ANSWER = (
    b'{"id":"chatcmpl-1","object":"chat.completion","created":1780000000,"model":"m","choices":[{"index":0,'
    b'"message":{"role":"assistant","content":"Hello"},"logprobs":null,"finish_reason":"stop"}],"usage":%b}' % USAGE
)
CHUNK = b'data: {"id":"chatcmpl-1","object":"chat.completion.chunk","choices":[{"index":0,"delta":%b,%b}]}\n\n'
TEXT = CHUNK % (b'{"content":"word "}', b'"finish_reason":null')
END = CHUNK % (b"{}", b'"finish_reason":"stop"') + b'data: {"choices":[],"usage":%b}\n\n' % USAGE + b"data: [DONE]\n\n"


class Scripted:
    """An upstream in the same process: what is counted is the gateway and nothing else."""

    def __init__(self, chunks: int) -> None:
        self._chunks = chunks

    async def open(self, request: UpstreamRequest) -> UpstreamResponse:
        return ScriptedAnswer([TEXT] * self._chunks + [END, b""])


class ScriptedAnswer:
    status = 200
    headers: dict[str, str] = {"content-type": "application/json"}  # noqa: RUF012 -- read only

    def __init__(self, reads: list[bytes]) -> None:
        self._reads = iter(reads)
        self._begun = False

    async def read(self, wake_after_s: float | None = None, into: Sink | None = None) -> bytes | None:
        """The first piece to whoever waits, the others where they come in."""
        data = next(self._reads)
        if into is None or not self._begun or not data:
            self._begun = True
            return data
        while into(data):
            data = next(self._reads)
        return None

    async def read_all(self, limit_bytes: int, deadline_s: float = inf) -> bytes:
        return ANSWER

    def wake(self) -> None: ...

    def cancel(self) -> None: ...


@pytest.fixture
async def app(tmp_path: Path) -> AsyncGenerator[Application]:
    endpoints = tuple(
        {
            "model": "acme/rocket",
            "provider": f"acme-{number}",
            "protocol": "openai-chat",
            "base_url": "http://127.0.0.1:9/v1",
            "api_key": "secret",
            "upstream_model": "rocket",
            "context_length": 32768,
            "pricing": {"prompt": f"0.00000{number + 1}", "completion": f"0.00000{number + 2}"},
        }
        for number in range(5)
    )
    settings = Settings(
        home=tmp_path,
        endpoints=endpoints,
        limits=Limits(requests_per_second=1_000_000),
        sandbox=Sandbox(mode="off"),
        discovery=Discovery(environment=False, local_engines=False),
    )
    app = create_app(settings, {"TRUNKLINE_BOOTSTRAP_KEY": KEY})
    await app.start()
    yield app
    await app.stop()


async def calls(app: Application, *, stream: bool, chunks: int = 0) -> int:
    """The number of calls of Python functions while one request is answered; caches are warm.

    The least of a few: what the housekeeping does meanwhile, or the dice add, is no part of it.
    """
    return min([await _calls_once(app, stream=stream, chunks=chunks) for _ in range(5)])


async def _calls_once(app: Application, *, stream: bool, chunks: int) -> int:
    app._pipeline._attempts._upstream = Scripted(chunks)  # pyright: ignore -- no sockets: their reads come as they like
    await _ask(app, stream=stream)
    counted = 0

    def count(frame: FrameType, event: str, argument: object) -> None:
        nonlocal counted
        if event == "call" and "trunkline" in frame.f_code.co_filename:
            counted += 1

    sys.setprofile(count)
    try:
        await _ask(app, stream=stream)
    finally:
        sys.setprofile(None)
    return counted


async def _ask(app: Application, *, stream: bool) -> None:
    body = json.encode(
        {
            "model": "acme/rocket",
            "messages": [{"role": "system", "content": "Be kind."}, {"role": "user", "content": "Hello"}],
            "temperature": 0.7,
            "max_tokens": 100,
            "stream": stream,
        }
    )
    headers = [
        (b"host", b"127.0.0.1"),
        (b"authorization", b"Bearer " + KEY.encode()),
        (b"content-type", b"application/json"),
        (b"user-agent", b"OpenAI/Python 1.99.0"),
        (b"content-length", b"%d" % len(body)),
    ]
    scope = {"type": "http", "method": "POST", "path": "/api/v1/chat/completions", "headers": headers, "client": None}
    incoming = [{"type": "http.request", "body": body, "more_body": False}]
    sent: list[MutableMapping[str, Any]] = []

    async def receive() -> MutableMapping[str, Any]:
        if incoming:
            return incoming.pop()
        return await asyncio.get_running_loop().create_future()

    def send(message: MutableMapping[str, Any]) -> Ready[None]:
        sent.append(message)
        return DONE

    await app(scope, receive, send)
    assert sent[0]["status"] == 200
    assert not sent[-1]["more_body"]


async def test_a_whole_request_stays_within_its_calls(app: Application) -> None:
    assert await calls(app, stream=False) <= CALLS_PER_WHOLE_REQUEST


async def test_a_stream_stays_within_its_calls(app: Application) -> None:
    assert await calls(app, stream=True, chunks=1) <= CALLS_PER_STREAM


async def test_a_chunk_stays_within_its_calls(app: Application) -> None:
    short = await calls(app, stream=True, chunks=2)
    long = await calls(app, stream=True, chunks=2 + CHUNKS)
    assert (long - short) / CHUNKS <= CALLS_PER_CHUNK
