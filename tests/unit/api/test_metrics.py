"""Who may read /metrics (operating.md OP-40)."""

from pathlib import Path

import pytest
from starlette.applications import Starlette
from starlette.types import Message, Scope

from trunkline.api.metrics import routes
from trunkline.observability.metrics import GatewayMetrics
from trunkline.settings import Server, Settings

LOOPBACK = ("127.0.0.1", 5000)
ELSEWHERE = ("192.0.2.7", 5000)


async def scrape(
    tmp_path: Path, client: tuple[str, int] | None, headers: dict[str, str] | None = None, **server: object
) -> tuple[int, bytes]:
    settings = Settings(home=tmp_path, server=Server(**server))  # pyright: ignore[reportArgumentType] -- keywords of a test
    app = Starlette(routes=routes(GatewayMetrics(), settings))
    sent: list[Message] = []

    async def receive() -> Message:
        return {"type": "http.request", "body": b"", "more_body": False}

    async def send(message: Message) -> None:
        sent.append(message)

    scope: Scope = {
        "type": "http",
        "method": "GET",
        "path": "/metrics",
        "query_string": b"",
        "headers": [(name.encode(), value.encode()) for name, value in (headers or {}).items()],
        "client": client,
    }
    await app(scope, receive, send)
    return sent[0]["status"], b"".join(message.get("body", b"") for message in sent)


@pytest.mark.parametrize("host", ["127.0.0.1", "127.8.8.8", "::1", "::ffff:127.0.0.1"])
async def test_this_machine_may_read_without_a_token(tmp_path: Path, host: str) -> None:
    status, body = await scrape(tmp_path, (host, 5000))
    assert status == 200
    assert b"# TYPE trunkline_requests_total counter" in body


@pytest.mark.parametrize("client", [ELSEWHERE, ("::ffff:192.0.2.7", 1), ("testclient", 1), ("", 0), None])
async def test_nobody_else_may(tmp_path: Path, client: tuple[str, int] | None) -> None:
    status, body = await scrape(tmp_path, client)
    assert status == 403
    assert b"metrics_token" in body
    assert b"trunkline_requests" not in body


@pytest.mark.parametrize("trusted_proxies", [0, 1, 2])
@pytest.mark.parametrize("name", ["x-forwarded-for", "forwarded", "x-real-ip", "via"])
@pytest.mark.parametrize("value", ["192.0.2.7", "127.0.0.1", ""])
async def test_a_proxy_on_this_machine_does_not_make_its_callers_local(
    tmp_path: Path, name: str, value: str, trusted_proxies: int
) -> None:
    assert (await scrape(tmp_path, LOOPBACK, {name: value}, trusted_proxies=trusted_proxies))[0] == 403


async def test_an_address_that_a_caller_invents_opens_nothing(tmp_path: Path) -> None:
    assert (await scrape(tmp_path, ELSEWHERE, {"x-forwarded-for": "127.0.0.1"}))[0] == 403


@pytest.mark.parametrize("scheme", ["Bearer", "bearer"])
async def test_the_token_opens_from_anywhere(tmp_path: Path, scheme: str) -> None:
    headers = {"authorization": f"{scheme} s3cret", "x-forwarded-for": "192.0.2.7"}
    assert (await scrape(tmp_path, ELSEWHERE, headers, metrics_token="s3cret"))[0] == 200


@pytest.mark.parametrize(
    "given", ["", "Bearer", "Bearer ", "Bearer s3cre", "Bearer s3cret2", "Basic s3cret", "s3cret", "Bearer ü"]
)
async def test_anything_but_the_token_is_refused(tmp_path: Path, given: str) -> None:
    assert (await scrape(tmp_path, ELSEWHERE, {"authorization": given}, metrics_token="s3cret"))[0] == 401


async def test_this_machine_needs_no_token_even_if_there_is_one(tmp_path: Path) -> None:
    assert (await scrape(tmp_path, LOOPBACK, metrics_token="s3cret"))[0] == 200
