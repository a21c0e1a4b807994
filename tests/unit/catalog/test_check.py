from collections.abc import Callable
from pathlib import Path

import pytest

from trunkline.catalog.check import check
from trunkline.catalog.loader import data_folder, load_bundled
from trunkline.catalog.snapshot import compile_catalog


def test_bundled_catalog_may_be_shipped() -> None:
    assert [str(problem) for problem in check()] == []


def test_example_model_has_the_documented_price_and_facts() -> None:
    text = (data_folder() / "models.json").read_text()

    start = text.index('"id": "openai/gpt-5.4-mini"')
    assert '"prompt": "0.00000075", "completion": "0.0000045"' in text[start : start + 8_000]


@pytest.fixture
def broken(tmp_path: Path) -> Callable[[str, str, str], list[str]]:
    """The complaints about a copy of the files in which one text is replaced, once."""

    def complaints(name: str, old: str, new: str) -> list[str]:
        for file in ("models.json", "providers.json"):
            text = (data_folder() / file).read_text()
            if file == name:
                assert old in text
                text = text.replace(old, new, 1)
            (tmp_path / file).write_text(text)
        return [str(problem) for problem in check(tmp_path)]

    return complaints


Broken = Callable[[str, str, str], list[str]]


@pytest.mark.parametrize(
    ("name", "old", "new", "complaint"),
    [
        ("models.json", '"short_name":', '"shortname": "x", "short_name":', "unknown key 'shortname'"),
        ("models.json", '"operation": "chat"', '"operation": "chatter"', "Invalid enum value 'chatter'"),
        ("models.json", '"id": "ai21/jamba-large-1.7"', '"id": "jamba"', "is not of the form author/name"),
        ("models.json", '"schema_version": 1', '"schema_version": 2', "schema_version must be 1"),
        ("models.json", '"provider": "ai21"', '"provider": "ai22"', "unknown provider 'ai22'"),
        (
            "models.json",
            '"sources": {"name": ["openrouter"]',
            '"sources": {"name": ["rumour"]',
            "sources.name has unknown",
        ),
        ("models.json", '"variant": "free"', '"variant": "standard"', "costs nothing outside the free variant"),
        ("providers.json", '"slug": "anthropic"', '"slug": "openai"', "stands 2 times"),
        ("providers.json", '"zdr": true', '"zdr": false', "zdr disagrees"),
        ("providers.json", '"base_url": "https://api.openai.com/v1"', '"base_url": "ftp://x"', "must begin with http"),
        ("providers.json", '"headquarters": "US"', '"headquarters": "usa"', "no ISO 3166"),
    ],
)
def test_damage_is_noticed(broken: Broken, name: str, old: str, new: str, complaint: str) -> None:
    assert any(complaint in line for line in broken(name, old, new))


def test_unreadable_files_are_a_problem_not_a_crash(tmp_path: Path) -> None:
    assert [problem.where for problem in check(tmp_path)] == ["files"]


def test_gpt_4o_mini_does_not_reason() -> None:
    """One source said so, and a request that switched reasoning off was refused for it."""
    models = compile_catalog(load_bundled()).models
    assert models["openai/gpt-4o-mini"].reasoning is None
    assert "reasoning" not in models["openai/gpt-4o-mini"].supported_parameters
