"""A stream whose first content is late is asked of a second endpoint, and the first to speak is kept (hedging)."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio

from tests.fakes.provider import FakeProvider
from tests.fakes.replies import Reply, failure, stall_after, stall_before_head, stream
from tests.instance import Instance, Streamed, endpoint
from trunkline.settings import Hedging, ProviderSettings

MODEL = "acme/rocket"
USUAL = 5
FLOOR_S = 0.3
CHEAP, DEAR = {"prompt": "0.000001", "completion": "0.000002"}, {"prompt": "0.000003", "completion": "0.000004"}
TWO_SAYS = ("Two ", "speaks", ".")
WAIT_S = 30.0

pytestmark = [pytest.mark.asyncio(loop_scope="module")]


class Pair:
    """Two endpoints of one model, the cheaper first. What is usual at the first is known: nearly nothing."""

    def __init__(self, instance: Instance, one: FakeProvider, two: FakeProvider) -> None:
        self.instance, self.one, self.two = instance, one, two

    async def stream(self, **members: Any) -> Streamed:
        return await self.instance.stream(MODEL, provider={"sort": "price"}, **members)

    async def late(self, reply: Reply, **members: Any) -> Streamed:
        """The first does `reply`, the second answers at once."""
        self.one.then(reply)
        self.two.then(stream(TWO_SAYS))
        return await self.stream(**members)

    @property
    def hedges(self) -> tuple[int, int]:
        """Second requests so far, and how many of them were the first to speak."""
        metrics = self.instance.app.metrics
        return metrics.hedges, metrics.hedges_won


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def pair(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Pair]:
    home: Path = tmp_path_factory.mktemp("hedging")
    hedging = Hedging(enabled=True, extra_percent=100, floor_seconds=FLOOR_S, samples_min=USUAL)
    cancelled = {name: ProviderSettings(cancels_billing=True) for name in ("one", "two")}
    async with AsyncExitStack() as stack:
        one = await stack.enter_async_context(FakeProvider())
        two = await stack.enter_async_context(FakeProvider())
        entries = [endpoint(MODEL, one, "one", pricing=CHEAP), endpoint(MODEL, two, "two", pricing=DEAR)]
        async with Instance(home, endpoints=entries, hedging=hedging, providers=cancelled) as instance:
            pair = Pair(instance, one, two)
            for _ in range(2 * USUAL):
                streamed = await pair.stream()
            record = await instance.generation(streamed.id)
            endpoint_id = record["provider_responses"][0]["endpoint_id"]
            while instance.app.health.usual_wait_s(endpoint_id, 95, USUAL) is None:
                await asyncio.sleep(0.05)  # the order of the samples is worked out once a second
            yield pair
            assert await instance.audit() == []
            assert instance.app._shared.open_holds() == 0


async def test_the_second_answers_when_the_first_is_later_than_usual(pair: Pair) -> None:
    (before, won), spent, asked = pair.hedges, await pair.instance.usage(), len(pair.one.requests)
    streamed = await pair.late(stall_before_head())
    assert (streamed.text, streamed.finish_reasons[-1], streamed.is_done) == ("Two speaks.", "stop", True)
    assert pair.hedges == (before + 1, won + 1)
    async with asyncio.timeout(WAIT_S):
        await pair.one.client_closed(asked)
    record = await pair.instance.generation(streamed.id)
    loser, winner = record["provider_responses"]
    assert (loser["provider_name"], loser["status"], loser["outpaced"]) == ("One", None, True)
    assert (loser["tokens_prompt"], loser["upstream_inference_cost"]) == (0, 0)
    assert (winner["provider_name"], winner["status"], "outpaced" in winner) == ("Two", 200, False)
    cost = winner["tokens_prompt"] * 3_000 + winner["tokens_completion"] * 4_000
    assert cost == round(record["total_cost"] * 1e9) == round((await pair.instance.usage() - spent) * 1e9)


async def test_a_head_without_content_is_no_speech_and_what_was_begun_is_estimated(pair: Pair) -> None:
    streamed = await pair.late(stall_after(0))
    assert streamed.text == "Two speaks."
    record = await pair.instance.generation(streamed.id)
    loser, winner = record["provider_responses"]
    assert (loser["status"], loser["outpaced"]) == (200, True)
    assert round(loser["upstream_inference_cost"] * 1e9) == loser["tokens_prompt"] * 1_000 > 0
    assert round(record["total_cost"] * 1e9) == round(winner["upstream_inference_cost"] * 1e9)


async def test_the_first_is_kept_when_it_speaks_first_after_all(pair: Pair) -> None:
    before, won = pair.hedges
    go, asked = asyncio.Event(), len(pair.two.requests)
    pair.one.then(stall_before_head(go, stream(["One ", "after all."])))
    pair.two.then(stall_before_head())
    running = asyncio.ensure_future(pair.stream())
    async with asyncio.timeout(WAIT_S):
        await pair.two.received(asked + 1)
        go.set()
        streamed = await running
        await pair.two.client_closed(asked)
    assert streamed.text == "One after all."
    assert pair.hedges == (before + 1, won)
    record = await pair.instance.generation(streamed.id)
    assert [attempt["provider_name"] for attempt in record["provider_responses"]] == ["Two", "One"]
    assert record["provider_name"] == "One"


async def test_metadata_names_both(pair: Pair) -> None:
    pair.one.then(stall_before_head())
    pair.two.then(stream(TWO_SAYS))
    body = {"model": MODEL, "messages": [{"role": "user", "content": "Hi"}], "stream": True}
    response = await pair.instance.client.post(
        "/chat/completions",
        json={**body, "provider": {"sort": "price"}},
        headers={"X-OpenRouter-Metadata": "enabled"},
    )
    metadata = Streamed(response).chunks[-1]["openrouter_metadata"]
    assert [(attempt["provider"], attempt["status"]) for attempt in metadata["attempts"]] == [("One", 0), ("Two", 200)]
    assert metadata["pipeline"] == [{"type": "hedging", "name": "hedging", "data": {"winner": "Two"}}]


async def test_a_session_stays_with_the_winner(pair: Pair) -> None:
    await pair.late(stall_before_head(), session_id="chat-1")
    asked = len(pair.one.requests)
    streamed = await pair.stream(session_id="chat-1")
    assert streamed.chunks[0]["provider"] == "Two"
    assert len(pair.one.requests) == asked


async def test_when_both_fail_both_are_told(pair: Pair) -> None:
    go, asked = asyncio.Event(), len(pair.two.requests)
    pair.one.then(stall_before_head(go, failure(503)))
    pair.two.then(failure(500))
    running = asyncio.ensure_future(pair.instance.post(MODEL, stream=True, provider={"sort": "price"}))
    async with asyncio.timeout(WAIT_S):
        await pair.two.received(asked + 1)
        go.set()
        response = await running
    assert response.status_code == 503
    assert len(response.json()["error"]["metadata"]["previous_errors"]) == 1
    record = await pair.instance.generation(response.headers["x-generation-id"])
    assert sorted(attempt["status"] for attempt in record["provider_responses"]) == [500, 503]
    assert record["total_cost"] == 0


async def test_a_failure_in_time_is_no_reason_to_hedge(pair: Pair) -> None:
    before = pair.hedges
    pair.one.then(failure(503))
    assert (await pair.stream()).chunks[0]["provider"] == "Two"
    assert pair.hedges == before


async def test_a_client_that_leaves_ends_both(pair: Pair) -> None:
    ones, twos = len(pair.one.requests), len(pair.two.requests)
    pair.one.then(stall_before_head())
    pair.two.then(stall_before_head())
    spent = await pair.instance.usage()
    running = asyncio.ensure_future(pair.stream())
    async with asyncio.timeout(WAIT_S):
        await pair.two.received(twos + 1)
        running.cancel()
        await asyncio.wait((running,))
        await pair.one.client_closed(ones)
        await pair.two.client_closed(twos)
        while pair.instance.app._shared.open_holds():
            await asyncio.sleep(0.02)
    assert await pair.instance.usage() == spent


async def test_whole_answers_are_not_hedged(pair: Pair) -> None:
    before, go = pair.hedges, asyncio.Event()
    pair.one.then(stall_before_head(go))
    running = asyncio.ensure_future(pair.instance.chat(MODEL, provider={"sort": "price"}))
    await asyncio.sleep(FLOOR_S * 2)
    go.set()
    assert (await running)["provider"] == "One"
    assert pair.hedges == before


async def test_a_second_call_that_is_too_dear_is_not_made_and_the_hold_stays(pair: Pair) -> None:
    """The first may cost 0.0022 dollars, the second 0.0043."""
    before, go = pair.hedges, asyncio.Event()
    created = await pair.instance.management.post("/keys", json={"name": "poor", "limit": 0.003})
    client = pair.instance.connect(created.json()["key"])
    pair.one.then(stall_before_head(go, stream(["One."])))
    asked = len(pair.one.requests)
    body = {"model": MODEL, "messages": [{"role": "user", "content": "Hi"}], "stream": True, "max_tokens": 1_000}
    running = asyncio.ensure_future(client.post("/chat/completions", json={**body, "provider": {"sort": "price"}}))
    async with asyncio.timeout(WAIT_S):
        await pair.one.received(asked + 1)
        await asyncio.sleep(FLOOR_S * 2)
        assert pair.instance.app._shared.open_holds() == 1
        go.set()
        assert Streamed(await running).text == "One."
    assert pair.hedges == before


@pytest.mark.parametrize(
    "hedging", [Hedging(), Hedging(enabled=True, extra_percent=0, samples_min=1, floor_seconds=0.1)]
)
async def test_off_or_without_a_budget_nobody_is_asked_beside_a_late_one(tmp_path: Path, hedging: Hedging) -> None:
    async with FakeProvider() as one, FakeProvider() as two:
        entries = [endpoint(MODEL, one, "one", pricing=CHEAP), endpoint(MODEL, two, "two", pricing=DEAR)]
        async with Instance(tmp_path, endpoints=entries, hedging=hedging) as instance:
            await instance.stream(MODEL, provider={"sort": "price"})
            go = asyncio.Event()
            one.then(stall_before_head(go, stream(["One."])))
            asyncio.get_running_loop().call_later(0.5, go.set)
            assert (await instance.stream(MODEL, provider={"sort": "price"})).text == "One."
            assert two.requests == []
