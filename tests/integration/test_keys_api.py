"""`/keys` and `/key` over a real socket, on SQLite and PostgreSQL (accounts-and-governance.md 2 and 3)."""

import hashlib
from typing import Any

import httpx
import pytest

from tests.control_plane import RunningControlPlane
from trunkline.api.wire import timestamp
from trunkline.core.money import NanoUsd
from trunkline.generations.service import to_row
from trunkline.generations.types import Generation

KEY_FIELDS = {
    "hash", "name", "label", "disabled", "limit", "limit_remaining", "limit_reset", "include_byok_in_limit",
    "usage", "usage_daily", "usage_weekly", "usage_monthly", "byok_usage", "byok_usage_daily", "byok_usage_weekly",
    "byok_usage_monthly", "created_at", "updated_at", "expires_at", "creator_user_id", "workspace_id",
    "last_used_at", "external_user",
}  # fmt: skip


async def create(client: httpx.AsyncClient, **body: object) -> dict[str, Any]:
    answer = await client.post("/keys", json={"name": "k"} | body)
    assert answer.status_code == 201, answer.text
    return answer.json()


async def spend(plane: RunningControlPlane, key_hash: str, *, usd: float, byok: bool = False, name: str = "") -> None:
    """Settle a generation of this key, as the data plane does."""
    nanousd = NanoUsd(round(usd * 1e9))
    now_ms = plane.clock.now_ms()
    generation = Generation(
        id=f"gen-{now_ms // 1000}-{name or key_hash[:20]}", request_id="req-1-x", account_id=plane.first.account_id,
        workspace_id=None, key_hash=key_hash, created_at_ms=now_ms, finished_at_ms=now_ms, status="completed",
        model="acme/m", requested_model="acme/m", endpoint_id=None, provider_name=None, is_byok=byok,
        cost_nanousd=NanoUsd(0) if byok else nanousd, upstream_cost_nanousd=nanousd,
    )  # fmt: skip
    await plane.context.database.settle(to_row(generation))


async def test_created_key_has_every_field_and_its_secret_hashes_to_hash(control_plane: RunningControlPlane) -> None:
    async with control_plane.client(control_plane.first.management_key) as client:
        for path in ("/keys", "/keys/"):
            answer = await client.post(path, json={"name": "CI", "limit": 1.5, "limit_reset": "daily", "unknown": {}})
            assert answer.status_code == 201
            made = answer.json()
            data = made["data"]
            assert data.keys() == KEY_FIELDS | {"key"}
            assert data["key"] == made["key"]
            assert made["key"].startswith("sk-tl-v1-") and len(made["key"]) == 73
            assert data["hash"] == hashlib.sha256(made["key"].encode()).hexdigest()
            assert data["label"] == f"sk-tl-v1-{made['key'][9:12]}...{made['key'][-3:]}"
            assert (data["limit"], data["limit_remaining"], data["usage"]) == (1.5, 1.5, 0)
            assert data["updated_at"] is None and data["expires_at"] is None
            assert data["creator_user_id"] == control_plane.first.account_id


async def test_secret_appears_in_no_later_response(control_plane: RunningControlPlane) -> None:
    async with control_plane.client(control_plane.first.management_key) as client:
        made = await create(client)
        secret = made["key"]
        key_hash = made["data"]["hash"]
        patched = await client.patch(f"/keys/{key_hash}", json={"name": "x"})
        one = await client.get(f"/keys/{key_hash}")
        for answer in (await client.get("/keys"), one, patched):
            assert secret not in answer.text
        assert one.json()["data"].keys() == KEY_FIELDS


async def test_key_works_on_either_header_and_both_roots(control_plane: RunningControlPlane) -> None:
    key = control_plane.first.api_key
    async with httpx.AsyncClient(base_url=control_plane.url) as client:
        for path in ("/api/v1/key", "/api/v1/key/", "/v1/key", "/api/v1/auth/key"):
            for headers in ({"Authorization": f"Bearer {key}"}, {"x-api-key": key}, {"Authorization": f"bearer {key}"}):
                answer = await client.get(path, headers=headers)
                assert answer.status_code == 200, (path, headers)
        data = answer.json()["data"]
        assert data["is_management_key"] is data["is_provisioning_key"] is False
        assert data["is_free_tier"] is True
        assert data["rate_limit"]["requests"] == -1


