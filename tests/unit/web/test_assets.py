"""What pages load: hashed addresses, compressed bodies, and no need of what Node builds."""

import gzip
from pathlib import Path

import pytest

from trunkline.web import assets as assets_module
from trunkline.web.assets import Assets, Chosen


def test_an_address_changes_with_the_content_and_only_then() -> None:
    assert Assets().stylesheets[0] == Assets().stylesheets[0]
    assert Assets().stylesheets[0] != Assets(brand_color="#123456").stylesheets[0]


def test_the_smallest_encoding_that_is_accepted_is_sent() -> None:
    assets = Assets()
    address = assets.stylesheets[0]
    plain, packed = assets.choose(address, ""), assets.choose(address, "deflate, gzip;q=0.8")
    assert isinstance(plain, Chosen) and isinstance(packed, Chosen)
    assert (plain.encoding, packed.encoding) == ("identity", "gzip")
    assert gzip.decompress(packed.body) == plain.body
    assert len(packed.body) < len(plain.body) / 3
    assert assets.choose("/static/nothing.css", "gzip") is None


def test_without_a_built_site_there_are_styles_and_no_scripts(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("styles", "static"):
        (tmp_path / name).mkdir()
        for file in (assets_module.HERE / name).iterdir():
            if file.is_file():
                (tmp_path / name / file.name).write_bytes(file.read_bytes())
    monkeypatch.setattr(assets_module, "HERE", tmp_path)
    assets = Assets()
    assert assets.script is None
    assert assets.stylesheets


def test_the_stylesheet_names_no_other_host_and_no_colour_of_its_own_outside_the_tokens() -> None:
    styles = assets_module.HERE / "styles"
    for file in styles.glob("*.css"):
        text = file.read_text(encoding="utf-8")
        assert "http" not in text
        assert "@import" not in text
