"""Sorted requests leave an endpoint that is dead, and one request finds out that it came back (decision 0024)."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from pathlib import Path

import pytest

from tests.fakes.clock import FakeClock
from tests.fakes.provider import FakeProvider
from tests.fakes.replies import Call, answer, failure
from tests.instance import Instance, endpoint
from trunkline.routing.health import FAILURES_IN_A_ROW

MODEL = "acme/rocket"
BY_PRICE = {"sort": "price"}


class World:
    """A cheap provider and a dear one, and the clock of their health."""

    def __init__(self, instance: Instance, cheap: FakeProvider, dear: FakeProvider, clock: FakeClock) -> None:
        self.instance, self.cheap, self.dear, self.clock = instance, cheap, dear, clock

    async def ask(self) -> str:
        """Who answered a request sorted by price."""
        response = await self.instance.post(MODEL, provider=BY_PRICE)
        assert response.status_code == 200
        return response.json()["provider"]


@pytest.fixture
async def world(tmp_path: Path) -> AsyncIterator[World]:
    clock = FakeClock()
    async with AsyncExitStack() as stack:
        cheap, dear = [await stack.enter_async_context(FakeProvider()) for _ in range(2)]
        endpoints = [
            endpoint(MODEL, provider, name, pricing={"prompt": price, "completion": price})
            for provider, name, price in ((cheap, "cheap", "0.000001"), (dear, "dear", "0.000003"))
        ]
        instance = await stack.enter_async_context(Instance(tmp_path, endpoints=endpoints, clock=clock))
        yield World(instance, cheap, dear, clock)


async def test_a_sorted_request_leaves_a_dead_first_choice_and_one_request_finds_it_again(world: World) -> None:
    world.cheap.always(failure(503))
    for _ in range(FAILURES_IN_A_ROW + 3):
        assert await world.ask() == "Dear"
    assert len(world.cheap.requests) == FAILURES_IN_A_ROW

    world.clock.advance(31)
    tried = asyncio.Event()

    async def late_answer(call: Call) -> None:
        await tried.wait()
        await answer("Here I am.")(call)

    world.cheap.always(late_answer)
    trial = asyncio.ensure_future(world.ask())
    await world.cheap.received(FAILURES_IN_A_ROW + 1)
    assert [await world.ask() for _ in range(3)] == ["Dear"] * 3, "others do not wait with the one that tries"
    tried.set()
    assert [await trial, await world.ask()] == ["Cheap", "Cheap"]
