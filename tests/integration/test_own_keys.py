"""Callers' own provider keys over real sockets: who is tried with which key, and what is told of it
(accounts-and-governance.md 8.3, routing-and-catalog.md 5.6)."""

import asyncio
import sqlite3
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.fakes.openai_chat import usage
from tests.fakes.provider import FakeProvider, RecordedRequest
from tests.fakes.replies import answer, failure
from tests.instance import Instance, endpoint
from trunkline.settings import Routing
from trunkline.storage.database import SqlDatabase

MODEL, OTHER = "acme/rocket", "acme/rowing-boat"
SHARED = "upstream-secret"
NAMES = ("one", "two", "three")


class Keys:
    """Three providers behind one socket, so that the order of calls is one list; two of them serve a second model."""

    def __init__(self, instance: Instance, provider: FakeProvider) -> None:
        self.instance, self.provider = instance, provider

    async def store(self, provider: str, key: str, **members: Any) -> dict[str, Any]:
        made = await self.instance.management.post("/byok", json={"provider": provider, "key": key, **members})
        assert made.status_code == 201, made.text
        return made.json()["data"]

    async def site_setting(self, credential_id: str, **columns: Any) -> None:
        """What only the site can set."""
        await asyncio.to_thread(self._write, credential_id, columns)
        self.instance.app._services.directory.forget_all()

    def _write(self, credential_id: str, columns: dict[str, Any]) -> None:
        with sqlite3.connect(self.instance.settings.home / "trunkline.db", timeout=30) as connection:
            for column, value in columns.items():
                connection.execute(f"UPDATE provider_credentials SET {column} = ? WHERE id = ?", (value, credential_id))
        connection.close()

    async def post(self, client: httpx.AsyncClient | None = None, **members: Any) -> httpx.Response:
        body = {"model": MODEL, "messages": [{"role": "user", "content": "Hi"}], **members}
        return await (client or self.instance.client).post("/chat/completions", json=body)

    def calls(self) -> list[str]:
        """`one/sk-mine` for each call, since the last time."""
        made = [called(request) for request in self.provider.requests]
        self.provider.requests.clear()
        return made


def called(request: RecordedRequest) -> str:
    return f"{request.path.split('/')[2]}/{request.headers['authorization'].removeprefix('Bearer ')}"


@pytest.fixture
async def keys(tmp_path: Path) -> AsyncIterator[Keys]:
    async with AsyncExitStack() as stack:
        provider = await stack.enter_async_context(FakeProvider())
        endpoints = [
            *(endpoint(MODEL, provider, name, base_url=f"{provider.url}/{name}") for name in NAMES),
            *(endpoint(OTHER, provider, name, base_url=f"{provider.url}/{name}") for name in NAMES[:2]),
        ]
        routing = Routing(outage_failure_ratio=1.0)
        instance = await stack.enter_async_context(Instance(tmp_path, endpoints=endpoints, routing=routing))
        yield Keys(instance, provider)
        assert await instance.audit() == []


async def test_with_keys_for_all_each_is_tried_before_any_shared_capacity(keys: Keys) -> None:
    for name in NAMES:
        await keys.store(name, f"sk-{name}")
    keys.provider.always(failure(503))
    response = await keys.post(provider={"order": ["two", "three", "one"]})
    assert response.status_code == 503
    assert keys.calls() == [
        "two/sk-two",
        "three/sk-three",
        "one/sk-one",
        f"two/{SHARED}",
        f"three/{SHARED}",
        f"one/{SHARED}",
    ]


async def test_a_key_of_the_second_provider_goes_before_the_first_s_shared_capacity(keys: Keys) -> None:
    await keys.store("two", "sk-two")
    keys.provider.always(failure(503))
    await keys.post(provider={"order": ["one", "two"], "only": ["one", "two"]})
    assert keys.calls() == ["two/sk-two", f"one/{SHARED}", f"two/{SHARED}"]


async def test_fallback_keys_come_after_shared_capacity_and_sections_keep_their_order(keys: Keys) -> None:
    await keys.store("one", "sk-last", is_fallback=True)
    await keys.store("one", "sk-first")
    await keys.store("one", "sk-second")
    keys.provider.always(failure(503))
    await keys.post(provider={"only": ["one"]})
    assert keys.calls() == ["one/sk-first", "one/sk-second", f"one/{SHARED}", "one/sk-last"]


