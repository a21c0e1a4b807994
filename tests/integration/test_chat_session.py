"""The site's own pages call the API with a session, and nobody else does (API-04, site.md CHAT-23)."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import httpx
import pytest
from sqlalchemy import Connection, func, select

from tests.fakes.provider import FakeProvider
from tests.instance import Instance, endpoint
from tests.integration.chat_pages import OTHER, OTHERS_WORKSPACE, add_neighbour, member_page
from tests.integration.test_sign_in import form_token
from trunkline.accounts import browsers
from trunkline.accounts.bootstrap import ensure_owner
from trunkline.accounts.directory import Directory
from trunkline.accounts.members import Members
from trunkline.accounts.session_types import Browser
from trunkline.accounts.sessions import SessionService
from trunkline.core.clock import SystemClock
from trunkline.settings import Billing, Settings
from trunkline.storage.database import SqlDatabase
from trunkline.storage.shared.memory import MemoryShared
from trunkline.storage.tables import audit_entries

MODEL = "acme/rocket"
BODY = {"model": MODEL, "messages": [{"role": "user", "content": "Hello"}]}
CHAT = "/api/v1/chat/completions"


@pytest.fixture
async def provider() -> AsyncIterator[FakeProvider]:
    async with FakeProvider() as provider:
        yield provider


@pytest.fixture
async def instance(tmp_path: Path, provider: FakeProvider) -> AsyncIterator[Instance]:
    async with Instance(tmp_path, endpoints=[endpoint(MODEL, provider)]) as instance:
        yield instance


@pytest.fixture
async def page(instance: Instance) -> AsyncIterator[httpx.AsyncClient]:
    async with member_page(instance) as page:
        yield page


async def test_a_page_chats_by_its_session_and_the_log_says_chat(instance: Instance, page: httpx.AsyncClient) -> None:
    headers = {"x-session-id": "room-1", "x-title": "Somebody", "http-referer": "https://elsewhere.example"}
    ids: list[str] = []
    cost = 0.0
    for stream in (False, True):
        answered = await page.post(CHAT, json={**BODY, "stream": stream}, headers=headers)
        assert answered.status_code == 200, answered.text
        ids.append(answered.headers["x-generation-id"])
    for generation_id in ids:
        found = await page.get("/api/v1/generation", params={"id": generation_id})
        assert found.status_code == 200, found.text
        record = found.json()["data"]
        assert record["session_id"] == "room-1"
        assert record["http_referer"].endswith("/chat")
        assert record["workspace_id"]
        cost += record["total_cost"]
    assert cost > 0
    logs = (await page.get("/logs")).text
    assert all(generation_id in logs for generation_id in ids)
    assert "<td>Chat</td>" in logs
    reported = {"generation_id": ids[0], "category": "other", "comment": "fine"}
    assert (await page.post("/api/v1/generation/feedback", json=reported)).status_code == 200
    assert (await page.get("/api/v1/key")).json()["data"]["usage"] == pytest.approx(cost)
    uploaded = await page.post("/api/v1/files", files={"file": ("notes.txt", b"Hello", "text/plain")})
    assert uploaded.status_code == 200, uploaded.text
    assert (await page.get(f"/api/v1/files/{uploaded.json()['id']}")).json()["filename"] == "notes.txt"
    assert await instance.audit() == []


async def test_the_hidden_key_is_one_and_nobody_lists_it(instance: Instance, page: httpx.AsyncClient) -> None:
    before = (await instance.management.get("/keys")).json()["data"]
    first, second = [await page.post(CHAT, json=BODY) for _ in range(2)]
    assert (first.status_code, second.status_code) == (200, 200)
    assert [key["hash"] for key in (await instance.management.get("/keys")).json()["data"]] == [
        key["hash"] for key in before
    ]
    assert "Signed in" not in (await page.get("/settings/keys")).text
    assert (await page.get("/settings/keys")).status_code == 200
    assert "Signed in" in (await page.get("/logs/" + second.headers["x-generation-id"])).text


FOREIGN: tuple[tuple[dict[str, str | None], int], ...] = (
    ({"sec-fetch-site": "cross-site"}, 403),
    ({"sec-fetch-site": "same-site"}, 403),
    ({"sec-fetch-site": "none"}, 403),
    ({"sec-fetch-site": None, "origin": "https://evil.example"}, 403),
    ({"sec-fetch-site": None, "origin": "null"}, 403),
    ({"sec-fetch-site": None, "origin": None}, 403),
    ({"x-form-token": None}, 403),
    ({"x-form-token": "0" * 64}, 403),
    ({"x-form-token": "é"}, 403),
    ({"cookie": ""}, 401),
    ({"cookie": "trunkline_session=forged"}, 403),
)
OWN: tuple[tuple[dict[str, str | None], int], ...] = (
    ({}, 200),
    ({"sec-fetch-site": None}, 200),
    ({"origin": None}, 200),
)


async def test_no_other_page_spends_money(provider: FakeProvider, page: httpx.AsyncClient) -> None:
    cookie = f"trunkline_session={page.cookies['trunkline_session']}"
    page.cookies.clear()
    own = {**page.headers, "cookie": cookie}
    for changed, status in (*FOREIGN, *OWN):
        sent = {name: value.encode("utf-8") for name, value in {**own, **changed}.items() if value is not None}
        page.headers = httpx.Headers(sent)
        answered = await page.post(CHAT, json=BODY)
        assert answered.status_code == status, (changed, answered.text)
        if status != 200:
            assert answered.json()["error"]["code"] == status
            assert provider.requests == [], changed
    assert len(provider.requests) == len(OWN)


async def test_reading_needs_the_token_too(page: httpx.AsyncClient) -> None:
    address = "/api/v1/key"
    assert (await page.get(address)).status_code == 200
    del page.headers["sec-fetch-site"], page.headers["origin"]  # as browsers read on plain http
    assert (await page.get(address)).status_code == 200
    del page.headers["x-form-token"]
    assert (await page.get(address)).status_code == 403


async def test_a_session_manages_nothing_by_the_api(page: httpx.AsyncClient) -> None:
    for method, address in (("GET", "/api/v1/keys"), ("POST", "/api/v1/keys"), ("GET", "/api/v1/credits")):
        refused = await page.request(method, address, **({"json": {"name": "mine"}} if method == "POST" else {}))
        assert refused.status_code in (401, 403), refused.text


async def test_the_session_ends_with_signing_out(instance: Instance, page: httpx.AsyncClient) -> None:
    assert (await page.post(CHAT, json=BODY)).status_code == 200
    session = page.cookies["trunkline_session"]
    form = {"form_token": form_token(await page.get("/settings/account"))}
    assert (await page.post("/sign-out", data=form)).status_code == 303
    refused = await page.post(CHAT, json=BODY, headers={"cookie": f"trunkline_session={session}"})
    assert refused.status_code == 401
    assert "Sign in again" in refused.json()["error"]["message"]


async def test_a_key_wins_over_a_session(instance: Instance, page: httpx.AsyncClient) -> None:
    wrong = await page.post(CHAT, json=BODY, headers={"authorization": "Bearer sk-tl-v1-" + "f" * 64})
    assert wrong.status_code == 401
    del page.headers["x-form-token"]
    right = await page.post(CHAT, json=BODY, headers={"authorization": instance.client.headers["authorization"]})
    assert right.status_code == 200


async def test_the_hash_of_the_hidden_key_opens_nothing(instance: Instance, page: httpx.AsyncClient) -> None:
    generation_id = (await page.post(CHAT, json=BODY)).headers["x-generation-id"]
    shown = (await page.get(f"/logs/{generation_id}")).text
    key_hash = shown.partition("api_key_hash=")[2][:64]
    assert len(key_hash) == 64
    for secret in (key_hash, f"sk-tl-v1-{key_hash}"):
        assert (await instance.connect(secret).post("/chat/completions", json=BODY)).status_code == 401


async def test_another_account_s_workspace_is_unknown(instance: Instance, page: httpx.AsyncClient) -> None:
    await add_neighbour(instance)
    for workspace in (OTHERS_WORKSPACE, "nowhere", "x" * 500):
        refused = await page.post(CHAT, json=BODY, headers={"x-trunkline-workspace": workspace})
        assert refused.status_code == 400, refused.text
        assert "workspace" in refused.json()["error"]["message"]


async def test_people_are_told_apart(instance: Instance, page: httpx.AsyncClient) -> None:
    await add_neighbour(instance)
    generation_id = (await page.post(CHAT, json=BODY)).headers["x-generation-id"]
    async with member_page(instance, OTHER) as other:
        assert (await other.post(CHAT, json=BODY)).status_code == 200
        assert (await other.get("/api/v1/generation", params={"id": generation_id})).status_code == 404
        other.headers["x-form-token"] = page.headers["x-form-token"]
        assert (await other.post(CHAT, json=BODY)).status_code == 403


async def test_a_session_meets_the_limits_of_the_account(tmp_path: Path, provider: FakeProvider) -> None:
    prepaid = Billing(mode="prepaid")
    async with (
        Instance(tmp_path, endpoints=[endpoint(MODEL, provider)], billing=prepaid) as instance,
        member_page(instance) as page,
    ):
        refused = await page.post(CHAT, json=BODY)
        assert refused.status_code == 402, refused.text
        assert provider.requests == []


async def test_two_processes_make_one_hidden_key(database: SqlDatabase, tmp_path: Path) -> None:
    first_start = await ensure_owner(database, SystemClock(), None)
    assert first_start is not None
    settings, clock, shared = Settings(home=tmp_path), SystemClock(), MemoryShared()
    sessions = SessionService(database, clock, settings.auth)
    token = (await database.write(sessions.open, first_start.account_id, "link", Browser())).token
    headers = {
        b"cookie": f"other=1; trunkline_session={token}; last=2".encode(),
        b"sec-fetch-site": b"same-origin",
        b"x-form-token": browsers.form_token(token).encode(),
    }
    directories = [Directory(database, shared, clock, settings) for _ in range(2)]
    processes = [
        Members(database, clock, directory, sessions, public_url="http://a.example", secret=b"the instance's")
        for directory in directories
    ]
    found = await asyncio.gather(*(members.resolve("POST", headers) for members in processes for _ in range(3)))
    (key_hash,) = {caller.key.hash for caller in found if caller is not None}
    assert None not in found
    assert await database.read(keys_made, key_hash) == 1
    for directory in directories:
        await directory.close()


def keys_made(connection: Connection, key_hash: str) -> int:
    """How often the audit log says that the key was created."""
    query = select(func.count()).where(audit_entries.c.object_id == key_hash, audit_entries.c.action == "key.create")
    return connection.execute(query).scalar_one()
