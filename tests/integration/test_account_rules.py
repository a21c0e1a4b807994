"""What an account allows and its workspace prefers holds for every request, without a question to the database
(accounts-and-governance.md 9.1, 13; routing-and-catalog.md 4.1, 14)."""

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select

from tests.fakes.provider import FakeProvider
from tests.fakes.replies import answer
from tests.instance import Instance, endpoint
from trunkline.accounts.rules.service import PrivacyService
from trunkline.accounts.rules.types import Privacy
from trunkline.accounts.types import Actor
from trunkline.core.clock import SystemClock
from trunkline.generations.service import from_record
from trunkline.generations.types import Generation
from trunkline.settings import Server
from trunkline.statistics.tally import tally
from trunkline.storage.database import SqlDatabase
from trunkline.storage.tables import generations

MODEL, SECRETIVE = "acme/rocket", "acme/vault"
TRAINS = {"training": True, "zdr": False}
KEEPS_NOTHING = {"training": False, "zdr": True, "can_publish": False, "retains_prompts": False}
Json = dict[str, Any]


class World:
    """One provider under three names: it trains, it keeps nothing, it is blocked in two countries."""

    def __init__(self, instance: Instance, account_id: str) -> None:
        self.instance = instance
        self.account_id = account_id

    async def allow(self, privacy: Privacy) -> None:
        """As the settings page does, and wait until this process knows."""
        app = self.instance.app
        service = PrivacyService(app._database, SystemClock())
        await service.change(Actor(account_id=self.account_id, name="test"), privacy)
        await app._directory.refresh()

    async def ask(self, model: str | None = MODEL, headers: dict[str, str] | None = None, **members: Any) -> Json:
        asked = {"messages": [{"role": "user", "content": "Hi"}], **({"model": model} if model else {}), **members}
        return (await self.instance.client.post("/chat/completions", json=asked, headers=headers or {})).json()

    async def record(self, generation_id: str) -> Generation:
        """What is kept of a request that is over."""
        database = self.instance.app._database
        assert isinstance(database, SqlDatabase)
        await database.barrier()
        kept = select(generations.c.record).where(generations.c.id == generation_id)
        return from_record(await database.read(lambda connection: connection.execute(kept).scalar_one()))

    async def providers(self, **members: Any) -> set[str]:
        return {(await self.ask(**members))["provider"] for _ in range(12)}


@pytest.fixture
async def world(tmp_path: Path) -> AsyncIterator[World]:
    async with AsyncExitStack() as stack:
        provider = await stack.enter_async_context(FakeProvider())
        provider.always(answer("Hi"))
        endpoints = [
            endpoint(MODEL, provider, "trainer", data_policy=TRAINS),
            endpoint(MODEL, provider, "keeper", data_policy=KEEPS_NOTHING, geo_blocked=["KP", "IR"]),
            endpoint(SECRETIVE, provider, "trainer", data_policy=TRAINS),
            endpoint(f"{SECRETIVE}-pro", provider, "trainer", data_policy=TRAINS),
        ]
        server = Server(country_header="X-Country", regional_accounts=("somebody-else",))
        instance = await stack.enter_async_context(Instance(tmp_path, endpoints=endpoints, server=server))
        account = (await instance.client.get("/key")).json()["data"]["creator_user_id"]
        yield World(instance, account)


async def test_what_the_account_forbids_no_request_gets_and_models_it_may_use_are_listed(world: World) -> None:
    assert await world.providers() == {"Trainer", "Keeper"}
    await world.allow(Privacy(paid_training=False))
    assert await world.providers() == {"Keeper"}
    refused = (await world.ask(SECRETIVE))["error"]["availability"]
    assert (refused["code"], refused["excluded_by"]) == ("privacy_restricted", ["data_policy:training"])
    mine, everybodys = [
        {row["id"] for row in (await world.instance.client.get(path)).json()["data"]}
        for path in ("/models/user", "/models")
    ]
    assert {MODEL, SECRETIVE} & mine == {MODEL}
    assert {MODEL, SECRETIVE} <= everybodys


