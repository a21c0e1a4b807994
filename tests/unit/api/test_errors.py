import httpx
import pytest
from starlette.types import ASGIApp, Receive, Scope, Send

from tests.fakes.clock import FakeClock
from trunkline.api.errors import ErrorBoundary
from trunkline.core.errors import PaymentRequired, RateLimited
from trunkline.storage.interface import StorageRefused, StorageUnavailable

SECRET = "/root/secret.db at 10.0.0.1"


def raising(error: Exception) -> ASGIApp:
    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        raise error

    return ErrorBoundary(app, clock=FakeClock(), docs_base="http://127.0.0.1:8080/docs")


async def answer(app: ASGIApp, method: str = "GET") -> httpx.Response:
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://test") as client:
        return await client.request(method, "/x")


@pytest.mark.parametrize(
    ("error", "status", "error_type"),
    [
        (RuntimeError(SECRET), 500, "server"),
        (StorageUnavailable(SECRET), 503, "provider_overloaded"),
        (StorageRefused(SECRET), 400, "invalid_request"),
        (PaymentRequired("Insufficient credits."), 402, "payment_required"),
    ],
)
async def test_whatever_is_raised_becomes_the_envelope_and_leaks_nothing(
    error: Exception, status: int, error_type: str
) -> None:
    response = await answer(raising(error))
    body = response.json()["error"]
    assert (response.status_code, body["code"], body["metadata"]["error_type"]) == (status, status, error_type)
    assert SECRET not in response.text
    assert response.headers["x-request-id"].startswith("req-")


async def test_error_headers_and_retry_hint_go_out() -> None:
    response = await answer(raising(RateLimited("slow", headers={"X-RateLimit-Limit": "3"}, retry_after_s=7)))
    assert (response.headers["x-ratelimit-limit"], response.headers["retry-after"]) == ("3", "7")


async def test_head_gets_the_headers_of_the_error_without_its_body() -> None:
    response = await answer(raising(PaymentRequired("no")), "HEAD")
    assert response.status_code == 402 and response.content == b""


async def test_nested_boundaries_name_the_request_once() -> None:
    inner = raising(PaymentRequired("no"))
    response = await answer(ErrorBoundary(inner, clock=FakeClock(), docs_base=""))
    assert len(response.headers.get_list("x-request-id")) == 1


async def test_failure_after_the_status_line_is_left_to_the_server() -> None:
    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        await send({"type": "http.response.start", "status": 200, "headers": []})
        raise RuntimeError("late")

    with pytest.raises(RuntimeError, match="late"):
        await answer(ErrorBoundary(app, clock=FakeClock(), docs_base=""))
