"""What every file of the repository must be."""

import re
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
LINES_MAX = 400
_HOST = re.compile(r"https?://(?!127\.0\.0\.1|localhost)", re.IGNORECASE)
_MACHINE = re.compile(r"/(?:home|root|work|Users)/\w")


def tracked() -> list[Path]:
    names = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, check=True).stdout
    return [path for name in names.decode().split("\0") if name and (path := ROOT / name).is_file()]


def test_no_file_of_code_is_longer_than_one_can_hold_in_the_head() -> None:
    code = [path for path in tracked() if path.suffix in (".py", ".sh") and path.is_relative_to(ROOT / "src")]
    too_long = {
        str(path.relative_to(ROOT)): lines
        for path in code
        if (lines := path.read_text(encoding="utf-8").count("\n")) > LINES_MAX
    }
    assert not too_long


@pytest.mark.parametrize("name", [path.stem for path in sorted((ROOT / "requirements").glob("*.in"))])
def test_locks_are_pinned_hashed_and_name_no_host(name: str) -> None:
    text = (ROOT / "requirements" / f"{name}.txt").read_text(encoding="utf-8")
    assert not _HOST.search(text)
    assert "--index-url" not in text
    assert "--find-links" not in text
    entries = [line for line in text.splitlines() if line and not line.startswith((" ", "#"))]
    assert entries
    assert all(re.match(r"[a-z0-9-]+(\[[a-z,]+\])?==\S+ ", line) for line in entries)
    assert text.count("--hash=sha256:") >= len(entries)


def test_each_lock_contains_the_one_below_it() -> None:
    def pins(name: str) -> set[str]:
        text = (ROOT / "requirements" / f"{name}.txt").read_text(encoding="utf-8")
        return set(re.findall(r"^([a-z0-9-]+==\S+)", text, re.MULTILINE))

    assert pins("run") <= pins("test") <= pins("check")


def test_no_file_names_a_folder_of_somebodys_machine() -> None:
    """Tests may: they show that such paths do not leak."""
    found = [
        f"{path.relative_to(ROOT)}: {match[0]}"
        for path in tracked()
        if path.suffix in (".py", ".md", ".toml", ".sh", ".in", ".txt", "") and not path.is_relative_to(ROOT / "tests")
        for match in [_MACHINE.search(path.read_text(encoding="utf-8", errors="replace"))]
        if match
    ]
    assert not found


def test_decisions_have_numbers_of_their_own() -> None:
    numbers = [path.name[:4] for path in (ROOT / "docs" / "develop" / "decisions").glob("*.md")]
    assert sorted(numbers) == sorted(set(numbers))