async def test_spend_is_in_the_next_read_with_its_windows(control_plane: RunningControlPlane) -> None:
    async with control_plane.client(control_plane.first.management_key) as client:
        made = await create(client, limit=1, limit_reset="daily")
        key_hash = made["data"]["hash"]
        await spend(control_plane, key_hash, usd=0.25)
        data = (await client.get(f"/keys/{key_hash}")).json()["data"]
        assert (data["usage"], data["usage_daily"], data["limit_remaining"]) == (0.25, 0.25, 0.75)
        assert data["last_used_at"] == timestamp(control_plane.clock.now_ms())

        control_plane.clock.advance(seconds=12 * 3600)
        data = (await client.get(f"/keys/{key_hash}")).json()["data"]
        assert (data["usage"], data["usage_daily"], data["limit_remaining"]) == (0.25, 0, 1)

        lowered = (await client.patch(f"/keys/{key_hash}", json={"limit": 0.1, "limit_reset": None})).json()["data"]
        assert lowered["limit_remaining"] == 0
        cleared = (await client.patch(f"/keys/{key_hash}", json={"limit": None})).json()["data"]
        assert cleared["limit"] is None and cleared["limit_remaining"] is None


async def test_toggling_byok_changes_what_remains_by_exactly_the_byok_spend(control_plane: RunningControlPlane) -> None:
    async with control_plane.client(control_plane.first.management_key) as client:
        made = await create(client, limit=10)
        key_hash = made["data"]["hash"]
        await spend(control_plane, key_hash, usd=2.5, byok=True)
        without = (await client.get(f"/keys/{key_hash}")).json()["data"]
        counted = (await client.patch(f"/keys/{key_hash}", json={"include_byok_in_limit": True})).json()["data"]
        assert (without["limit_remaining"], counted["limit_remaining"]) == (10, 7.5)
        assert (counted["usage"], counted["byok_usage"]) == (0, 2.5)


async def test_lists_are_newest_first_without_disabled_and_page_by_hundred(control_plane: RunningControlPlane) -> None:
    async with control_plane.client(control_plane.first.management_key) as client:
        for number in range(105):
            control_plane.clock.advance(seconds=2)
            await create(client, name=f"n{number}")
        page = (await client.get("/keys")).json()["data"]
        rest = (await client.get("/keys", params={"offset": 100})).json()["data"]
        assert [key["name"] for key in page] == [f"n{number}" for number in range(104, 4, -1)]
        assert len(rest) == 6 and rest[-1]["name"] == "First inference key"

        key_hash = page[0]["hash"]
        await client.patch(f"/keys/{key_hash}", json={"disabled": True})
        assert key_hash not in [key["hash"] for key in (await client.get("/keys")).json()["data"]]
        everything = (await client.get("/keys", params={"include_disabled": "true"})).json()["data"]
        assert everything[0]["hash"] == key_hash and everything[0]["disabled"] is True


async def test_disabled_deleted_and_expired_keys_say_why(control_plane: RunningControlPlane) -> None:
    async with control_plane.client(control_plane.first.management_key) as client:
        made = await create(client, expires_at=timestamp(control_plane.clock.now_ms() + 2000))
        secret, key_hash = made["key"], made["data"]["hash"]

        async def reason() -> tuple[int, str]:
            async with control_plane.client(secret) as own:
                answer = await own.get("/key")
                return answer.status_code, answer.json().get("error", {}).get("message", "")

        assert await reason() == (200, "")
        await client.patch(f"/keys/{key_hash}", json={"disabled": True})
        assert await reason() == (401, "API key disabled")
        await client.patch(f"/keys/{key_hash}", json={"disabled": False})
        assert await reason() == (200, "")
        control_plane.clock.advance(seconds=3)
        assert await reason() == (401, "API key expired")
        assert (await client.delete(f"/keys/{key_hash}")).json() == {"deleted": True}
        assert await reason() == (401, "User not found.")
        assert (await client.delete(f"/keys/{key_hash}")).status_code == 404


