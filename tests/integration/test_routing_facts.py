"""What reaches the planner of a real request: sessions, regions, routers, compression (routing 12-17)."""

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any

import pytest

from tests.fakes.openai_chat import usage
from tests.fakes.provider import FakeProvider
from tests.fakes.replies import answer
from tests.instance import Instance, endpoint
from trunkline.settings import Routers, Server

MODEL, SMALL, SMART = "acme/rocket-1", "acme/canoe", "acme/rocket-2"
METADATA = {"X-OpenRouter-Metadata": "enabled"}


class Fleet:
    """Two equally priced endpoints of one model, a model with a small window, a newer one, all at one provider."""

    def __init__(self, instance: Instance, provider: FakeProvider) -> None:
        self.instance, self.provider = instance, provider

    async def ask(self, model: str, headers: dict[str, str] | None = None, **members: Any) -> dict[str, Any]:
        body = {"model": model, "messages": [{"role": "user", "content": "Hi"}], **members}
        response = await self.instance.client.post("/chat/completions", json=body, headers=headers or {})
        return response.json()


@pytest.fixture
async def fleet(tmp_path: Path) -> AsyncIterator[Fleet]:
    async with AsyncExitStack() as stack:
        provider = await stack.enter_async_context(FakeProvider())
        provider.always(answer("Hi"))
        endpoints = [
            *(endpoint(MODEL, provider, name) for name in ("one", "two", "three", "four")),
            endpoint(SMALL, provider, "one", context_length=500),
            endpoint(SMART, provider, "two", region="eu"),
        ]
        instance = Instance(
            tmp_path,
            endpoints=endpoints,
            server=Server(regional_hosts={"europe.example": "eu"}),
            routers=Routers(auto_rankings={"translation": (SMART,)}, auto_default=(MODEL,)),
        )
        yield Fleet(await stack.enter_async_context(instance), provider)


async def test_a_session_stays_with_the_endpoint_that_answered_first(fleet: Fleet) -> None:
    first = (await fleet.ask(MODEL, session_id="s"))["provider"]
    assert {(await fleet.ask(MODEL, session_id="s"))["provider"] for _ in range(12)} == {first}
    assert len({(await fleet.ask(MODEL))["provider"] for _ in range(24)}) > 1


async def test_the_header_names_a_session_too(fleet: Fleet) -> None:
    header = {"X-Session-Id": "h"}
    first = (await fleet.ask(MODEL, header))["provider"]
    assert {(await fleet.ask(MODEL, header))["provider"] for _ in range(12)} == {first}


async def test_a_conversation_stays_once_cached_tokens_were_reported(fleet: Fleet) -> None:
    used = {
        "prompt_tokens": 10,
        "completion_tokens": 1,
        "total_tokens": 11,
        "prompt_tokens_details": {"cached_tokens": 5},
    }
    fleet.provider.always(answer("Hi", used=used))
    first = (await fleet.ask(MODEL))["provider"]
    assert {(await fleet.ask(MODEL))["provider"] for _ in range(12)} == {first}


async def test_conversations_of_every_format_stay_where_they_are_cached(fleet: Fleet) -> None:
    fleet.provider.always(answer("Hi", used=usage(10, 1, cached=5)))
    for path, asked in (
        ("/messages", {"max_tokens": 9, "system": "Be brief.", "messages": [{"role": "user", "content": "Hi"}]}),
        ("/responses", {"instructions": "Be brief.", "input": "Hi"}),
        ("/responses", {"input": "Another", "prompt_cache_key": "k"}),
    ):
        told = [await fleet.instance.client.post(path, json={"model": MODEL, **asked}) for _ in range(12)]
        assert len({response.headers["x-provider-name"] for response in told}) == 1, path


async def test_conversations_that_begin_otherwise_are_others(fleet: Fleet) -> None:
    fleet.provider.always(answer("Hi", used=usage(10, 1, cached=5)))
    told = [
        await fleet.instance.client.post(
            "/messages",
            json={"model": MODEL, "max_tokens": 9, "messages": [{"role": "user", "content": f"Hi {number}"}]},
        )
        for number in range(24)
    ]
    assert len({response.headers["x-provider-name"] for response in told}) > 1


