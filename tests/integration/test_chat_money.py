"""What a request may spend: key limits, prepaid credits, holds (accounts-and-governance.md 2.3, 4.4, 4.5)."""

import asyncio
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.fakes.clock import FakeClock
from tests.fakes.openai_chat import usage
from tests.fakes.provider import FakeProvider
from tests.fakes.replies import answer, break_after, stall_before_head, stream
from tests.instance import KEY, Instance, endpoint
from trunkline.billing import ledger, repository
from trunkline.core.money import parse_amount
from trunkline.settings import Billing, ProviderSettings

MODEL = "acme/rocket"
PREPAID = Billing(mode="prepaid")


async def new_key(instance: Instance, **members: Any) -> httpx.AsyncClient:
    created = await instance.management.post("/keys", json={"name": "test", **members})
    assert created.status_code == 201, created.text
    return instance.connect(created.json()["key"])


async def chat(client: httpx.AsyncClient, **members: Any) -> httpx.Response:
    body = {"model": MODEL, "messages": [{"role": "user", "content": "Hi"}], **members}
    return await client.post("/chat/completions", json=body)


async def test_key_at_its_limit_is_refused_with_402_until_the_limit_is_raised(tmp_path: Path) -> None:
    async with FakeProvider() as provider, Instance(tmp_path, endpoints=[endpoint(MODEL, provider)]) as instance:
        client = await new_key(instance, limit=0.001, limit_reset="daily")
        provider.then(answer(used=usage(1000, 0 + 1)))
        assert (await chat(client, max_tokens=10)).status_code == 200
        refused = await chat(client, max_tokens=10)
        assert refused.status_code == 402
        error = refused.json()["error"]
        assert error["metadata"]["error_type"] == "payment_required"
        assert "Key limit exceeded (daily limit)" in error["message"]
        assert len(provider.requests) == 1
        key_hash = (await instance.management.get("/keys")).json()["data"][0]["hash"]
        await instance.management.patch(f"/keys/{key_hash}", json={"limit": 1})
        assert (await chat(client, max_tokens=10)).status_code == 200
        assert await instance.audit() == []


async def test_fifty_parallel_requests_overspend_a_key_by_at_most_one(tmp_path: Path) -> None:
    async with FakeProvider() as provider, Instance(tmp_path, endpoints=[endpoint(MODEL, provider)]) as instance:
        client = await new_key(instance, limit=0.1)
        provider.always(answer(used=usage(10, 10_000)))  # 0.02001 dollars each
        responses = await asyncio.gather(*(chat(client, max_tokens=10_000) for _ in range(50)))
        served = [response for response in responses if response.status_code == 200]
        assert {response.status_code for response in responses} == {200, 402}
        spent = sum(response.json()["usage"]["cost"] for response in served)
        assert spent <= 0.1 + 0.02001
        assert (await client.get("/key")).json()["data"]["usage"] == pytest.approx(spent)
        assert await instance.audit() == []


async def test_request_whose_max_tokens_cannot_be_paid_is_told_both_numbers(tmp_path: Path) -> None:
    async with FakeProvider() as provider, Instance(tmp_path, endpoints=[endpoint(MODEL, provider)]) as instance:
        client = await new_key(instance, limit=0.01)
        refused = await chat(client, max_tokens=20_000)
        assert refused.status_code == 402
        message = refused.json()["error"]["message"]
        assert "You requested up to 20000 tokens, but can only afford 49" in message
        assert "/settings/keys" in message
        assert provider.requests == []


async def test_output_is_capped_to_what_is_affordable_when_no_max_tokens_is_given(tmp_path: Path) -> None:
    entry = endpoint("acme/long", fake := FakeProvider(), supported_parameters=["max_tokens"], max_output_tokens=30_000)
    async with fake as provider:
        entry["base_url"] = provider.url
        async with Instance(tmp_path, endpoints=[entry]) as instance:
            client = await new_key(instance, limit=0.01)
            response = await chat(client, model="acme/long")
            assert response.status_code == 200
            cap = provider.requests[0].json["max_tokens"]
            assert isinstance(cap, int)
            assert 4_900 < cap < 5_000


async def test_prompt_that_cannot_be_paid_is_a_402_that_says_so(tmp_path: Path) -> None:
    async with FakeProvider() as provider, Instance(tmp_path, endpoints=[endpoint(MODEL, provider)]) as instance:
        client = await new_key(instance, limit=0.000001)
        refused = await chat(client, messages=[{"role": "user", "content": "word " * 2000}], max_tokens=5)
        assert refused.status_code == 402
        assert "Prompt tokens limit exceeded:" in refused.json()["error"]["message"]


async def test_prepaid_account_without_credits_is_refused_and_served_after_a_grant(tmp_path: Path) -> None:
    async with (
        FakeProvider() as provider,
        Instance(tmp_path, endpoints=[endpoint(MODEL, provider)], billing=PREPAID) as instance,
    ):
        refused = await chat(instance.client, max_tokens=5)
        assert refused.status_code == 402
        assert refused.json()["error"]["message"].startswith("Insufficient credits")
        provider.then(answer(used=usage(1_000_000, 2_000_000)))  # 5 dollars
        await add_credits(instance, "5")
        credits = (await instance.management.get("/credits")).json()["data"]
        assert credits == {"total_credits": 5, "total_usage": 5}
        assert (await chat(instance.client, max_tokens=5)).status_code == 402
        assert await instance.audit() == []


