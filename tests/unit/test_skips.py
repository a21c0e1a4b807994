"""The rule about skips, on a test session of its own."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]


@pytest.mark.parametrize(
    ("ci", "reason", "status"),
    [
        ("true", "there is no browser", 1),
        ("", "there is no browser", 0),
        ("true", "the recorded provider traffic is not beside this checkout", 0),
    ],
)
def test_a_skip_fails_the_session_in_ci_unless_its_reason_is_allowed(
    tmp_path: Path, ci: str, reason: str, status: int
) -> None:
    (tmp_path / "test_it.py").write_text(
        f"import pytest\n\n@pytest.mark.skip(reason={reason!r})\ndef test_in_a_browser(): ...\n\ndef test_fine(): ...\n"
    )
    environ = {**os.environ, "CI": ci, "PYTHONPATH": str(ROOT)}
    environ.pop("PYTEST_XDIST_WORKER", None)
    done = subprocess.run(
        [
            sys.executable,
            "-m",
            "pytest",
            "-q",
            "-p",
            "tests.skips",
            "-p",
            "no:cacheprovider",
            "--rootdir",
            str(tmp_path),
            ".",
        ],
        cwd=tmp_path,
        env=environ,
        capture_output=True,
        text=True,
    )
    assert done.returncode == status, done.stdout
    assert ("test_in_a_browser: " in done.stdout) == bool(status)
    assert "1 passed, 1 skipped" in done.stdout