async def test_latest_and_routers_answer_as_the_concrete_model(fleet: Fleet) -> None:
    latest = await fleet.ask("~acme/rocket-latest", METADATA)
    assert (latest["model"], latest["openrouter_metadata"]["strategy"]) == (SMART, "latest")
    text = [{"role": "user", "content": "Translate this into German: good morning"}]
    routed = await fleet.ask("openrouter/auto", METADATA, messages=text)
    assert (routed["model"], routed["openrouter_metadata"]["strategy"]) == (SMART, "auto")
    assert routed["openrouter_metadata"]["pipeline"] == [
        {"type": "plugin", "name": "auto-router", "data": {"task_type": "translation"}}
    ]


async def test_settings_of_a_router_are_read_from_its_plugin(fleet: Fleet) -> None:
    only = [{"id": "auto-router", "allowed_models": ["nobody/*"]}]
    refused = await fleet.ask("openrouter/auto", plugins=only)
    assert "No models match your request" in refused["error"]["message"]
    assert (await fleet.ask("openrouter/auto", plugins=[{"id": "auto-router", "enabled": False}]))["model"] == MODEL


async def test_on_a_regional_host_only_endpoints_of_the_region_serve(fleet: Fleet) -> None:
    host = {"Host": "europe.example"}
    refused = await fleet.ask(MODEL, host)
    availability = refused["error"]["availability"]
    assert (availability["code"], availability["excluded_by"]) == ("constraint_filtered", ["data_region"])
    served = await fleet.ask(SMART, {**host, **METADATA})
    assert served["openrouter_metadata"]["region"] == "eu"
    for path in ("/models", "/models/user"):
        listed = {row["id"] for row in (await fleet.instance.client.get(path, headers=host)).json()["data"]}
        assert {MODEL, SMART} & listed == {SMART}


async def test_a_long_conversation_is_shortened_for_a_small_window_unless_that_is_off(fleet: Fleet) -> None:
    roles = ("user", "assistant")
    messages = [{"role": roles[n % 2], "content": f"{n:02d}" + "x" * 200} for n in range(21)]
    served = await fleet.ask(SMALL, METADATA, messages=messages, max_tokens=50)
    sent = fleet.provider.requests[-1].json["messages"]
    assert isinstance(sent, list)
    assert len(sent) < 21
    assert (sent[0]["content"][:2], sent[-1]["content"][:2]) == ("00", "20")
    (stage,) = served["openrouter_metadata"]["pipeline"]
    assert stage["data"] == {
        "engine": "middle-out",
        "input_type": "messages",
        "original_count": 21,
        "compressed_count": len(sent),
    }
    for off in ({"plugins": [{"id": "context-compression", "enabled": False}]}, {"transforms": []}):
        refused = await fleet.ask(SMALL, messages=messages, max_tokens=50, **off)
        assert refused["error"]["metadata"]["error_type"] == "context_length_exceeded"


async def test_what_fits_goes_as_it_came_and_has_no_stage(fleet: Fleet) -> None:
    served = await fleet.ask(SMALL, METADATA)
    assert "pipeline" not in served["openrouter_metadata"]


async def test_a_family_that_must_reason_takes_a_wish_for_none_as_the_least_and_a_concrete_slug_does_not(
    tmp_path: Path,
) -> None:
    thinker = {
        "id": "acme/thinker-1",
        "reasoning": {"mandatory": True, "supported_efforts": ["low", "high"]},
        "supported_parameters": ["reasoning", "reasoning_effort", "max_tokens"],
    }
    async with FakeProvider() as provider:
        provider.always(answer("Hi"))
        endpoints = [endpoint("acme/thinker-1", provider, "one")]
        async with Instance(tmp_path, endpoints=endpoints, models=(thinker,)) as instance:
            fleet = Fleet(instance, provider)
            for wish in ({"reasoning": {"effort": "none"}}, {"reasoning": {"enabled": False}}):
                served = await fleet.ask("~acme/thinker-latest", **wish)
                assert served["model"] == "acme/thinker-1"
                assert provider.requests[-1].json["reasoning_effort"] == "low"
                refused = await fleet.ask("acme/thinker-1", **wish)
                assert refused["error"]["code"] == 400
