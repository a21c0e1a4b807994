"""What goes with every management call: audit entries, rates, bounded bodies (MK-04, RL-13, AU-01, OP-50)."""

import asyncio
import hashlib

import msgspec
import pytest
from msgspec.structs import replace
from sqlalchemy import Connection, select

from tests.control_plane import RunningControlPlane, application, new_context, serving
from tests.fakes.clock import FakeClock
from trunkline.accounts.bootstrap import ensure_owner
from trunkline.settings import Limits, Server, Settings
from trunkline.storage.database import SqlDatabase
from trunkline.storage.tables import audit_entries

pytestmark = pytest.mark.parametrize("database_kind", ["sqlite"], indirect=True)


def _entries(connection: Connection) -> list[dict[str, object]]:
    rows = connection.execute(select(audit_entries).order_by(audit_entries.c.id)).mappings()
    return [dict(row) for row in rows]


async def test_each_change_leaves_one_entry_without_a_secret(control_plane: RunningControlPlane) -> None:
    database = control_plane.context.database
    before = len(await database.read(_entries))
    async with control_plane.client(control_plane.first.management_key) as client:
        made = (await client.post("/keys", json={"name": "audited"})).json()
        path = f"/keys/{made['data']['hash']}"
        changed = await client.patch(path, json={"disabled": True})
        await client.patch(path, json={})
        await client.get(path)
        await client.delete(path)
        await client.delete(path)
    entries = (await database.read(_entries))[before:]
    assert [entry["action"] for entry in entries] == ["key.create", "key.update", "key.delete"]
    manager = control_plane.first.management_key
    assert {entry["actor"] for entry in entries} == {f"key sk-tl-v1-{manager[9:12]}...{manager[-3:]}"}
    assert {entry["address"] for entry in entries} == {"127.0.0.1"}
    detail = msgspec.json.decode(str(entries[1]["detail"]))
    assert (detail["before"]["disabled"], detail["after"]["disabled"]) == (False, True)
    assert detail["request_id"] == changed.headers["x-request-id"]
    everything = repr(await database.read(_entries))
    assert made["key"] not in everything and manager not in everything


async def _limited(database: SqlDatabase, settings: Settings) -> RunningControlPlane:
    clock = FakeClock()
    first = await ensure_owner(database, clock, None)
    assert first is not None
    return RunningControlPlane("", new_context(database, clock, settings), clock, first)


async def test_management_calls_beyond_the_rate_are_429_until_the_window_slides(
    database: SqlDatabase, control_settings: Settings
) -> None:
    settings = replace(control_settings, limits=Limits(management_requests_per_minute=3))
    plane = await _limited(database, settings)
    async with serving(application(plane.context)) as plane.url, plane.client(plane.first.management_key) as client:
        answers = [await client.get("/credits") for _ in range(4)]
        assert [answer.status_code for answer in answers] == [200, 200, 200, 429]
        refused = answers[-1]
        assert refused.headers["x-ratelimit-limit"] == "3"
        assert refused.json()["error"]["metadata"]["headers"]["X-RateLimit-Limit"] == "3"
        assert int(refused.headers["retry-after"]) >= 1
        assert not any(name.startswith("x-ratelimit") for name in answers[0].headers)
        plane.clock.advance(61)
        assert (await client.get("/credits")).status_code == 200


async def test_sixty_first_key_of_a_minute_is_429(control_plane: RunningControlPlane) -> None:
    async with control_plane.client(control_plane.first.management_key) as client:
        statuses = [(await client.post("/keys", json={"name": "k"})).status_code for _ in range(61)]
    assert statuses == [201] * 60 + [429]


async def test_body_that_never_arrives_ends_with_408(database: SqlDatabase, control_settings: Settings) -> None:
    plane = await _limited(database, replace(control_settings, server=Server(body_timeout_seconds=0.2)))
    async with serving(application(plane.context)) as plane.url:
        port = int(plane.url.rpartition(":")[2])
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        head = f"POST /api/v1/keys HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {plane.first.management_key}\r\n"
        writer.write(f"{head}Content-Length: 100\r\n\r\n{{".encode())
        answer = await asyncio.wait_for(reader.readuntil(b"\r\n"), 5)
        assert b" 408 " in answer
        writer.close()


async def test_caller_of_another_account_sees_nothing_of_this_one(control_plane: RunningControlPlane) -> None:
    """One lookup scoped by account: what exists elsewhere answers as what exists nowhere (XT-01)."""
    from trunkline.accounts import repository, secrets
    from trunkline.accounts.service import issue_key
    from trunkline.accounts.types import Account, NewKey

    database, now_ms = control_plane.context.database, control_plane.clock.now_ms()
    stranger, secret = Account(id="user_stranger", name="S", created_at_ms=now_ms), secrets.mint_secret()
    await database.write(repository.insert_account, stranger)
    key = issue_key(stranger.id, None, "management", NewKey(name="s"), now_ms, secret)
    await database.write(repository.insert_key, key)
    theirs = hashlib.sha256(control_plane.first.api_key.encode()).hexdigest()
    async with control_plane.client(secret) as client:
        for method in ("GET", "PATCH", "DELETE"):
            foreign = await client.request(
                method, f"/keys/{theirs}", json={"name": "mine"} if method == "PATCH" else None
            )
            unknown = await client.request(method, f"/keys/{'e' * 64}", json={} if method == "PATCH" else None)
            assert (foreign.status_code, foreign.text) == (unknown.status_code, unknown.text) == (404, foreign.text)
        assert (await client.get("/credits")).json()["data"] == {"total_credits": 0, "total_usage": 0}
        without_default = await client.post("/keys", json={"name": "k"})
        assert without_default.status_code == 400 and "workspace_id" in without_default.json()["error"]["message"]
    async with control_plane.client(control_plane.first.management_key) as client:
        workspace_id = (await client.get("/keys")).json()["data"][0]["workspace_id"]
    async with control_plane.client(secret) as client:
        for workspace in (workspace_id, "0df9e665-d932-5740-b2c7-b52af166bc11"):
            listed = await client.get("/keys", params={"workspace_id": workspace})
            assert (listed.status_code, listed.json()["error"]["metadata"]["field"]) == (400, "workspace_id")
