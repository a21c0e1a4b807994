"""One suite for every place of contents: a folder, and a bucket of a real S3 server."""

import os
import stat
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
from msgspec import structs

from tests.fakes.s3 import BUCKET, S3Server
from trunkline.files.blob_store import BlobMissing, BlobStore, BlobStoreAway, BlobStoreFull
from trunkline.files.disk_blobs import DiskBlobs, told_of_disk
from trunkline.files.s3_blobs import S3Blobs

pytestmark = pytest.mark.filterwarnings("ignore:datetime.datetime.utcnow:DeprecationWarning")
ID = "or_file_1a204fd27343613c4e4b27c3f88ac"


@pytest.fixture(scope="module")
def s3() -> Iterator[S3Server]:
    with S3Server().serving() as server:
        yield server


@pytest.fixture(params=["disk", "s3"])
def store(request: pytest.FixtureRequest, tmp_path: Path) -> BlobStore:
    if request.param == "disk":
        return DiskBlobs(tmp_path / "files")
    server: S3Server = request.getfixturevalue("s3")
    return S3Blobs(server.settings(s3_prefix=f"{tmp_path.name}/"), BUCKET, connections=2)


def arrived(tmp_path: Path, content: bytes) -> Path:
    path = tmp_path / "arrived"
    path.write_bytes(content)
    return path


def content_of(store: BlobStore, blob_id: str) -> bytes:
    with closing(store.open(blob_id)) as reader:
        return reader.read()


def test_what_is_kept_can_be_read_until_it_is_removed(store: BlobStore, tmp_path: Path) -> None:
    content = os.urandom(300_000)
    store.keep(ID, arrived(tmp_path, content))
    assert content_of(store, ID) == content
    with closing(store.open(ID)) as reader:
        pieces = [reader.read(100_000) for _ in range(4)]
    assert pieces == [content[:100_000], content[100_000:200_000], content[200_000:], b""]
    store.remove(ID)
    with pytest.raises(BlobMissing):
        store.open(ID)


def test_removing_what_is_not_there_is_no_error(store: BlobStore) -> None:
    store.remove(ID)


def test_an_unknown_content_is_missing(store: BlobStore) -> None:
    with pytest.raises(BlobMissing):
        store.open(ID)


def test_files_of_the_folder_are_for_the_owner_only(tmp_path: Path) -> None:
    source = arrived(tmp_path, b"x")
    source.chmod(0o600)
    DiskBlobs(tmp_path / "files").keep(ID, source)
    kept = tmp_path / "files" / "ac" / ID
    assert kept.read_bytes() == b"x" and not source.exists()
    assert [stat.S_IMODE(path.stat().st_mode) for path in (kept, kept.parent, kept.parent.parent)] == [
        0o600, 0o700, 0o700,
    ]  # fmt: skip


def test_a_name_is_durable_before_its_file_is_told_of(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What the operating system is asked for, in this order: nothing else survives a power cut."""
    asked: list[str] = []
    sync, replace = os.fsync, os.replace

    def noting_sync(descriptor: int) -> None:
        asked.append(f"sync {os.path.basename(os.readlink(f'/proc/self/fd/{descriptor}'))}")
        sync(descriptor)

    def noting_replace(source: Path, target: Path) -> None:
        asked.append(f"rename to {target.name}")
        replace(source, target)

    monkeypatch.setattr(os, "fsync", noting_sync)
    monkeypatch.setattr(os, "replace", noting_replace)
    store = DiskBlobs(tmp_path / "files")
    store.keep(ID, arrived(tmp_path, b"x"))
    assert asked == [f"sync {tmp_path.name}", "sync files", f"rename to {ID}", "sync ac"]
    asked.clear()
    store.remove(ID)
    assert asked == ["sync ac"]


@pytest.mark.parametrize(("number", "told"), [
    (28, BlobStoreFull), (122, BlobStoreFull), (5, BlobStoreAway), (13, BlobStoreAway), (2, BlobMissing),
])  # fmt: skip
def test_what_the_operating_system_says_is_told_in_three_words(number: int, told: type[Exception]) -> None:
    with pytest.raises(told), told_of_disk():
        raise OSError(number, os.strerror(number))


def test_a_disk_without_room_is_full(tmp_path: Path) -> None:
    """`/dev/full` answers every write with ENOSPC."""
    with pytest.raises(BlobStoreFull), told_of_disk(), open("/dev/full", "wb", buffering=0) as full:
        full.write(b"x")


def test_a_bucket_that_fails_is_away_after_three_tries(s3: S3Server, tmp_path: Path) -> None:
    store = S3Blobs(s3.settings(), BUCKET, connections=1)
    s3.down, s3.requests = True, []
    try:
        with pytest.raises(BlobStoreAway):
            store.keep(ID, arrived(tmp_path, b"x"))
        assert s3.requests == [f"PUT /{BUCKET}/files/{ID}"] * 3
        with pytest.raises(BlobStoreAway):
            store.open(ID)
    finally:
        s3.down = False


def test_another_key_is_refused(s3: S3Server, tmp_path: Path) -> None:
    settings = structs.replace(s3.settings(), s3_access_key_id="AKIAWRONG")
    wrong = S3Blobs(settings, BUCKET, connections=1)
    with pytest.raises(BlobStoreAway, match="403"):
        wrong.keep(ID, arrived(tmp_path, b"x"))


def test_a_bucket_that_does_not_exist_is_away_and_nothing_is_missing(s3: S3Server) -> None:
    with pytest.raises(BlobStoreAway, match="NoSuchBucket"):
        S3Blobs(s3.settings(), "elsewhere", connections=1).open(ID)


def test_nobody_listening_is_away(tmp_path: Path) -> None:
    with S3Server().serving() as gone:
        settings = gone.settings()
    with pytest.raises(BlobStoreAway):
        S3Blobs(settings, BUCKET, connections=1).keep(ID, arrived(tmp_path, b"x"))
