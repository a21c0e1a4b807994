"""What a row and a content do together, on both databases (decision 0007)."""

import os
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.fakes.clock import FakeClock
from tests.sample_files import PDF, PNG
from trunkline.core.errors import (
    InvalidRequest,
    NotFound,
    PayloadTooLarge,
    PermissionDenied,
    RateLimited,
    ServiceUnavailable,
)
from trunkline.files import repository
from trunkline.files.blob_store import BlobReader, BlobStoreAway, BlobStoreFull
from trunkline.files.disk_blobs import DiskBlobs
from trunkline.files.removal import SWEEP_EVERY_MS, UPLOAD_GRACE_MS
from trunkline.files.service import UPLOADS_AT_ONCE, FileService
from trunkline.files.types import FileLimits, NewFile, StoredFile
from trunkline.storage.database import SqlDatabase

HERE, ELSEWHERE = "11111111-0000-4000-8000-000000000000", "22222222-0000-4000-8000-000000000000"
LIMITS = FileLimits(file_bytes=2_000_000, workspace_bytes=3_000_000, workspace_files=5)


class Store:
    """A folder that fails when the test says so."""

    def __init__(self, root: Path) -> None:
        self._disk = DiskBlobs(root)
        self.root = root
        self.failure: Exception | None = None

    def keep(self, blob_id: str, source: Path) -> None:
        self._fail()
        self._disk.keep(blob_id, source)

    def open(self, blob_id: str) -> BlobReader:
        self._fail()
        return self._disk.open(blob_id)

    def remove(self, blob_id: str) -> None:
        self._fail()
        self._disk.remove(blob_id)

    def _fail(self) -> None:
        if self.failure is not None:
            raise self.failure

    @property
    def contents(self) -> set[str]:
        return {path.name for path in self.root.glob("??/*")}


class World:
    def __init__(self, database: SqlDatabase, root: Path) -> None:
        self.clock = FakeClock()
        self.store = Store(root)
        self.incoming = root / "incoming"
        self.database = database
        self.files = FileService(database, self.clock, self.store, self.incoming, LIMITS)

    async def upload(self, content: bytes = PDF, workspace_id: str = HERE, *, downloadable: bool = False) -> StoredFile:
        new = NewFile(workspace_id=workspace_id, account_id="user_a", filename="a", downloadable=downloadable)
        async with self.files.receive(workspace_id) as incoming:
            await incoming.write(content)
            file = await self.files.keep(incoming, new)
        self.clock.advance(0.001)
        return file

    async def names(self, **members: object) -> list[str]:
        query = {"after": None, "purpose": None, "limit": 100} | members
        page = await self.files.page(HERE, **query)
        return [file.id for file in page.files]

    async def removals(self) -> list[str]:
        return await self.database.read(repository.due_removals, 2**60, 100)

    async def sweep(self, later_s: float = SWEEP_EVERY_MS / 1000) -> None:
        self.clock.advance(later_s)
        await self.files.sweep()

    def leftovers(self) -> list[str]:
        return os.listdir(self.incoming) if self.incoming.exists() else []


@pytest.fixture
async def world(database: SqlDatabase, tmp_path: Path) -> AsyncIterator[World]:
    world = World(database, tmp_path / "files")
    yield world
    assert world.leftovers() == []
    world.files.close()


async def test_an_upload_is_a_row_and_a_content_and_nothing_else(world: World) -> None:
    file = await world.upload(PNG)
    assert (file.media_type, file.size_bytes, file.downloadable) == ("image/png", len(PNG), False)
    assert await world.files.get(HERE, file.id) == file
    assert world.store.contents == {file.id}
    assert await world.removals() == []
    assert await world.files.content(file) == PNG


async def test_pages_follow_the_order_of_creation_and_outlive_their_cursor(world: World) -> None:
    ids = [(await world.upload()).id for _ in range(5)]
    first = await world.files.page(HERE, after=None, purpose=None, limit=2)
    assert ([file.id for file in first.files], first.has_more) == (ids[:2], True)
    await world.files.delete(HERE, ids[1])
    rest = await world.files.page(HERE, after=ids[1], purpose=None, limit=3)
    assert ([file.id for file in rest.files], rest.has_more) == (ids[2:], False)
    assert await world.names(after=ids[2]) == ids[3:]
    assert await world.names(purpose="vision") == []


async def test_another_workspace_finds_nothing(world: World) -> None:
    file = await world.upload()
    for verb in (world.files.get, world.files.delete, world.files.download):
        with pytest.raises(NotFound):
            await verb(ELSEWHERE, file.id)
    assert (await world.files.page(ELSEWHERE, after=None, purpose=None, limit=9)).files == ()
    assert await world.names() == [file.id]


@pytest.mark.parametrize("hostile", ["", "or_file_", "x\x00y", "../../etc/passwd", "or_file_" + "G" * 29, "é" * 99])
async def test_what_is_no_id_is_not_found(world: World, hostile: str) -> None:
    for verb in (world.files.get, world.files.delete):
        with pytest.raises(NotFound):
            await verb(HERE, hostile)


async def test_deleted_is_gone_with_its_content(world: World) -> None:
    file = await world.upload()
    await world.files.delete(HERE, file.id)
    assert world.store.contents == set() and await world.removals() == []
    with pytest.raises(NotFound):
        await world.files.content(file)
    with pytest.raises(NotFound):
        await world.files.delete(HERE, file.id)