async def test_partition_decides_whether_groups_are_built_in_each_model_or_over_all(keys: Keys) -> None:
    await keys.store("two", "sk-two")
    keys.provider.always(failure(503))
    asked = {"models": [MODEL, OTHER], "provider": {"order": ["one", "two"], "only": ["one", "two"]}}
    await keys.post(**asked)
    each = ["two/sk-two", f"one/{SHARED}", f"two/{SHARED}"]
    assert keys.calls() == [*each, *each]
    asked["provider"] = {"only": ["one", "two"], "sort": {"by": "price", "partition": "none"}}
    await keys.post(**asked)
    calls = keys.calls()
    assert calls[:2] == ["two/sk-two", "two/sk-two"]
    assert sorted(calls[2:]) == sorted([f"one/{SHARED}", f"two/{SHARED}"] * 2)


@pytest.mark.parametrize("status", [401, 403, 429, 500, 503])
async def test_a_failed_key_gives_way_to_shared_capacity_and_the_record_says_so(keys: Keys, status: int) -> None:
    mine = await keys.store("one", "sk-mine")
    keys.provider.then(status=status).then(answer("Hello"))
    response = await keys.post(provider={"only": ["one"]})
    assert response.status_code == 200
    assert response.json()["usage"]["is_byok"] is False
    assert keys.calls() == ["one/sk-mine", f"one/{SHARED}"]
    record = await keys.instance.generation(response.json()["id"])
    assert record["is_byok"] is False
    assert [(one["is_byok"], one["status"]) for one in record["provider_responses"]] == [(True, status), (False, 200)]
    assert mine["id"] not in response.text


async def test_a_bad_request_is_not_tried_with_another_key(keys: Keys) -> None:
    await keys.store("one", "sk-mine")
    keys.provider.then(status=400, body={"error": {"message": "temperature must be a number"}})
    assert (await keys.post(provider={"only": ["one"]})).status_code == 400
    assert keys.calls() == ["one/sk-mine"]


async def test_always_use_takes_shared_capacity_of_the_provider_away(keys: Keys) -> None:
    mine = await keys.store("one", "sk-mine")
    await keys.store("one", "sk-last", is_fallback=True)
    await keys.site_setting(mine["id"], always_use=True)
    keys.provider.always(failure(401, content={"error": {"message": "Incorrect API key provided: sk-mine"}}))
    response = await keys.post(provider={"order": ["one", "two"], "only": ["one", "two"]})
    assert keys.calls() == ["one/sk-mine", f"two/{SHARED}", "one/sk-last"]
    assert response.status_code == 502
    assert "sk-mine" not in response.text and "sk-last" not in response.text


async def test_a_rejected_key_alone_is_no_401_of_the_gateway_and_its_words_stay_inside(keys: Keys) -> None:
    mine = await keys.store("one", "sk-mine")
    await keys.site_setting(mine["id"], always_use=True)
    keys.provider.always(failure(401, content={"error": {"message": "Incorrect API key provided: sk-mine"}}))
    response = await keys.post(provider={"only": ["one"]})
    assert response.status_code == 502
    assert response.json()["error"]["metadata"]["error_type"] == "provider_unavailable"
    assert "sk-mine" not in response.text


async def test_without_fallbacks_the_first_endpoint_s_keys_are_still_tried_in_order(keys: Keys) -> None:
    await keys.store("one", "sk-first")
    await keys.store("one", "sk-second")
    keys.provider.always(failure(503))
    await keys.post(provider={"only": ["one", "two"], "allow_fallbacks": False})
    assert keys.calls() == ["one/sk-first", "one/sk-second"]


async def test_a_key_never_brings_back_what_a_rule_excludes(keys: Keys) -> None:
    await keys.store("one", "sk-mine")
    refused = await keys.post(provider={"only": ["one"], "zdr": True})
    assert refused.status_code == 404
    await keys.post(provider={"ignore": ["one"]})
    assert all(not call.startswith("one/") for call in keys.calls())


