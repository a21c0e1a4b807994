"""The instance's secret."""

import stat
from pathlib import Path

import pytest

from trunkline.storage.key_file import FILE_NAME, KeyFileInvalid, derive, load_or_create


def test_first_start_makes_a_key_that_only_the_owner_reads(tmp_path: Path) -> None:
    (key,) = load_or_create(tmp_path / "home")
    path = tmp_path / "home" / FILE_NAME
    assert len(key) == 32
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert [entry.name for entry in path.parent.iterdir()] == [FILE_NAME]


def test_later_starts_read_the_same_key(tmp_path: Path) -> None:
    assert load_or_create(tmp_path) == load_or_create(tmp_path)


def test_damaged_file_is_refused_and_left_alone(tmp_path: Path) -> None:
    (tmp_path / FILE_NAME).write_text("not a key\n")
    with pytest.raises(KeyFileInvalid, match="Restore it from a backup"):
        load_or_create(tmp_path)
    assert (tmp_path / FILE_NAME).read_text() == "not a key\n"


def test_a_key_in_front_is_the_newest(tmp_path: Path) -> None:
    (old,) = load_or_create(tmp_path)
    path = tmp_path / FILE_NAME
    path.write_text(f"{'ab' * 32}\n{path.read_text()}")
    assert load_or_create(tmp_path) == (b"\xab" * 32, old)


def test_each_purpose_has_its_own_key() -> None:
    assert derive(b"k" * 32, "end-users") != derive(b"k" * 32, "credentials")
