"""A server for hostile callers: the real program, its Sandbox as provider, small bounds, everything logged."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import httpx
import msgspec

from tests.instance import KEY
from tests.process import ServeProcess
from tests.raw_http import RawAnswer, post, send_raw

CHAT = "/api/v1/chat/completions"
KEYS = "/api/v1/keys"
MODEL = "openai/gpt-5-nano"
QUESTION = {"model": MODEL, "messages": [{"role": "user", "content": "Hi"}], "max_tokens": 5}
REQUEST_MIB_MAX = 8
HEAD_S_MAX = 1.0
BODY_S_MAX = 1.5
ANSWER_S_MAX = 1.5
CONFIG = f"""
[server]
request_limit_mb = {REQUEST_MIB_MAX}
header_timeout_seconds = {HEAD_S_MAX}
body_timeout_seconds = {BODY_S_MAX}
answer_timeout_seconds = {ANSWER_S_MAX}
[sandbox]
tokens_per_second = 100000
first_token_seconds = 0
[limits]
requests_per_second = 0
management_requests_per_minute = 0
[telemetry]
log_level = "debug"
log_requests = true
"""
RSS_GROWTH_MAX = 96 * 1024 * 1024
"""What one hostile caller may cost at most: some bodies of the largest size."""


@asynccontextmanager
async def fortress(home: Path, config: str = CONFIG) -> AsyncIterator[ServeProcess]:
    """Started, under attack, and in the end alive, answering, of bounded size, its log without a surprise."""
    server = ServeProcess(home, config)
    await server.start()
    try:
        await still_answers(server)
        before = server.rss_bytes()
        yield server
        await still_answers(server)
        assert server.rss_bytes() - before < RSS_GROWTH_MAX
        assert await server.terminate() == 0
        log = server.log
        assert "Traceback" not in log and "request failed" not in log and "Fatal error" not in log, log[-4000:]
    finally:
        if server.alive:
            await server.kill()


async def still_answers(server: ServeProcess) -> None:
    """Somebody with good manners gets an answer."""
    async with httpx.AsyncClient(base_url=server.base_url, headers={"Authorization": f"Bearer {KEY}"}) as client:
        response = await client.post("/chat/completions", json=QUESTION)
        assert response.status_code == 200, response.text


async def ask(port: int, body: bytes, *headers: str, path: str = CHAT, key: str = KEY) -> RawAnswer:
    """POST these bytes; there must be an answer."""
    answer = await send_raw(port, post(path, body, *headers, key=key))
    assert answer is not None
    return answer


def refused(answer: RawAnswer | None, *statuses: int) -> None:
    """A refusal in the envelope that names its type, has its id, and tells nothing of the inside."""
    assert answer is not None
    assert answer.status in statuses, (answer.status, answer.body[:300])
    error = answer.error
    assert error["metadata"]["error_type"]
    assert answer.headers["x-request-id"].startswith("req-")
    assert len(answer.body) < 4096
    for inside in ("Traceback", "site-packages", "/trunkline/", ".py", "sqlite", "psycopg", "0x7f"):
        assert inside not in answer.body.decode(), answer.body[:500]


def refused_or_closed(answer: RawAnswer | None, *statuses: int) -> None:
    """The same where the end of the connection says it too."""
    if answer is not None:
        refused(answer, *statuses)


def question(**members: object) -> bytes:
    """A chat request with these members, or in place of what it has."""
    return msgspec.json.encode({**QUESTION, **members})