async def test_a_content_that_cannot_be_removed_now_is_removed_later(world: World) -> None:
    file = await world.upload()
    world.store.failure = BlobStoreAway("no route to host")
    await world.files.delete(HERE, file.id)
    with pytest.raises(NotFound):
        await world.files.get(HERE, file.id)
    await world.sweep()
    assert world.store.contents == {file.id}
    world.store.failure = None
    await world.sweep()
    assert world.store.contents == {file.id}  # it failed a minute ago: the next try is in ten
    await world.sweep(600)
    assert world.store.contents == set() and await world.removals() == []


@pytest.mark.parametrize("failure", [BlobStoreAway("reset"), BlobStoreFull("no space")])
async def test_a_store_that_takes_nothing_leaves_no_row(world: World, failure: Exception) -> None:
    world.store.failure = failure
    with pytest.raises(ServiceUnavailable) as refusal:
        await world.upload()
    assert ("room" in refusal.value.message) == isinstance(failure, BlobStoreFull)
    assert str(failure) not in refusal.value.message
    assert await world.names() == []
    world.store.failure = None
    await world.sweep(600 + SWEEP_EVERY_MS / 1000)
    assert await world.removals() == [] and world.store.contents == set()


async def test_a_content_that_a_crash_left_without_row_is_swept_after_its_hour(world: World, tmp_path: Path) -> None:
    blob_id = "or_file_1a204fd27343613c4e4b27c3f88ac"
    await world.database.write(repository.schedule_removal, blob_id, world.clock.now_ms() + UPLOAD_GRACE_MS)
    orphan = tmp_path / "orphan"
    orphan.write_bytes(PDF)
    world.store.keep(blob_id, orphan)
    await world.sweep()
    assert world.store.contents == {blob_id}
    await world.sweep(UPLOAD_GRACE_MS / 1000)
    assert world.store.contents == set() and await world.removals() == []


async def test_an_upload_that_outlives_its_hour_is_refused(world: World) -> None:
    keep = world.store.keep

    def slow(blob_id: str, source: Path) -> None:
        keep(blob_id, source)
        world.clock.advance(UPLOAD_GRACE_MS / 1000)

    world.store.keep = slow
    with pytest.raises(ServiceUnavailable, match="too long"):
        await world.upload()
    assert await world.names() == [] and world.store.contents == set() and await world.removals() == []


async def test_a_slow_store_has_nearly_an_hour(world: World) -> None:
    keep = world.store.keep

    def slow(blob_id: str, source: Path) -> None:
        keep(blob_id, source)
        world.clock.advance(UPLOAD_GRACE_MS / 1000 - 1)

    world.store.keep = slow
    file = await world.upload()
    assert await world.names() == [file.id]


async def test_what_a_killed_process_half_received_is_swept(world: World) -> None:
    world.incoming.mkdir(parents=True)
    old, young = world.incoming / "old", world.incoming / "young"
    now_s = world.clock.now_ms() / 1000
    for path, age_s in ((old, UPLOAD_GRACE_MS / 1000), (young, 60)):
        path.write_bytes(b"%PDF")
        os.utime(path, (now_s - age_s, now_s - age_s))
    await world.sweep(1)
    assert world.leftovers() == ["young"]
    young.unlink()


async def test_quota_in_bytes_holds_and_leaves_nothing(world: World) -> None:
    await world.upload(b"a" * 1_900_000)
    with pytest.raises(PermissionDenied, match="quota_mb"):
        await world.upload(b"a" * 1_100_001)
    await world.upload(b"a" * 1_100_000)
    with pytest.raises(PermissionDenied, match="quota_mb"):
        async with world.files.receive(HERE):
            pytest.fail("full: nothing is even received")
    assert len(world.store.contents) == 2 and await world.removals() == []
    await world.upload(workspace_id=ELSEWHERE)


async def test_quota_in_files_holds(world: World) -> None:
    for _ in range(LIMITS.workspace_files):
        file = await world.upload()
    with pytest.raises(PermissionDenied, match="quota_count"):
        await world.upload()
    await world.files.delete(HERE, file.id)
    await world.upload()


async def test_a_file_beyond_the_limit_is_refused_while_it_arrives(world: World) -> None:
    async with world.files.receive(HERE) as incoming:
        await incoming.write(b"a" * LIMITS.file_bytes)
        assert world.leftovers() != []  # on disk as it comes
        with pytest.raises(PayloadTooLarge):
            await incoming.write(b"a")
    assert world.leftovers() == []


@pytest.mark.parametrize("content", [b"", b"\x00\x01\x02"])
async def test_empty_and_unknown_files_leave_nothing(world: World, content: bytes) -> None:
    with pytest.raises(InvalidRequest):
        await world.upload(content)
    assert world.store.contents == set() and await world.removals() == []


async def test_uploads_at_once_are_bounded_for_each_workspace(world: World) -> None:
    opened = [world.files.receive(HERE) for _ in range(UPLOADS_AT_ONCE)]
    for upload in opened:
        await upload.__aenter__()
    with pytest.raises(RateLimited):
        await world.files.receive(HERE).__aenter__()
    await world.upload(workspace_id=ELSEWHERE)
    for upload in opened:
        await upload.__aexit__(None, None, None)
    await world.upload()


async def test_only_files_that_were_made_here_are_given_back(world: World) -> None:
    uploaded, made = await world.upload(), await world.upload(b"a" * 600_000, downloadable=True)
    with pytest.raises(InvalidRequest):
        await world.files.download(HERE, uploaded.id)
    file, pieces = await world.files.download(HERE, made.id)
    assert file == made
    assert b"".join([piece async for piece in pieces]) == b"a" * 600_000


async def test_a_content_that_somebody_took_away_is_as_unknown(world: World) -> None:
    file = await world.upload(downloadable=True)
    world.store.remove(file.id)
    with pytest.raises(NotFound):
        await world.files.content(file)
    with pytest.raises(NotFound):
        await world.files.download(HERE, file.id)
