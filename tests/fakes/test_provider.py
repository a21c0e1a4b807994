"""The fake provider keeps its promises, seen by a client that is not ours."""

import asyncio
import time

import httpx
import pytest

from tests.fakes.clock import START_MS, FakeClock
from tests.fakes.openai_chat import function_call, usage
from tests.fakes.provider import FakeProvider
from tests.fakes.replies import (
    answer,
    break_after,
    failure,
    garbage,
    html_page,
    no_done,
    no_finish_reason,
    raw,
    sse,
    stall_after,
    stall_before_head,
    stream,
    trickle,
)

CHAT: dict[str, object] = {"model": "m", "messages": [{"role": "user", "content": "hi"}]}
STREAMED: dict[str, object] = {**CHAT, "stream": True, "stream_options": {"include_usage": True}}


async def ask(provider: FakeProvider, body: dict[str, object] | None = None) -> httpx.Response:
    async with httpx.AsyncClient(trust_env=False, timeout=5) as client:
        return await client.post(f"{provider.url}/chat/completions", json=body or CHAT)


async def test_without_a_script_it_answers_like_openai() -> None:
    async with FakeProvider() as provider:
        whole = (await ask(provider)).json()
        streamed = (await ask(provider, STREAMED)).text
        bare = (await ask(provider, {**CHAT, "stream": True})).text
    assert whole["choices"][0]["message"] == {"role": "assistant", "content": "Hello, world!"}
    assert whole["usage"] == usage()
    assert streamed.endswith("data: [DONE]\n\n")
    assert '"finish_reason":"stop"' in streamed
    assert '"usage"' in streamed
    assert '"usage"' not in bare


async def test_the_script_is_followed_in_order_and_rules_come_first() -> None:
    async with FakeProvider() as provider:
        provider.then(answer("one")).then(status=429, retry_after=1.5, body={"error": "busy"}).then(html_page())
        provider.when(lambda request: request.json["model"] == "other", answer("rule"))
        assert "rule" in (await ask(provider, {**CHAT, "model": "other"})).text
        assert "one" in (await ask(provider)).text
        busy = await ask(provider)
        assert (busy.status_code, busy.headers["retry-after"], busy.json()) == (429, "1.5", {"error": "busy"})
        page = await ask(provider)
        assert (page.status_code, page.headers["content-type"]) == (502, "text/html")
        assert (await ask(provider)).status_code == 200
    assert [request.json["model"] for request in provider.requests] == ["other", "m", "m", "m", "m"]
    assert provider.requests[0].headers["content-type"] == "application/json"


async def test_answers_say_what_the_test_gave_them() -> None:
    async with FakeProvider() as provider:
        call = function_call("f", "{}")
        provider.then(answer(None, finish="tool_calls", used=usage(7, 3, cached=4), tool_calls=[call]))
        provider.then(stream([{"reasoning": "hm"}, "Hi", b": note\n\n"], finish="length", used=usage(7, 3, cached=4)))
        whole = (await ask(provider)).json()
        streamed = (await ask(provider, STREAMED)).text
    assert whole["choices"][0]["message"]["tool_calls"] == [call]
    assert whole["usage"]["prompt_tokens_details"] == {"cached_tokens": 4}
    for expected in (
        '"reasoning":"hm"',
        '"content":"Hi"',
        ": note\n\n",
        '"finish_reason":"length"',
        '"cached_tokens":4',
    ):
        assert expected in streamed


async def test_streams_can_lack_their_ends() -> None:
    async with FakeProvider() as provider:
        provider.then(no_done()).then(no_finish_reason())
        assert "[DONE]" not in (await ask(provider, STREAMED)).text
        assert '"finish_reason":"' not in (await ask(provider, STREAMED)).text


@pytest.mark.parametrize("how", ["close", "reset"])
async def test_connections_break_where_they_should(how: str) -> None:
    async with FakeProvider() as provider:
        provider.then(break_after(2, how="close" if how == "close" else "reset"))
        with pytest.raises((httpx.RemoteProtocolError, httpx.ReadError)):
            await ask(provider, STREAMED)


@pytest.mark.parametrize("reply", [garbage(), raw(b""), raw(b"HTTP/1.1 200 OK\r\ncontent-length: 5\r\n\r\nab")])
async def test_what_is_not_http_is_noticed(reply: object) -> None:
    async with FakeProvider() as provider:
        provider.then(reply)  # pyright: ignore[reportArgumentType] -- a Reply behind parametrize
        with pytest.raises(httpx.TransportError):
            await ask(provider)


async def test_a_silence_ends_when_the_test_says_so() -> None:
    go = asyncio.Event()
    async with FakeProvider() as provider:
        provider.then(stream(["He", go, "llo"])).then(stall_before_head(go, answer("late")))
        started_s = time.monotonic()
        task = asyncio.get_running_loop().create_task(ask(provider, STREAMED))
        await provider.received(1)
        assert not task.done()
        go.set()
        assert '"content":"llo"' in (await task).text
        assert "late" in (await ask(provider)).text
        assert time.monotonic() - started_s < 5


async def test_a_client_that_hangs_up_is_noticed() -> None:
    async with FakeProvider() as provider:
        provider.then(stall_after(1))
        async with (
            httpx.AsyncClient(trust_env=False) as client,
            client.stream("POST", f"{provider.url}/chat/completions", json=STREAMED) as response,
        ):
            assert response.status_code == 200
        await provider.client_closed(0)
        assert not provider.requests[0].answered


async def test_a_trickle_and_a_recorded_stream_arrive_whole() -> None:
    async with FakeProvider() as provider:
        provider.then(trickle(answer("slow"))).then(sse([b"event: a\ndata: 1\n\n", b"event: b\ndata: 2\n\n"]))
        assert "slow" in (await ask(provider)).text
        assert (await ask(provider)).text == "event: a\ndata: 1\n\nevent: b\ndata: 2\n\n"


async def test_a_check_refuses_what_it_complains_about() -> None:
    async with FakeProvider(check=lambda request: None if "tools" not in request.json else "no tools here") as provider:
        assert (await ask(provider)).status_code == 200
        assert (await ask(provider, {**CHAT, "tools": []})).json()["error"]["message"] == "no tools here"
        assert provider.complaints == ["no tools here"]


async def test_a_mistake_in_a_reply_is_not_swallowed() -> None:
    async def wrong(call: object) -> None:
        raise KeyError("a typo in a test")

    provider = await FakeProvider().start()
    provider.then(wrong)
    with pytest.raises(httpx.TransportError):
        await ask(provider)
    with pytest.raises(KeyError):
        await provider.stop()


def test_synchronous_tests_use_it_from_a_thread() -> None:
    with FakeProvider.in_thread() as provider:
        provider.then(failure(503))
        with httpx.Client(trust_env=False) as client:
            assert client.post(f"{provider.url}/chat/completions", json=CHAT).status_code == 503
            assert client.get(f"{provider.url}/models").json()["data"][0]["id"] == "fake-1"


def test_the_clock_moves_only_when_told() -> None:
    clock = FakeClock()
    before_s = clock.monotonic_s()
    assert clock.now_ms() == START_MS
    clock.advance(1.5)
    assert (clock.now_ms() - START_MS, clock.monotonic_s() - before_s) == (1500, 1.5)