async def test_filters_by_model_and_by_api_key(keys: Keys) -> None:
    other_key = (await keys.instance.management.post("/keys", json={"name": "other"})).json()
    only_that = {"allowed_api_key_hashes": [other_key["data"]["hash"]], "allowed_models": [MODEL]}
    await keys.store("one", "sk-mine", **only_that)
    other = keys.instance.connect(other_key["key"])
    await keys.post(provider={"only": ["one"]})
    await keys.post(other, provider={"only": ["one"]})
    await keys.post(other, model=OTHER, provider={"only": ["one"]})
    assert keys.calls() == [f"one/{SHARED}", "one/sk-mine", f"one/{SHARED}"]


async def test_a_changed_key_is_used_by_the_next_request(keys: Keys) -> None:
    mine = await keys.store("one", "sk-mine")
    only = {"only": ["one"]}
    await keys.post(provider=only)
    path = f"/byok/{mine['id']}"
    await keys.instance.management.patch(path, json={"key": "sk-rotated"})
    await keys.post(provider=only)
    await keys.instance.management.patch(path, json={"disabled": True})
    await keys.post(provider=only)
    await keys.instance.management.patch(path, json={"disabled": False})
    await keys.post(provider=only)
    await keys.instance.management.delete(path)
    await keys.post(provider=only)
    assert keys.calls() == ["one/sk-mine", "one/sk-rotated", f"one/{SHARED}", "one/sk-rotated", f"one/{SHARED}"]


async def test_a_warm_request_asks_the_database_nothing(keys: Keys, monkeypatch: pytest.MonkeyPatch) -> None:
    await keys.store("one", "sk-mine")
    await keys.post(provider={"only": ["one"]})
    read, real = list[str](), SqlDatabase.read

    async def counting(database: SqlDatabase, fn: Any, *args: Any, **kwargs: Any) -> Any:
        if asyncio.current_task() is not housekeeping:
            read.append(fn.__name__)
        return await real(database, fn, *args, **kwargs)

    housekeeping = next(task for task in asyncio.all_tasks() if task.get_name() == "housekeeping")
    monkeypatch.setattr(SqlDatabase, "read", counting)
    response = await keys.post(provider={"only": ["one"]})
    assert response.json()["usage"]["is_byok"] is True
    assert read == []


async def test_explain_shows_the_attempts_with_own_keys(keys: Keys) -> None:
    mine = await keys.store("two", "sk-two")
    body = {"model": MODEL, "messages": [{"role": "user", "content": "Hi"}], "provider": {"only": ["one", "two"]}}
    told = (await keys.instance.client.post("/route/explain", json=body)).json()["data"]
    attempts = [(one["provider"], one["byok_key_id"]) for one in told["attempts"]]
    assert attempts[0] == ("two", mine["id"])
    assert sorted(attempts[1:], key=str) == [("one", None), ("two", None)]
    assert keys.calls() == []


async def test_rejections_in_a_row_are_counted_and_ended_by_an_answer(keys: Keys) -> None:
    mine = await keys.store("one", "sk-mine")
    for _ in range(3):
        keys.provider.then(status=401).then(answer("Hello", used=usage(1, 1)))
        assert (await keys.post(provider={"only": ["one"]})).status_code == 200
    services, first_start = keys.instance.app._services, keys.instance.app.first_start
    assert first_start is not None
    account = first_start.account_id
    await services.standings.flush()
    stored = await services.credentials.get(account, mine["id"])
    assert (stored.rejections, stored.is_flagged) == (3, True)
    assert stored.error is not None and (stored.error.status, stored.error.error_type) == (401, "provider_unavailable")
    keys.provider.then(answer("Hello"))
    await keys.post(provider={"only": ["one"]})
    await services.standings.flush()
    stored = await services.credentials.get(account, mine["id"])
    assert (stored.rejections, stored.error is not None) == (0, True)


async def test_a_rejected_key_does_not_make_the_endpoint_look_ill(keys: Keys) -> None:
    await keys.store("one", "sk-mine")
    for _ in range(12):
        keys.provider.then(status=401).then(answer("Hello"))
        await keys.post(provider={"only": ["one"]})
    assert keys.instance.app.health.uptime_percent(f"{MODEL}|one") == 100
