"""A whole instance that keeps its files in a bucket."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.fakes.s3 import BUCKET, S3Server
from tests.instance import Instance
from tests.sample_files import PDF

pytestmark = pytest.mark.filterwarnings("ignore:datetime.datetime.utcnow:DeprecationWarning")


@pytest.fixture
def s3() -> Iterator[S3Server]:
    with S3Server().serving() as server:
        yield server


async def test_files_live_and_die_in_the_bucket(s3: S3Server, tmp_path: Path) -> None:
    async with Instance(tmp_path, files=s3.settings()) as instance:
        made = (await instance.client.post("/files", files={"file": ("a.pdf", PDF)})).json()
        assert f"PUT /{BUCKET}/files/{made['id']}" in s3.requests
        assert [path for path in (tmp_path / "files").rglob("*") if path.is_file()] == []
        assert (await instance.client.delete(f"/files/{made['id']}")).status_code == 200
        assert f"DELETE /{BUCKET}/files/{made['id']}" in s3.requests


async def test_a_bucket_that_is_away_is_503_and_leaves_no_file(s3: S3Server, tmp_path: Path) -> None:
    async with Instance(tmp_path, files=s3.settings()) as instance:
        s3.down = True
        answer = await instance.client.post("/files", files={"file": ("a.pdf", PDF)})
        assert answer.status_code == 503
        assert s3.url not in answer.text and BUCKET not in answer.text
        assert (await instance.client.get("/files")).json()["data"] == []
        s3.down = False
        assert (await instance.client.post("/files", files={"file": ("a.pdf", PDF)})).status_code == 200
