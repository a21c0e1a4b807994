"""Recorded traffic of real providers. It is not part of the repository: tests that need it are skipped without it."""

import functools
import gzip
from pathlib import Path
from typing import Any

import msgspec
import pytest


def recorded_dir() -> Path | None:
    """The directory of recordings beside the checkout, None where there is none."""
    path = Path(__file__).resolve().parents[1].parent / "shared" / "recorded"
    return path if path.is_dir() else None


requires_recorded = pytest.mark.skipif(
    recorded_dir() is None, reason="the recorded provider traffic is not beside this checkout"
)


@functools.cache
def exchanges(file_name: str) -> tuple[dict[str, Any], ...]:
    """The exchanges of one recording file, parsed once per session; none without the recordings."""
    directory = recorded_dir()
    if directory is None:
        return ()
    with gzip.open(directory / file_name, "rb") as lines:
        return tuple(msgspec.json.decode(line) for line in lines)
