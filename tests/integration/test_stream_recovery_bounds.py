"""How far stream recovery goes: who is asked, how often, for how long, and with whose money."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from tests.fakes.provider import FakeProvider
from tests.fakes.replies import Call, break_after, stream
from tests.going_on import TEXT, OneVoice
from tests.instance import Instance, Streamed, endpoint
from trunkline.settings import Recovery, Routing

MODEL = "acme/rocket"
ORDER = {"order": ["one", "two", "three"]}


@asynccontextmanager
async def three(
    home: Path,
    *,
    recovery: Recovery,
    quirks: dict[str, list[str]],
    pricing: dict[str, Any] | None = None,
    **settings: Any,
) -> AsyncIterator[tuple[Instance, OneVoice, OneVoice, OneVoice]]:
    """Three endpoints of one model that say the same."""
    one, two, three = voices = OneVoice(), OneVoice(), OneVoice()
    async with one.provider, two.provider, three.provider:
        entries = [
            endpoint(MODEL, voice.provider, name, quirks=quirks.get(name, []), **(pricing or {}).get(name, {}))
            for name, voice in zip(("one", "two", "three"), voices, strict=True)
        ]
        async with Instance(home, endpoints=entries, recovery=recovery, **settings) as instance:
            yield instance, one, two, three
            assert await instance.audit() == []


EVERYBODY = {name: ["prefill"] for name in ("one", "two", "three")}
ON = Recovery(enabled=True)


async def test_off_by_default_a_break_is_told_and_nobody_else_is_asked(tmp_path: Path) -> None:
    async with three(tmp_path, recovery=Recovery(), quirks=EVERYBODY) as (instance, one, two, _):
        one.breaks_after = 10
        streamed = await instance.stream(MODEL, provider=ORDER)
        assert (streamed.text, streamed.finish_reasons) == (TEXT[:10], ["error"])
        assert two.bodies == []


async def test_who_cannot_go_on_is_passed_over(tmp_path: Path) -> None:
    async with three(tmp_path, recovery=ON, quirks={"three": ["prefill"]}) as (instance, one, two, third):
        one.breaks_after = 10
        assert (await instance.stream(MODEL, provider=ORDER)).text == TEXT
        assert (two.bodies, len(third.bodies)) == ([], 1)


async def test_no_more_continuations_than_allowed(tmp_path: Path) -> None:
    once = Recovery(enabled=True, continuations_max=1)
    async with three(tmp_path, recovery=once, quirks=EVERYBODY) as (instance, one, two, third):
        one.breaks_after, two.breaks_after = 10, 5
        streamed = await instance.stream(MODEL, provider=ORDER)
        assert (streamed.text, streamed.finish_reasons) == (TEXT[:14], ["error"])  # a blank was said twice
        assert third.bodies == []


async def test_a_switch_and_a_repetition_are_handled_on_the_way(tmp_path: Path) -> None:
    quirks = {"two": ["prefill_by_switch", "prefill_repeated"]}
    async with three(tmp_path, recovery=ON, quirks=quirks) as (instance, one, two, _):
        one.breaks_after, two.repeats = 23, True
        assert (await instance.stream(MODEL, provider=ORDER)).text == TEXT
        assert two.bodies[0]["continue_final_message"] is True


async def test_the_time_for_content_begins_anew_at_the_break(tmp_path: Path) -> None:
    """A stream may have run for longer than a first token may take."""
    go = asyncio.Event()
    routing = Routing(total_timeout_seconds=1.0)
    async with three(tmp_path, recovery=ON, quirks=EVERYBODY, routing=routing) as (instance, one, _two, _three):
        one.provider.then(break_after(3, [TEXT[:5], go, TEXT[5:10]]))
        asyncio.get_running_loop().call_later(1.5, go.set)
        assert (await instance.stream(MODEL, provider=ORDER)).text == TEXT


async def test_an_account_that_cannot_pay_the_second_part_reads_the_break(tmp_path: Path) -> None:
    dear = {"prompt": "0.01", "completion": "0.02"}
    pricing = {"two": {"pricing": dear}, "three": {"pricing": dear}}
    async with three(tmp_path, recovery=ON, quirks=EVERYBODY, pricing=pricing) as (instance, one, two, _):
        created = await instance.management.post("/keys", json={"name": "poor", "limit": 0.01})
        client = instance.connect(created.json()["key"])
        one.breaks_after = 10
        body = {"model": MODEL, "messages": [{"role": "user", "content": "Hi"}], "stream": True, "max_tokens": 100}
        response = await client.post("/chat/completions", json={**body, "provider": ORDER})
        streamed = Streamed(response)
        assert (streamed.text, streamed.finish_reasons) == (TEXT[:10], ["error"])
        assert two.bodies == []
        assert (await client.get("/key")).json()["data"]["usage"] == 0


async def test_when_nobody_goes_on_the_break_is_told_and_not_what_was_tried_since(tmp_path: Path) -> None:
    async with three(tmp_path, recovery=ON, quirks=EVERYBODY) as (instance, one, two, third):
        one.breaks_after = 10
        two.provider.then(status=503)
        third.provider.then(status=429)
        streamed = await instance.stream(MODEL, provider=ORDER)
        assert streamed.error is not None
        assert (streamed.error["code"], streamed.error["metadata"]["provider_name"]) == (502, "One")
        record = await instance.generation(streamed.id)
        assert record["provider_name"] == "One"
        assert [attempt["status"] for attempt in record["provider_responses"]] == [502, 503, 429]


async def test_no_time_to_first_token_is_made_up_for_who_goes_on(tmp_path: Path) -> None:
    async with three(tmp_path, recovery=ON, quirks=EVERYBODY) as (instance, one, _two, _three):
        one.breaks_after = 10
        record = await instance.generation((await instance.stream(MODEL, provider=ORDER)).id)
        second = record["provider_responses"][1]["endpoint_id"]
        assert instance.app.health.latency_s(second, "p50") is None


async def test_what_is_held_covers_the_prompt_and_what_was_said(tmp_path: Path) -> None:
    held: list[int] = []
    async with three(tmp_path, recovery=ON, quirks=EVERYBODY) as (instance, one, two, _):

        def look(call: Call) -> None:
            held.append(instance.app._shared._holds.of_account(account_of(instance)))  # pyright: ignore -- a real one

        one.before_each = two.before_each = look
        one.breaks_after = 40
        await instance.stream(MODEL, provider=ORDER, max_tokens=50)
        assert held[1] - held[0] == 10 * 1_000  # forty characters more of prompt


def account_of(instance: Instance) -> str:
    (account_id,) = instance.app._shared._balances  # pyright: ignore -- the only account there is
    return account_id


async def test_a_request_that_only_its_own_format_understands_stays_in_it(tmp_path: Path) -> None:
    """A Responses request with a tool of OpenAI's own could not be put to anybody who goes on with it."""
    async with FakeProvider() as one, FakeProvider() as two:
        entries = [
            endpoint(MODEL, one, "one", protocol="openai-responses"),
            endpoint(MODEL, two, "two", quirks=["prefill"]),
        ]
        async with Instance(tmp_path, endpoints=entries, recovery=ON) as instance:
            body = {"model": MODEL, "input": "Hi", "stream": True, "tools": [{"type": "code_interpreter"}]}
            one.then(stream(["x"]))
            await instance.client.post("/responses", json={**body, "provider": {"order": ["one"]}})
            assert one.requests[0].json["tools"] == [{"type": "code_interpreter"}]