async def test_zero_retention_of_a_group_and_lists_of_providers_hold_whatever_the_request_says(world: World) -> None:
    await world.allow(Privacy(zdr_groups=frozenset({"other"})))
    assert await world.providers(provider={"zdr": False}) == {"Keeper"}
    await world.allow(Privacy(allowed_providers=("trainer",)))
    assert await world.providers() == {"Trainer"}
    refused = (await world.ask(provider={"only": ["keeper"]}))["error"]["availability"]
    assert refused["excluded_by"] == ["allowed_providers"]
    await world.allow(Privacy(ignored_models=(MODEL,)))
    assert (await world.ask())["error"]["code"] == 403


async def test_a_workspace_says_which_model_and_sort_requests_mean_that_say_nothing(world: World) -> None:
    assert (await world.ask(None))["error"]["code"] == 400
    management = world.instance.management
    defaults = {"default_text_model": MODEL, "default_provider_sort": "price"}
    changed = await management.patch("/workspaces/default", json=defaults)
    assert changed.status_code == 200, changed.text
    assert {key: changed.json()["data"][key] for key in defaults} == defaults
    served = [await world.ask(None) for _ in range(12)]
    assert {(one["model"], one["provider"]) for one in served} == {(MODEL, "Keeper")}, "the list is sorted, not drawn"
    wrong = await management.patch("/workspaces/default", json={"default_text_model": "acme/nothing"})
    assert (wrong.status_code, wrong.json()["error"]["metadata"]["field"]) == (400, "default_text_model")
    cleared = await management.patch("/workspaces/default", json=dict.fromkeys(defaults))
    assert (await world.ask(None))["error"]["code"] == 400, cleared.text


async def test_workspaces_are_made_found_by_slug_and_deleted_only_without_keys(world: World) -> None:
    management = world.instance.management
    made = (await management.post("/workspaces", json={"name": "Team", "slug": "team"})).json()["data"]
    assert (await management.post("/workspaces", json={"name": "Again", "slug": "team"})).status_code == 400
    assert (await management.get(f"/workspaces/{made['id']}")).json()["data"] == made
    key = (await management.post("/keys", json={"name": "k", "workspace_id": made["id"]})).json()["data"]
    refused = await management.delete("/workspaces/team")
    assert (refused.status_code, "1 keys" in refused.text) == (400, True)
    await management.delete(f"/keys/{key['hash']}")
    assert (await management.delete("/workspaces/team")).json() == {"deleted": True}
    assert (await management.delete("/workspaces/default")).status_code == 403


async def test_the_proxys_country_blocks_endpoints_and_what_a_client_claims_otherwise_does_not(world: World) -> None:
    assert await world.providers(headers={"X-Country": "kp"}) == {"Trainer"}
    assert "Keeper" in await world.providers(headers={"X-Country": "XX", "CF-IPCountry": "KP"})


async def test_an_account_that_may_not_pin_a_region_is_told_so(world: World) -> None:
    refused = await world.ask(headers={"Host": "eu.127.0.0.1"})
    assert (refused["error"]["code"], refused["error"]["metadata"]["error_type"]) == (403, "permission_denied")


async def test_a_wish_for_the_pro_mode_is_answered_by_the_models_pro_sibling_and_the_record_has_the_country(
    world: World,
) -> None:
    served = await world.ask(SECRETIVE, {"X-Country": "DE"}, reasoning={"mode": "pro"})
    assert served["model"] == f"{SECRETIVE}-pro"
    assert (await world.ask(SECRETIVE, reasoning={"mode": "standard"}))["model"] == SECRETIVE
    asked = {"model": SECRETIVE, "input": "Hi", "reasoning": {"mode": "pro"}}
    assert (await world.instance.client.post("/responses", json=asked)).json()["model"] == f"{SECRETIVE}-pro"
    assert (await world.record(served["id"])).country == "DE"


async def test_hidden_and_zero_retention_requests_are_left_out_of_public_figures_and_kept_in_the_accounts(
    world: World,
) -> None:
    shown = (await world.ask())["id"]
    quiet = (await world.ask(provider={"zdr": True}))["id"]
    await world.allow(Privacy(is_hidden=True))
    hidden = (await world.ask())["id"]
    records = [await world.record(id) for id in (shown, quiet, hidden)]
    assert [record.is_public for record in records] == [True, False, False]
    assert [len(tally([record]).usage.get("model_days", {})) for record in records] == [1, 0, 0]
    assert all(tally([record]).usage["usage_days"] for record in records)
