"""The site's own addresses and those of models do not meet (site.md SH-07)."""

import re
from pathlib import Path

import pytest

from trunkline import web
from trunkline.catalog.overrides import OverridesInvalid
from trunkline.catalog.snapshot import build_snapshot
from trunkline.catalog.vocabulary import RESERVED_AUTHORS
from trunkline.settings import Settings

PATH = re.compile(r'Route\(\s*"/([a-z0-9-]+)["/]')


def test_every_first_segment_of_a_route_is_reserved() -> None:
    """Those with a dot cannot be an author's name anyway."""
    sources = Path(web.__path__[0]).rglob("*.py")
    segments = {segment for file in sources for segment in PATH.findall(file.read_text(encoding="utf-8"))}
    assert {"models", "docs", "static"} <= segments
    assert segments <= RESERVED_AUTHORS


def test_a_model_of_a_reserved_author_is_refused(tmp_path: Path) -> None:
    entry = {"model": "docs/rocket", "provider": "acme", "base_url": "http://127.0.0.1:9/v1"}
    with pytest.raises(OverridesInvalid) as refused:
        build_snapshot(Settings(home=tmp_path, endpoints=(entry,)))
    assert "site's own addresses" in str(refused.value.findings)


def test_no_bundled_model_has_a_reserved_author(tmp_path: Path) -> None:
    authors = {model.author for model in build_snapshot(Settings(home=tmp_path)).models.values()}
    assert authors.isdisjoint(RESERVED_AUTHORS)
