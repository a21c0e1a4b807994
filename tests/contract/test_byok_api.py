"""The official Python SDK as judge of `/byok`, and the rules that it cannot see (accounts-and-governance.md 8.1)."""

import pytest
from openrouter import OpenRouter, errors
from sqlalchemy import Connection, select

from tests.control_plane import RunningControlPlane
from trunkline.storage.tables import audit_entries, provider_credentials

pytestmark = [
    pytest.mark.parametrize("database_kind", ["sqlite"], indirect=True),
    # The SDK's own models carry members that it calls deprecated, and warns when it reads them.
    pytest.mark.filterwarnings("ignore:warning. .. DEPRECATED:DeprecationWarning"),
]
SECRET, ROTATED = "sk-proj-very-secret-0123AbCd", "sk-proj-even-more-secret-4567EfGh"


def sdk(plane: RunningControlPlane, key: str) -> OpenRouter:
    return OpenRouter(api_key=key, server_url=f"{plane.url}/api/v1")


def _everything(connection: Connection) -> str:
    tables = (provider_credentials, audit_entries)
    return str([tuple(row) for table in tables for row in connection.execute(select(table))])


async def test_life_of_a_credential_through_the_sdk(control_plane: RunningControlPlane) -> None:
    plane = control_plane
    async with sdk(plane, plane.first.management_key) as client:
        made = (await client.byok.create_async(provider="openai", key=SECRET, name="Production")).data
        assert (made.label, made.sort_order, made.is_fallback, made.disabled) == ("sk-...AbCd", 0, False, False)
        later = (await client.byok.create_async(provider="openai", key=SECRET, is_required=True)).data
        last = (await client.byok.create_async(provider="openai", key=SECRET, is_fallback=True)).data
        await client.byok.create_async(provider="anthropic", key="sk-ant-0123456789")
        assert (later.sort_order, later.is_required, last.sort_order) == (1, True, 0)

        changed = (await client.byok.update_async(id=made.id, key=ROTATED, name=None)).data
        assert (changed.id, changed.label, changed.sort_order) == (made.id, "sk-...EfGh", 0)
        kept = (await client.byok.update_async(id=later.id, disabled=True)).data
        assert (kept.disabled, kept.is_required) == (True, True)

        listed = await client.byok.list_async(provider="openai")
        assert listed is not None
        assert [one.id for one in listed.result.data] == [made.id, later.id, last.id]
        assert listed.result.total_count == 3

        assert (await client.byok.delete_async(id=made.id)).DELETED is True
        with pytest.raises(errors.NotFoundResponseError):
            await client.byok.get_async(id=made.id)
    stored = await plane.context.database.read(_everything)
    assert SECRET not in stored and ROTATED not in stored
    assert "credential.create" in stored and "credential.delete" in stored


async def test_sdk_raises_its_own_exceptions(control_plane: RunningControlPlane) -> None:
    async with sdk(control_plane, control_plane.first.management_key) as client:
        with pytest.raises(errors.BadRequestResponseError, match="resource_name"):
            await client.byok.create_async(provider="azure", key='[{"api_key": "k"}]')
        with pytest.raises(errors.BadRequestResponseError, match="declared_zdr"):
            await client.byok.create_async(provider="openai", key=SECRET, declared_zdr=True)
    async with sdk(control_plane, control_plane.first.api_key) as client:
        with pytest.raises(errors.ForbiddenResponseError):
            await client.byok.create_async(provider="openai", key=SECRET)
        with pytest.raises(errors.UnauthorizedResponseError):
            await client.byok.list_async()


@pytest.mark.parametrize(
    ("members", "field"),
    [
        ({"provider": "nobody"}, "provider"),
        ({"key": ""}, "key"),
        ({"key": "sk-\r\nx: y"}, "key"),
        ({"allowed_models": ["acme/none"]}, "allowed_models"),
        ({"allowed_api_key_hashes": []}, "allowed_api_key_hashes"),
        ({"allowed_api_key_hashes": ["f" * 64]}, "allowed_api_key_hashes"),
        ({"allowed_user_ids": ["u"] * 101}, "allowed_user_ids"),
        ({"workspace_id": "00000000-0000-4000-8000-000000000000"}, "workspace_id"),
        ({"name": "n" * 256}, "name"),
    ],
)
async def test_what_is_refused_names_its_field(
    control_plane: RunningControlPlane, members: dict[str, object], field: str
) -> None:
    async with control_plane.client(control_plane.first.management_key) as client:
        response = await client.post("/byok", json={"provider": "openai", "key": SECRET, **members})
    assert response.status_code == 400
    assert f"`{field}`" in response.json()["error"]["message"]
    assert SECRET not in response.text


async def test_lists_are_cleared_by_null_and_kept_when_left_out(control_plane: RunningControlPlane) -> None:
    async with control_plane.client(control_plane.first.management_key) as client:
        body = {"provider": "openai", "key": SECRET, "allowed_models": [], "allowed_user_ids": ["user_1"]}
        made = (await client.post("/byok", json=body)).json()["data"]
        assert (made["allowed_models"], made["allowed_user_ids"]) == ([], ["user_1"])
        same = (await client.patch(f"/byok/{made['id']}", json={})).json()["data"]
        assert same == made
        cleared = (await client.patch(f"/byok/{made['id']}", json={"allowed_models": None})).json()["data"]
        assert (cleared["allowed_models"], cleared["allowed_user_ids"]) == (None, ["user_1"])
        for bad in ("0", "101", "x"):
            refused = await client.get("/byok", params={"limit": bad})
            assert refused.status_code == 400 and "`limit`" in refused.json()["error"]["message"]
        assert (await client.get("/byok", params={"provider": "nobody"})).status_code == 400
