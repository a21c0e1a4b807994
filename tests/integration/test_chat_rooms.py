"""Rooms of the chat on the server, and links to them (site.md CHAT-02): whose they are, two browsers, what is kept."""

import asyncio
import sqlite3
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from msgspec import Raw

from tests.instance import KEY, Instance
from tests.integration.chat_pages import OTHER, OTHERS_WORKSPACE, add_neighbour, member_page
from tests.integration.test_sign_in import HTML
from trunkline.accounts.bootstrap import ensure_owner
from trunkline.core.clock import SystemClock
from trunkline.core.errors import Conflict, InvalidRequest, PayloadTooLarge
from trunkline.rooms import service, shares
from trunkline.rooms.types import RoomChange, RoomHead
from trunkline.storage.backup import backup, restore
from trunkline.storage.database import SqlDatabase, open_database
from trunkline.storage.sealing import CannotOpen, Sealer

ROOM = "11111111-1111-4111-8111-111111111111"
ADDRESS = f"/chat/rooms/{ROOM}"
DOCUMENT = {"messages": [{"role": "user", "text": "The secret ingredient is nutmeg"}], "branches": [[0]]}
CONVERSATION: dict[str, Any] = {
    "room": ROOM,
    "title": "Cooking",
    "messages": [
        {"role": "user", "text": "What is in it?"},
        {
            "role": "assistant",
            "model": "acme/rocket",
            "text": "# Nutmeg\n\n**Nutmeg**, see [wiki](https://nutmeg.example/).\n\n```python\nprint(1 < 2)\n```",
            "sources": [{"url": "https://nutmeg.example/", "title": "On nutmeg"}, {"url": "javascript:alert(1)"}],
        },
    ],
}


@pytest.fixture
async def instance(tmp_path: Path) -> AsyncIterator[Instance]:
    async with Instance(tmp_path) as instance:
        yield instance


@pytest.fixture
async def page(instance: Instance) -> AsyncIterator[httpx.AsyncClient]:
    async with member_page(instance) as page:
        yield page


async def put(page: httpx.AsyncClient, version: int, address: str = ADDRESS, **members: Any) -> httpx.Response:
    body = {"version": version, "title": "Cooking", "is_pinned": False, "document": DOCUMENT, **members}
    return await page.put(address, json=body)


async def test_a_second_browser_sees_the_room_and_a_late_change_is_told(
    instance: Instance, page: httpx.AsyncClient
) -> None:
    stored = await put(page, 0)
    assert stored.status_code == 200, stored.text
    assert stored.json()["version"] == 1
    async with member_page(instance) as second:
        (head,) = (await second.get("/chat/rooms")).json()["rooms"]
        assert (head["id"], head["title"], head["version"], head["is_pinned"]) == (ROOM, "Cooking", 1, False)
        room = (await second.get(ADDRESS)).json()
        assert room == {**head, "document": DOCUMENT}
        changed = await put(second, 1, title="Baking", is_pinned=True, document=[1])
        assert changed.json()["version"] == 2
        late = await put(page, 1, document=["lost"])
        assert late.status_code == 409
        assert late.json()["error"]["metadata"]["version"] == 2
        assert (await put(page, 0)).status_code == 409
        assert (await page.get(ADDRESS)).json()["document"] == [1]
        assert (await second.delete(ADDRESS)).status_code == 204
    assert (await page.get("/chat/rooms")).json()["rooms"] == []
    assert (await page.get(ADDRESS)).status_code == 404
    assert (await put(page, 2)).status_code == 404
    assert (await page.delete(ADDRESS)).status_code == 204


async def test_another_person_s_room_is_as_unknown_as_any(instance: Instance, page: httpx.AsyncClient) -> None:
    await put(page, 0)
    await add_neighbour(instance)
    shared = (await page.post("/chat/shares", json=CONVERSATION)).json()
    async with member_page(instance, OTHER) as other:
        assert (await other.get(ADDRESS)).status_code == 404
        assert (await other.get(ADDRESS)).json() == (await other.get("/chat/rooms/" + "2" * 36)).json()
        assert (await put(other, 1)).status_code == 404
        assert (await other.delete(ADDRESS)).status_code == 204
        assert (await other.get("/chat/rooms")).json()["rooms"] == []
        assert (await other.get("/chat/shares")).json()["shares"] == []
        assert (await other.delete(f"/chat/shares/{shared['id']}")).status_code == 204
        mine = await put(other, 0, document="mine")  # the same id is free for everybody
        assert (mine.status_code, mine.json()["workspace"]) == (200, OTHERS_WORKSPACE)
    assert (await page.get(ADDRESS)).json()["document"] == DOCUMENT
    assert (await page.get(f"/share/{shared['url'].rpartition('/')[2]}")).status_code == 200
    for workspace in (OTHERS_WORKSPACE, "nowhere"):
        assert (await page.get("/chat/rooms", params={"workspace": workspace})).status_code == 400
        assert (await put(page, 0, "/chat/rooms/" + "3" * 36, workspace=workspace)).status_code == 400


