"""A file while it arrives."""

import os
import stat
from pathlib import Path

import pytest

from tests.sample_files import PDF
from trunkline.core.errors import PayloadTooLarge, ServiceUnavailable
from trunkline.files.incoming import PIECE_BYTES, Incoming


async def test_pieces_of_any_size_make_the_same_file(tmp_path: Path) -> None:
    content = PDF + os.urandom(2 * PIECE_BYTES + 17)
    for size in (1000, PIECE_BYTES, len(content)):
        incoming = Incoming(tmp_path / "folder" / "a", limit_bytes=len(content))
        for start in range(0, len(content), size):
            await incoming.write(content[start : start + size])
        assert await incoming.seal() == "application/pdf"
        assert incoming.path.read_bytes() == content and incoming.size_bytes == len(content)
        assert stat.S_IMODE(incoming.path.stat().st_mode) == 0o600
        await incoming.discard()
        assert not incoming.path.exists()


async def test_a_sealed_file_is_synced(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    synced: list[str] = []
    monkeypatch.setattr(os, "fsync", lambda descriptor: synced.append(os.readlink(f"/proc/self/fd/{descriptor}")))
    incoming = Incoming(tmp_path / "a", limit_bytes=100)
    await incoming.write(PDF)
    await incoming.seal()
    assert synced == [str(tmp_path / "a")]
    await incoming.discard()


async def test_nothing_is_on_disk_before_there_is_a_piece(tmp_path: Path) -> None:
    incoming = Incoming(tmp_path / "a", limit_bytes=PIECE_BYTES)
    await incoming.write(b"x" * (PIECE_BYTES - 1))
    assert not incoming.path.exists()
    await incoming.write(b"x")
    assert incoming.path.stat().st_size == PIECE_BYTES
    with pytest.raises(PayloadTooLarge):
        await incoming.write(b"x")
    await incoming.discard()


async def test_a_name_that_is_taken_is_never_written_to(tmp_path: Path) -> None:
    (tmp_path / "a").write_text("somebody's")
    incoming = Incoming(tmp_path / "a", limit_bytes=100)
    await incoming.write(PDF)
    with pytest.raises(ServiceUnavailable):
        await incoming.seal()
    await incoming.discard()
    assert (tmp_path / "a").read_text() == "somebody's"
