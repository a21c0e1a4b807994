"""Files in a serving process: killed at random, with little memory, with no room on its disk (decision 0007)."""

import asyncio
import os
import random
import resource
import sqlite3
from collections.abc import AsyncIterator
from pathlib import Path

import httpx

from tests.instance import KEY
from tests.process import ServeProcess

MIB = 1024 * 1024
KILLS = 5
WORKERS = 6
HEAD = b'--b\r\nContent-Disposition: form-data; name="file"; filename="a.txt"\r\n\r\n'
FORM = {"Content-Type": "multipart/form-data; boundary=b"}


def client_of(server: ServeProcess) -> httpx.AsyncClient:
    return httpx.AsyncClient(base_url=server.base_url, headers={"Authorization": f"Bearer {KEY}"}, timeout=60)


def contents(home: Path) -> set[str]:
    return {path.name for path in (home / "files").glob("??/*")}


def rows(home: Path, query: str) -> set[str]:
    connection = sqlite3.connect(home / "trunkline.db")
    try:
        return {row[0] for row in connection.execute(query)}
    finally:
        connection.close()


async def test_no_kill_leaves_a_row_without_content_or_a_content_that_nobody_knows(tmp_path: Path) -> None:
    server = ServeProcess(tmp_path, "")
    dice = random.Random(7)
    told, deleted = set[str](), set[str]()

    async def work(client: httpx.AsyncClient) -> None:
        while True:
            text = os.urandom(50_000).hex()
            made = (await client.post("/files", files={"file": ("a.txt", text)})).json()["id"]
            told.add(made)
            if dice.random() < 0.4 and (await client.delete(f"/files/{made}")).status_code == 200:
                deleted.add(made)

    for _ in range(KILLS):
        await server.start()
        enough = len(told) + 8
        async with client_of(server) as client:
            workers = [asyncio.create_task(work(client)) for _ in range(WORKERS)]
            async with asyncio.timeout(60):
                while len(told) < enough:
                    await asyncio.sleep(0.005)
            await asyncio.sleep(dice.random() * 0.05)
            await server.kill()
            await asyncio.gather(*workers, return_exceptions=True)
        listed, kept = rows(tmp_path, "SELECT id FROM files"), contents(tmp_path)
        assert listed <= kept
        assert kept - listed <= rows(tmp_path, "SELECT blob_id FROM blob_removals")
        assert deleted.isdisjoint(listed)
        asked_to_delete = told - deleted - listed  # by workers whose answer the kill cut off
        assert len(asked_to_delete) <= WORKERS * KILLS
    await server.start()
    async with client_of(server) as client:
        page = (await client.get("/files", params={"limit": 1000})).json()
        assert {file["id"] for file in page["data"]} == rows(tmp_path, "SELECT id FROM files")
    await server.terminate()


async def test_a_hundred_mebibytes_pass_through_little_memory(tmp_path: Path) -> None:
    server = ServeProcess(tmp_path, "")
    await server.start()

    async def form() -> AsyncIterator[bytes]:
        yield HEAD
        for _ in range(100):
            yield b"0123456789abcdef" * (MIB // 16)
        yield b"\r\n--b--\r\n"

    async with client_of(server) as client:
        await client.post("/files", files={"file": ("a.txt", "hello")})
        before = server.rss_bytes()
        answer = await client.post("/files", content=form(), headers=FORM)
        assert (answer.status_code, answer.json()["size_bytes"]) == (200, 100 * MIB), answer.text
        assert server.peak_rss_bytes() - before < 32 * MIB
    await server.terminate()


async def test_a_disk_without_room_is_503_and_serving_goes_on(tmp_path: Path) -> None:
    """A limit of the kernel on the size of files stands for the end of the disk: the same error, at the same places."""
    server = ServeProcess(tmp_path, "")
    await server.start()
    async with client_of(server) as client:
        assert (await client.post("/files", files={"file": ("a.txt", "hello")})).status_code == 200
        resource.prlimit(server.pid, resource.RLIMIT_FSIZE, (2 * MIB, 2 * MIB))
        answer = await client.post("/files", files={"file": ("a.txt", "a" * 3 * MIB)})
        assert answer.status_code == 503 and "no room" in answer.json()["error"]["message"]
        assert (await client.post("/files", files={"file": ("a.txt", "hello")})).status_code == 200
        assert len((await client.get("/files")).json()["data"]) == 2
    assert list((tmp_path / "files" / "incoming").iterdir()) == []
    assert "File too large" in server.log
    await server.kill()


async def test_half_an_upload_of_a_killed_process_is_gone_when_its_time_has_passed(tmp_path: Path) -> None:
    server = ServeProcess(tmp_path, "")
    await server.start()
    incoming = tmp_path / "files" / "incoming"
    reader, writer = await asyncio.open_connection("127.0.0.1", server.port)
    writer.write(
        f"POST /api/v1/files HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {KEY}\r\nContent-Type: {FORM['Content-Type']}"
        f"\r\nContent-Length: {4 * MIB}\r\n\r\n".encode()
        + HEAD
        + b"a" * 3 * MIB
    )
    async with asyncio.timeout(20):
        while not (incoming.is_dir() and any(incoming.iterdir())):
            await asyncio.sleep(0.01)
    await server.kill()
    writer.transport.abort()
    reader.feed_eof()
    (half,) = incoming.iterdir()
    await server.start()
    await asyncio.sleep(1.5)  # a sweep, which must leave alone what might still be arriving
    assert half.exists()
    await server.terminate()
    two_hours_ago = half.stat().st_mtime - 7200
    os.utime(half, (two_hours_ago, two_hours_ago))
    await server.start()
    async with asyncio.timeout(20):
        while half.exists():
            await asyncio.sleep(0.05)
    await server.terminate()