async def test_only_a_page_of_the_person_gets_to_them(instance: Instance, page: httpx.AsyncClient) -> None:
    await put(page, 0)
    async with httpx.AsyncClient(base_url=instance.origin) as stranger:
        for headers in ({}, {"authorization": f"Bearer {KEY}"}):
            refused = await stranger.get("/chat/rooms", headers=headers)
            assert refused.status_code == 401
            assert refused.json()["error"]["code"] == 401
    for changed in ({"x-form-token": ""}, {"x-form-token": "0" * 64}):
        for method, address in (("GET", "/chat/rooms"), ("GET", ADDRESS), ("PUT", ADDRESS), ("DELETE", ADDRESS)):
            refused = await page.request(method, address, headers=changed)
            assert refused.status_code == 403, (method, refused.text)
    assert (await page.delete(ADDRESS, headers={"sec-fetch-site": "cross-site"})).status_code == 403
    assert (await page.get(ADDRESS)).status_code == 200


async def test_nothing_that_was_said_is_readable_in_the_database(
    instance: Instance, page: httpx.AsyncClient, tmp_path: Path
) -> None:
    await put(page, 0)
    url: str = (await page.post("/chat/shares", json=CONVERSATION)).json()["url"]
    await instance.app._database.barrier()
    with sqlite3.connect(tmp_path / "trunkline.db") as database:
        dump = "\n".join(database.iterdump())
        stored = [bytes(row[0]) for row in database.execute("SELECT document FROM chat_rooms")]
        stored += [bytes(row[0]) for row in database.execute("SELECT content FROM chat_shares")]
    database.close()
    assert len(stored) == 2
    for said in ("nutmeg", "Cooking", url.rpartition("/")[2]):
        assert said not in dump
        assert said.encode().hex() not in dump.lower()


async def test_rooms_have_bounds(page: httpx.AsyncClient) -> None:
    answered = await put(page, 0, document="x" * (service.ROOM_BYTES_MAX + 1))
    assert answered.status_code == 413, answered.text
    for body in ({"title": "x" * 201}, {"title": 1}, {"version": -1}, {"version": "0"}, {"document": ...}):
        sent = {"version": 0, "title": "x", "document": 1, **body}
        if sent["document"] is ...:
            del sent["document"]
        assert (await page.put(ADDRESS, json=sent)).status_code in (400, 404), body
    for room in ("short", "x" * 65, "has.a.dot", "has%20space", "x" * 4000):
        assert (await put(page, 0, f"/chat/rooms/{room}")).status_code == 400
        assert (await page.get(f"/chat/rooms/{room}")).status_code == 404
    for content in (b"", b"{", b"[]", b"\xff", b"[" * 100_000):
        assert (await page.put(ADDRESS, content=content)).status_code == 400


async def test_a_person_keeps_so_many_rooms_of_so_many_bytes(database: SqlDatabase) -> None:
    first_start = await ensure_owner(database, SystemClock(), None)
    assert first_start is not None
    owner = first_start.account_id
    limits = service.RoomLimits(rooms=2, room_bytes=100, total_bytes=150)
    rooms = service.RoomService(database, SystemClock(), Sealer([bytes(32)], "rooms"), limits)

    async def store(room_id: str, version: int, size: int) -> RoomHead:
        document = Raw(b'"' + b"x" * (size - 2) + b'"')
        change = RoomChange(id=room_id, version=version, title="x", is_pinned=False, document=document)
        return await rooms.store(owner, change)

    first, second, third = ("1" * 8, "2" * 8, "3" * 8)
    with pytest.raises(PayloadTooLarge):
        await store(first, 0, 101)
    await store(first, 0, 90)
    with pytest.raises(InvalidRequest, match="as large as they may be"):
        await store(second, 0, 90)
    await store(second, 0, 10)
    with pytest.raises(InvalidRequest, match="as many as may be"):
        await store(third, 0, 10)
    assert (await store(first, 1, 100)).version == 2  # what it replaces does not count
    assert (await rooms.all(owner, None)).used_bytes == 110
    with pytest.raises(Conflict):
        await store(first, 1, 10)
    with pytest.raises(Conflict):
        await store(first, 0, 10)
    assert bytes((await rooms.get(owner, second)).document) == b'"' + b"x" * 8 + b'"'
    await rooms.delete(owner, second)
    assert [room.id for room in (await rooms.all(owner, None)).rooms] == [first]