@pytest.mark.parametrize(
    ("body", "paths"),
    [
        ({}, ["name"]),
        ({"name": ""}, ["name"]),
        ({"name": "a\x00b"}, ["name"]),
        ({"name": "k", "limit": -1}, ["limit"]),
        ({"name": "k", "limit": "5"}, ["limit"]),
        ({"name": "k", "limit": 1e300}, ["limit"]),
        ({"name": "k", "limit_reset": "yearly"}, ["limit_reset"]),
        ({"name": "k", "include_byok_in_limit": None}, ["include_byok_in_limit"]),
        ({"name": "k", "expires_at": "2020-01-01T00:00:00Z"}, ["expires_at"]),
        ({"name": "k", "expires_at": "2999-01-01T00:00:00+02:00"}, ["expires_at"]),
        ({"name": "k", "expires_at": "2999-01-01T00:00:00"}, ["expires_at"]),
        ({"name": "k", "workspace_id": "nope"}, ["workspace_id"]),
        ({"name": 3, "limit": -1, "limit_reset": "x"}, ["name", "limit", "limit_reset"]),
    ],
)
async def test_bad_bodies_are_400_and_list_every_problem(
    control_plane: RunningControlPlane, body: dict[str, object], paths: list[str]
) -> None:
    async with control_plane.client(control_plane.first.management_key) as client:
        answer = await client.post("/keys", json=body)
        error = answer.json()["error"]
        assert (answer.status_code, error["code"]) == (400, 400)
        assert [issue["path"] for issue in error["metadata"]["issues"]] == paths
        assert paths[0] in error["message"]


async def test_foreign_unknown_and_malformed_hashes_answer_alike(control_plane: RunningControlPlane) -> None:
    management_hash = hashlib.sha256(control_plane.first.management_key.encode()).hexdigest()
    async with control_plane.client(control_plane.first.management_key) as client:
        bodies = {
            (answer.status_code, answer.text)
            for key_hash in ("f" * 64, management_hash, "x", "F" * 64, "%00", "a" * 5000)
            for answer in (await client.get(f"/keys/{key_hash}"), await client.delete(f"/keys/{key_hash}"))
        }
        assert len(bodies) == 1 and bodies.pop()[0] == 404


async def test_inference_key_gets_403_or_401_where_the_operation_documents_it(
    control_plane: RunningControlPlane,
) -> None:
    async with control_plane.client(control_plane.first.api_key) as client:
        answers = {
            "create": await client.post("/keys", json={"name": "k"}),
            "list": await client.get("/keys"),
            "get": await client.get(f"/keys/{'a' * 64}"),
            "update": await client.patch(f"/keys/{'a' * 64}", json={}),
            "delete": await client.delete(f"/keys/{'a' * 64}"),
        }
    assert {name: answer.status_code for name, answer in answers.items()} == {
        "create": 403, "list": 401, "get": 401, "update": 401, "delete": 401,
    }  # fmt: skip
    for answer in answers.values():
        assert answer.json()["error"]["message"] == "Only management keys can perform this operation"
        assert answer.json()["user_id"] == control_plane.first.account_id


async def test_management_key_describes_itself(control_plane: RunningControlPlane) -> None:
    async with control_plane.client(control_plane.first.management_key) as client:
        data = (await client.get("/key")).json()["data"]
    assert data["is_management_key"] is data["is_provisioning_key"] is True
    assert (data["limit"], data["usage"]) == (None, 0)


async def test_empty_patch_changes_nothing(control_plane: RunningControlPlane) -> None:
    async with control_plane.client(control_plane.first.management_key) as client:
        made = await create(client)
        key_hash = made["data"]["hash"]
        for content in (b"", b"{}", b'{"expires_at": null, "hash": "x", "workspace_id": 1}'):
            answer = await client.patch(f"/keys/{key_hash}", content=content)
            assert answer.status_code == 200
            assert answer.json()["data"]["updated_at"] is None