async def test_money_comes_before_routing_when_no_endpoint_could_serve(tmp_path: Path) -> None:
    async with (
        FakeProvider() as provider,
        Instance(tmp_path, endpoints=[endpoint(MODEL, provider)], billing=PREPAID) as instance,
    ):
        assert (await chat(instance.client, provider={"only": ["nobody"]})).status_code == 402


async def test_hold_is_gone_after_refusals_failures_and_broken_streams(tmp_path: Path) -> None:
    async with FakeProvider() as provider, Instance(tmp_path, endpoints=[endpoint(MODEL, provider)]) as instance:
        client = await new_key(instance, limit=0.05)
        full = {"max_tokens": 20_000}  # reserves 0.04 of the 0.05
        provider.then(status=500)
        assert (await chat(client, **full)).status_code == 500
        provider.then(break_after(2))
        assert (await chat(client, stream=True, **full)).status_code == 200
        assert (await chat(client, max_tokens=30_000)).status_code == 402
        assert (await chat(client, provider={"only": ["nobody"]}, **full)).status_code == 404
        provider.then(stream(used=usage(10, 10)))
        assert (await chat(client, stream=True, **full)).status_code == 200
        assert (await chat(client, **full)).status_code == 200
        assert await instance.audit() == []


async def test_dearer_fallback_is_not_a_way_around_the_limit(tmp_path: Path) -> None:
    async with FakeProvider() as cheap, FakeProvider() as dear:
        pricing = {"prompt": "0.001", "completion": "0.002"}
        endpoints = [endpoint(MODEL, cheap, "cheap"), endpoint("acme/dear", dear, "dear", pricing=pricing)]
        async with Instance(tmp_path, endpoints=endpoints) as instance:
            client = await new_key(instance, limit=0.05)
            cheap.then(status=503)
            response = await chat(client, models=["acme/dear"], max_tokens=100)
            assert response.status_code == 503
            assert dear.requests == []


async def test_endpoint_that_is_too_dear_is_skipped_for_one_that_is_affordable(tmp_path: Path) -> None:
    async with FakeProvider() as dear, FakeProvider() as cheap:
        pricing = {"prompt": "0.001", "completion": "0.002"}
        endpoints = [endpoint(MODEL, dear, "dear", pricing=pricing), endpoint(MODEL, cheap, "cheap")]
        async with Instance(tmp_path, endpoints=endpoints) as instance:
            client = await new_key(instance, limit=0.05)
            response = await chat(client, provider={"order": ["dear", "cheap"]}, max_tokens=100)
            assert response.status_code == 200
            assert dear.requests == []


async def test_disabling_a_key_works_at_once(tmp_path: Path) -> None:
    async with FakeProvider() as provider, Instance(tmp_path, endpoints=[endpoint(MODEL, provider)]) as instance:
        client = await new_key(instance)
        assert (await chat(client)).status_code == 200
        key_hash = (await instance.management.get("/keys")).json()["data"][0]["hash"]
        await instance.management.patch(f"/keys/{key_hash}", json={"disabled": True})
        refused = await chat(client)
        assert refused.status_code == 401
        assert refused.json()["error"]["message"] == "API key disabled"


async def test_wrong_and_missing_and_management_keys_are_told_apart(tmp_path: Path) -> None:
    async with FakeProvider() as provider, Instance(tmp_path, endpoints=[endpoint(MODEL, provider)]) as instance:
        missing = await chat(instance.connect(None))
        assert (missing.status_code, missing.json()["error"]["message"]) == (401, "Missing Authentication header")
        wrong = await chat(instance.connect(KEY[:-1] + "0"))
        assert (wrong.status_code, wrong.json()["error"]["message"]) == (401, "User not found.")
        management = await chat(instance.management)
        assert management.status_code == 403
        assert management.json()["error"]["metadata"]["error_type"] == "permission_denied"
        assert provider.requests == []


async def add_credits(instance: Instance, usd: str) -> None:
    """As `trunkline credits add` does in another process; a serving one notices within a second or two."""
    assert instance.app.first_start is not None
    entry = ledger.entry(
        "grant",
        account_id=instance.app.first_start.account_id,
        amount_nanousd=parse_amount(usd),
        at_ms=1,
        reference="test",
    )
    await instance.app._database.write(repository.add_entries, [entry])
    async with asyncio.timeout(5):
        while (await chat(instance.client, max_tokens=5)).status_code != 200:
            await asyncio.sleep(0.05)


async def test_hold_lasts_as_long_as_the_most_patient_provider(tmp_path: Path) -> None:
    clock = FakeClock()
    patient = {"acme": ProviderSettings(total_timeout_seconds=1_000)}
    async with FakeProvider() as provider:
        endpoints = [endpoint(MODEL, provider)]
        async with Instance(tmp_path, endpoints=endpoints, providers=patient, clock=clock) as instance:
            provider.then(stall_before_head(go := asyncio.Event()))
            asking = asyncio.get_running_loop().create_task(chat(instance.client))
            await provider.received(1)
            clock.advance(900)
            await instance.app._shared.forget_expired_holds(clock.now_ms())
            held = instance.app._shared.open_holds()
            go.set()
            assert held == 1
            assert (await asking).status_code == 200
            assert instance.app._shared.open_holds() == 0