async def test_a_backup_contains_the_rooms_and_the_key_file_opens_them(
    database: SqlDatabase, database_url: str, tmp_path: Path
) -> None:
    first_start = await ensure_owner(database, SystemClock(), None)
    assert first_start is not None
    owner, sealer = first_start.account_id, Sealer([bytes(32)], "rooms")
    rooms = service.RoomService(database, SystemClock(), sealer)
    for number in range(10):
        change = RoomChange(id=f"room-{number:04}", version=0, title="Tea", is_pinned=False, document=Raw(b"[1]"))
        await rooms.store(owner, change)
    await asyncio.to_thread(backup, database_url, tmp_path / "saved.db")
    restored_url = f"sqlite:///{tmp_path / 'restored.db'}"
    await asyncio.to_thread(restore, tmp_path / "saved.db", restored_url, verify=lambda _: [])
    restored = open_database(restored_url, pool_size=2)
    await restored.start()
    again = service.RoomService(restored, SystemClock(), sealer)
    assert len((await again.all(owner, None)).rooms) == 10
    room = await again.get(owner, "room-0003")
    assert (room.head.title, bytes(room.document)) == ("Tea", b"[1]")
    await restored.close()


def test_a_room_does_not_open_in_another_row_nor_under_another_key() -> None:
    old, new = bytes(32), bytes(range(32))
    sealed = Sealer([old], "rooms").seal(b"said", "room a 1")
    both = Sealer([new, old], "rooms")
    assert both.open(sealed, "room a 1") == b"said"
    assert both.seal(b"said", "room a 1") != both.seal(b"said", "room a 1")
    for sealer, text, row in (
        (both, sealed, "room b 1"),
        (Sealer([new], "rooms"), sealed, "room a 1"),
        (Sealer([old], "other"), sealed, "room a 1"),
        (both, sealed[:-1], "room a 1"),
        (both, b"", "room a 1"),
    ):
        with pytest.raises(CannotOpen):
            sealer.open(text, row)


async def test_a_link_shows_the_conversation_to_anybody_until_it_is_ended(
    instance: Instance, page: httpx.AsyncClient
) -> None:
    made = await page.post("/chat/shares", json=CONVERSATION)
    assert made.status_code == 201, made.text
    share = made.json()
    assert (await page.get("/chat/shares", params={"room": ROOM})).json()["shares"] == [share]
    assert (await page.get("/chat/shares", params={"room": "another"})).json()["shares"] == []
    path = "/share/" + share["url"].rpartition("/")[2]
    async with httpx.AsyncClient(base_url=instance.origin, headers=HTML) as stranger:
        shown = await stranger.get(path)
        assert shown.status_code == 200
        assert "noindex" in shown.headers["x-robots-tag"]
        assert '<meta name="robots" content="noindex">' in shown.text
        assert shown.headers["cache-control"] == "private, no-store"
        assert shown.headers["referrer-policy"] == "no-referrer"
        for piece in (
            "<h3>Nutmeg</h3>",
            "<strong>Nutmeg</strong>",
            '<a href="https://nutmeg.example/" target="_blank" rel="noopener noreferrer nofollow">wiki</a>',
            "print(1 &lt; 2)",
            "acme/rocket",
            "On nutmeg",
        ):
            assert piece in shown.text, piece
        assert "javascript:" not in shown.text
        assert (await page.delete(f"/chat/shares/{share['id']}")).status_code == 204
        assert (await stranger.get(path)).status_code == 404
        for guess in ("x", "x" * 43, "x" * 5000):
            assert (await stranger.get(f"/share/{guess}")).status_code == 404
    assert (await page.get("/chat/shares")).json()["shares"] == []


async def test_shares_have_bounds(page: httpx.AsyncClient, monkeypatch: pytest.MonkeyPatch) -> None:
    message = {"role": "user", "text": "x"}
    for members in (
        {"messages": []},
        {"messages": [message] * 501},
        {"messages": [{"role": "tool", "text": "x"}]},
        {"title": "x" * 201},
        {"room": ""},
    ):
        assert (await page.post("/chat/shares", json={**CONVERSATION, **members})).status_code == 400, members
    large = {**CONVERSATION, "messages": [{"role": "user", "text": "x" * shares.SHARE_BYTES_MAX}]}
    assert (await page.post("/chat/shares", json=large)).status_code == 413
    monkeypatch.setattr(shares, "SHARES_MAX", 1)
    assert (await page.post("/chat/shares", json=CONVERSATION)).status_code == 201
    assert (await page.post("/chat/shares", json=CONVERSATION)).status_code == 400
