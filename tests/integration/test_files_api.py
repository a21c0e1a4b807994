"""`/files` over a real socket (inference.md 26)."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import httpx
import pytest
import pytest_asyncio

from tests.instance import Instance
from tests.sample_files import DOCX, PDF, PNG
from tests.strangers import WORKSPACE, add_stranger
from trunkline.files.types import NewFile
from trunkline.settings import Files, Server

pytestmark = pytest.mark.asyncio(loop_scope="module")
MIB = 1024 * 1024
OPENAI_SDK = {"User-Agent": "AsyncOpenAI/Python 3.54.0"}
ANTHROPIC = {"anthropic-version": "2023-06-01"}


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def instance(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Instance]:
    home: Path = tmp_path_factory.mktemp("files")
    async with Instance(home, files=Files(limit_mb=2, quota_mb=64)) as running:
        yield running
        assert list((home / "files" / "incoming").iterdir()) == []


async def upload(
    instance: Instance, content: bytes = PDF, name: str = "a.pdf", headers: dict[str, str] | None = None, **form: str
) -> dict[str, Any]:
    answer = await instance.client.post("/files", files={"file": (name, content)}, data=form, headers=headers)
    assert answer.status_code == 200, answer.text
    return answer.json()


async def test_a_pdf_by_the_name_of_a_picture_is_a_pdf(instance: Instance) -> None:
    made = await upload(instance, PDF, "scan.png")
    assert made == {
        "_shape": "openrouter", "id": made["id"], "type": "file", "filename": "scan.png",
        "mime_type": "application/pdf", "size_bytes": len(PDF), "created_at": made["created_at"], "downloadable": False,
    }  # fmt: skip
    assert made["id"].startswith("or_file_")
    assert (await instance.client.get(f"/files/{made['id']}")).json() == made


@pytest.mark.parametrize(("headers", "form", "query", "shape"), [
    ({}, {}, "", "openrouter"),
    (ANTHROPIC, {}, "", "anthropic"),
    ({"anthropic-beta": "files-api-2025-04-14"}, {}, "", "anthropic"),
    ({}, {"purpose": "assistants"}, "", "openai"),
    ({}, {}, "?purpose=vision", "openai"),
    (OPENAI_SDK, {}, "", "openai"),
    ({"User-Agent": "OpenAI/JS 6.1.0"}, {}, "", "openai"),
    (OPENAI_SDK | ANTHROPIC, {"purpose": "batch"}, "", "anthropic"),
    ({"User-Agent": "NotOpenAI/1"}, {}, "", "openrouter"),
])  # fmt: skip
async def test_the_shape_is_the_callers(
    instance: Instance, headers: dict[str, str], form: dict[str, str], query: str, shape: str
) -> None:
    answer = await instance.client.post(f"/files{query}", files={"file": ("a.png", PNG)}, data=form, headers=headers)
    assert answer.status_code == 200 and answer.json()["_shape"] == shape


async def test_openais_file_echoes_its_purpose(instance: Instance) -> None:
    plain = await upload(instance, headers=OPENAI_SDK)
    batch = await upload(instance, purpose="batch", headers=OPENAI_SDK)
    assert (plain["purpose"], batch["purpose"], batch["status"]) == ("user_data", "batch", "processed")
    assert isinstance(batch["created_at"], int) and batch["bytes"] == len(PDF)
    listed = (await instance.client.get("/files?purpose=batch")).json()
    assert listed["_shape"] == listed["data"][0]["_shape"] == "openai" and listed["object"] == "list"
    assert batch["id"] in [file["id"] for file in listed["data"]]
    assert {file["purpose"] for file in listed["data"]} == {"batch"}
    gone = await instance.client.delete(f"/files/{batch['id']}", headers=OPENAI_SDK)
    assert gone.json() == {"_shape": "openai", "id": batch["id"], "object": "file", "deleted": True}


async def test_pages_by_each_of_the_three_ways(tmp_path: Path) -> None:
    async with Instance(tmp_path) as instance:
        ids = [(await upload(instance, name=f"{number}.pdf"))["id"] for number in range(5)]

        async def get(query: str, headers: dict[str, str] | None = None) -> dict[str, Any]:
            return (await instance.client.get(f"/files?{query}", headers=headers)).json()

        whole = await get("")
        assert [file["id"] for file in whole["data"]] == ids
        assert (whole["first_id"], whole["last_id"]) == (ids[0], ids[-1])
        assert (whole["has_more"], whole["cursor"]) == (False, None)
        found: list[str] = []
        page = await get("limit=2")
        while True:
            found += [file["id"] for file in page["data"]]
            if page["cursor"] is None:
                break
            page = await get(f"limit=2&cursor={page['cursor']}")
        assert found == ids
        assert [file["id"] for file in (await get(f"after={ids[2]}&limit=1&order=asc"))["data"]] == [ids[3]]
        theirs = await get(f"after_id={ids[3]}", ANTHROPIC)
        assert [file["id"] for file in theirs["data"]] == [ids[4]] and "cursor" not in theirs
        assert theirs["next_page"] is None
        next_page = (await get("limit=4", ANTHROPIC))["next_page"]
        assert [file["id"] for file in (await get(f"page={next_page}", ANTHROPIC))["data"]] == [ids[4]]
        empty = await get(f"after={ids[4]}")
        assert (empty["data"], empty["first_id"], empty["last_id"], empty["has_more"]) == ([], None, None, False)


@pytest.mark.parametrize("query", [
    "limit=0", "limit=1001", "limit=x", "limit=-1", "limit=", "order=desc", "before_id=or_file_x", "cursor=%00",
    "page=x", "cursor=x", "cursor=eyJjdXJzb3IiOiJ4In0", "after=x", "after_id=", "purpose=x", "workspace_id=x",
    "provider=acme", "provider=openai", "provider=anthropic", f"workspace_id={WORKSPACE}",
])  # fmt: skip
async def test_what_cannot_be_meant_is_400_and_says_which(instance: Instance, query: str) -> None:
    answer = await instance.client.get(f"/files?{query}")
    assert answer.status_code == 400, answer.text
    assert query.split("=")[0] in answer.json()["error"]["message"]


@pytest.mark.parametrize(("method", "path"), [("GET", ""), ("DELETE", ""), ("GET", "/content")])
async def test_unknown_is_404(instance: Instance, method: str, path: str) -> None:
    for name in ("or_file_" + "0" * 29, "file-abc", "%00", "..%2f..%2fetc"):
        answer = await instance.client.request(method, f"/files/{name}{path}")
        assert answer.status_code == 404, answer.text


async def test_an_uploads_content_is_not_given_back(instance: Instance) -> None:
    made = await upload(instance)
    answer = await instance.client.get(f"/files/{made['id']}/content")
    assert (answer.status_code, answer.json()["error"]["metadata"]["error_type"]) == (400, "invalid_request")


async def test_a_file_that_was_made_here_is_given_back(instance: Instance) -> None:
    made = await upload(instance)
    service = instance.app._files
    known = (await instance.management.get("/keys")).json()["data"][0]["workspace_id"]
    async with service.receive(known) as incoming:
        await incoming.write(DOCX)
        new = NewFile(workspace_id=known, account_id="user_x", filename='Grü"ße.docx', downloadable=True)
        file = await service.keep(incoming, new)
    answer = await instance.client.get(f"/files/{file.id}/content")
    assert (answer.status_code, answer.content) == (200, DOCX)
    assert answer.headers["content-type"] == "application/octet-stream"
    assert answer.headers["content-length"] == str(len(DOCX))
    assert answer.headers["content-disposition"] == "attachment; filename*=UTF-8''Gr%C3%BC%22%C3%9Fe.docx"
    assert (await instance.client.get(f"/files/{file.id}")).json()["downloadable"] is True
    assert (await instance.client.get(f"/files/{made['id']}")).json()["downloadable"] is False


async def test_a_workspace_of_the_account_may_be_named(instance: Instance) -> None:
    own = (await instance.management.get("/keys")).json()["data"][0]["workspace_id"]
    made = await upload(instance)
    for query in ("", f"?workspace_id={own}", f"?workspace_id={own.upper()}"):
        assert (await instance.client.get(f"/files/{made['id']}{query}")).status_code == 200
    # A management key belongs to no workspace: it reads the default one, and uploads nothing.
    assert (await instance.management.get(f"/files/{made['id']}")).status_code == 200
    refused = await instance.management.post("/files", files={"file": ("a.pdf", PDF)})
    assert (refused.status_code, refused.json()["error"]["metadata"]["error_type"]) == (403, "permission_denied")


async def test_strangers_have_files_of_their_own(tmp_path: Path) -> None:
    async with Instance(tmp_path) as instance:
        stranger = instance.connect((await add_stranger(instance))["inference"])
        theirs = (await stranger.post("/files", files={"file": ("a.pdf", PDF)})).json()["id"]
        assert (await stranger.get(f"/files/{theirs}")).status_code == 200
        assert (await instance.client.get(f"/files/{theirs}")).status_code == 404
        assert (await instance.client.delete(f"/files/{theirs}")).status_code == 404
        assert (await instance.client.get("/files")).json()["data"] == []
        assert (await stranger.get(f"/files/{theirs}")).status_code == 200


async def test_without_a_key_nothing_is_read(instance: Instance) -> None:
    answer = await instance.connect(None).post("/files", files={"file": ("a.pdf", PDF)})
    assert (answer.status_code, answer.json()["error"]["message"]) == (401, "Missing Authentication header")


async def test_a_file_beyond_the_limit_is_413_announced_or_not(instance: Instance) -> None:
    announced = await instance.client.post("/files", files={"file": ("a.txt", b"a" * (4 * MIB))})
    assert announced.status_code == 413
    just = await instance.client.post("/files", files={"file": ("a.txt", b"a" * (2 * MIB))})
    assert just.status_code == 200
    over = await instance.client.post("/files", files={"file": ("a.txt", b"a" * (2 * MIB + 1))})
    assert over.status_code == 413 and "2 MiB" in over.json()["error"]["message"]

    async def unannounced() -> AsyncIterator[bytes]:
        yield b'--b\r\nContent-Disposition: form-data; name="file"; filename="a.txt"\r\n\r\n'
        for _ in range(64):
            yield b"a" * 65536

    answer = await instance.client.post(
        "/files", content=unannounced(), headers={"Content-Type": "multipart/form-data; boundary=b"}
    )
    assert answer.status_code == 413


async def test_a_form_that_goes_on_after_its_end_is_cut_off(instance: Instance) -> None:
    async def endless() -> AsyncIterator[bytes]:
        yield b'--b\r\nContent-Disposition: form-data; name="file"; filename="a.txt"\r\n\r\nhello\r\n--b--\r\n'
        for _ in range(64):
            yield b"a" * 65536

    answer = await instance.client.post(
        "/files", content=endless(), headers={"Content-Type": "multipart/form-data; boundary=b"}
    )
    assert answer.status_code == 413


async def test_a_full_workspace_is_403(tmp_path: Path) -> None:
    async with Instance(tmp_path, files=Files(quota_count=1)) as instance:
        await upload(instance)
        answer = await instance.client.post("/files", files={"file": ("a.pdf", PDF)})
        assert (answer.status_code, answer.json()["error"]["metadata"]["error_type"]) == (403, "permission_denied")


async def test_a_folder_that_cannot_be_used_is_503_without_its_path(tmp_path: Path) -> None:
    (tmp_path / "taken").write_text("a file, where a folder should be")
    async with Instance(tmp_path, files=Files(directory=str(tmp_path / "taken" / "files"))) as instance:
        answer = await instance.client.post("/files", files={"file": ("a.pdf", PDF)})
        assert answer.status_code == 503
        assert str(tmp_path) not in answer.text
        assert (await instance.client.get("/files")).json()["data"] == []


async def test_an_upload_that_dawdles_is_408(tmp_path: Path) -> None:
    async with Instance(tmp_path, server=Server(body_timeout_seconds=0.2)) as instance:

        async def slow() -> AsyncIterator[bytes]:
            yield b'--b\r\nContent-Disposition: form-data; name="file"; filename="a"\r\n\r\n'
            await asyncio.sleep(1)
            yield b"x\r\n--b--\r\n"

        answer = await instance.client.post(
            "/files", content=slow(), headers={"Content-Type": "multipart/form-data; boundary=b"}
        )
        assert answer.status_code == 408


async def test_a_client_that_leaves_leaves_nothing(instance: Instance) -> None:
    reader, writer = await asyncio.open_connection("127.0.0.1", instance.port)
    head = f"POST /api/v1/files HTTP/1.1\r\nHost: x\r\nAuthorization: {instance.client.headers['Authorization']}\r\n"
    writer.write(f"{head}Content-Type: multipart/form-data; boundary=b\r\nContent-Length: 1500000\r\n\r\n".encode())
    writer.write(b'--b\r\nContent-Disposition: form-data; name="file"; filename="a"\r\n\r\n' + b"a" * 1_200_000)
    await writer.drain()
    incoming = instance.settings.files_directory / "incoming"
    async with asyncio.timeout(10):
        while not any(incoming.iterdir()):
            await asyncio.sleep(0.01)
        writer.transport.abort()
        while any(incoming.iterdir()):
            await asyncio.sleep(0.01)
    reader.feed_eof()


async def test_errors_have_the_envelope_in_every_shape(instance: Instance) -> None:
    for headers in ({}, ANTHROPIC, OPENAI_SDK):
        answer: httpx.Response = await instance.client.get("/files/or_file_x", headers=headers)
        assert answer.json()["error"]["code"] == 404 and answer.headers["x-request-id"]
