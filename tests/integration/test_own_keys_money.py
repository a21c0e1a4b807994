"""What a request with a caller's own provider key costs, to the nano-dollar (accounts-and-governance.md 8.4)."""

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from decimal import Decimal
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.fakes.clock import START_MS, FakeClock
from tests.fakes.openai_chat import usage
from tests.fakes.provider import FakeProvider
from tests.fakes.replies import answer, failure, stream
from tests.instance import Instance, endpoint
from trunkline.settings import Billing

MODEL = "acme/rocket"
DOLLAR = usage(200_000, 400_000)
"""At $1 and $2 for a million tokens."""
ODD = usage(7, 11)
"""$0.000029."""


@asynccontextmanager
async def instance_of(
    home: Path, billing: Billing, clock: FakeClock | None = None
) -> AsyncIterator[tuple[Instance, FakeProvider]]:
    async with AsyncExitStack() as stack:
        provider = await stack.enter_async_context(FakeProvider())
        instance = await stack.enter_async_context(
            Instance(home, endpoints=[endpoint(MODEL, provider)], billing=billing, clock=clock)
        )
        stored = await instance.management.post("/byok", json={"provider": "acme", "key": "sk-mine"})
        assert stored.status_code == 201, stored.text
        yield instance, provider
        assert await instance.audit() == []


async def cost_of(instance: Instance, provider: FakeProvider, used: Any) -> Decimal:
    provider.then(answer("Hello", used=used))
    response = await instance.post(MODEL, max_tokens=10)
    assert response.status_code == 200, response.text
    told = response.json()["usage"]
    assert told["is_byok"] is True
    return Decimal(str(told["cost"]))


async def test_nothing_is_charged_by_default_and_the_list_price_is_told(tmp_path: Path) -> None:
    async with instance_of(tmp_path, Billing(markup_percent=10)) as (instance, provider):
        provider.then(stream("Hello", used=ODD))
        told = (await instance.stream(MODEL)).usage
        assert (told["cost"], told["is_byok"]) == (0, True)
        assert told["cost_details"]["upstream_inference_cost"] == 0.000029
        provider.then(answer("Hello", used=ODD))
        answered = await instance.chat(MODEL)
        record = await instance.generation(answered["id"])
        assert (record["total_cost"], record["is_byok"]) == (0, True)
        assert record["upstream_inference_cost"] == 0.000029
        assert record["provider_responses"][0]["is_byok"] is True
        key = (await instance.client.get("/key")).json()["data"]
        assert (key["usage"], key["byok_usage"], key["byok_usage_daily"]) == (0, 0.000058, 0.000058)


async def test_below_the_allowance_a_dollar_costs_nothing_and_above_it_five_cents(tmp_path: Path) -> None:
    billing = Billing(byok_fee_percent=5, byok_allowance_usd=2)
    async with instance_of(tmp_path, billing) as (instance, provider):
        assert await cost_of(instance, provider, DOLLAR) == 0
        assert await cost_of(instance, provider, usage(500_000, 0 + 1)) == 0
        # $1.500002 are used: of the next dollar $0.500002 lies above.
        assert await cost_of(instance, provider, DOLLAR) == Decimal("0.0250001")
        assert await cost_of(instance, provider, DOLLAR) == Decimal("0.05")
        assert await cost_of(instance, provider, ODD) == Decimal("0.00000145")
        key = (await instance.client.get("/key")).json()["data"]
        assert Decimal(str(key["usage"])) == Decimal("0.07500155")
        assert Decimal(str(key["byok_usage"])) == Decimal("3.500031")


async def test_the_allowance_is_remembered_over_a_restart_and_begins_anew_with_the_month(tmp_path: Path) -> None:
    clock = FakeClock(START_MS)
    billing = Billing(byok_fee_percent=5, byok_allowance_usd=1)
    async with instance_of(tmp_path, billing, clock) as (instance, provider):
        assert await cost_of(instance, provider, DOLLAR) == 0
    async with AsyncExitStack() as stack:
        provider = await stack.enter_async_context(FakeProvider())
        endpoints = [endpoint(MODEL, provider)]
        instance = await stack.enter_async_context(
            Instance(tmp_path, endpoints=endpoints, billing=billing, clock=clock)
        )
        assert await cost_of(instance, provider, DOLLAR) == Decimal("0.05")
        clock.advance(32 * 86_400)
        assert await cost_of(instance, provider, DOLLAR) == 0


async def test_an_own_key_serves_an_account_without_credits_and_shared_capacity_does_not(tmp_path: Path) -> None:
    async with instance_of(tmp_path, Billing(mode="prepaid")) as (instance, provider):
        assert await cost_of(instance, provider, ODD) == 0
        provider.then(failure(401))
        response = await instance.post(MODEL, max_tokens=10)
        assert response.status_code in (402, 502)
        assert len(provider.requests) == 2, "shared capacity was called without credits"


async def test_a_fee_needs_credits(tmp_path: Path) -> None:
    billing = Billing(mode="prepaid", byok_fee_percent=5, byok_allowance_usd=0)
    async with instance_of(tmp_path, billing) as (instance, provider):
        response = await instance.post(MODEL, max_tokens=10)
        assert response.status_code == 402
        assert provider.requests == []


async def new_key(instance: Instance, **members: Any) -> httpx.AsyncClient:
    made = await instance.management.post("/keys", json={"name": "limited", **members})
    return instance.connect(made.json()["key"])


async def test_own_keys_count_against_a_limit_that_includes_them_and_no_other(tmp_path: Path) -> None:
    async with instance_of(tmp_path, Billing()) as (instance, provider):
        provider.always(answer("Hello", used=usage(1_000, 1)))  # $0.001002
        body = {"model": MODEL, "messages": [{"role": "user", "content": "Hi"}], "max_tokens": 10}
        strict = await new_key(instance, limit=0.001, include_byok_in_limit=True)
        assert (await strict.post("/chat/completions", json=body)).status_code == 200
        first_calls = len(provider.requests)
        refused = await strict.post("/chat/completions", json=body)
        assert refused.status_code == 402
        assert len(provider.requests) == first_calls
        current = (await strict.get("/key")).json()["data"]
        assert (current["limit_remaining"], current["usage"], current["byok_usage"]) == (0, 0, 0.001002)
        loose = await new_key(instance, limit=0.001)
        assert (await loose.post("/chat/completions", json=body)).status_code == 200
        assert (await loose.post("/chat/completions", json=body)).status_code == 200
        assert (await loose.get("/key")).json()["data"]["limit_remaining"] == 0.001


@pytest.mark.parametrize("fee", [0, 5])
async def test_activity_tells_list_price_and_fee_apart(tmp_path: Path, fee: int) -> None:
    async with instance_of(tmp_path, Billing(byok_fee_percent=fee, byok_allowance_usd=0)) as (instance, provider):
        await cost_of(instance, provider, DOLLAR)
        ledger = (await instance.management.get("/credits")).json()["data"]
        assert ledger["total_usage"] == fee / 100
