"""The documentation says what the program does: every setting, every command, every link."""

import json
import re
import tomllib
from pathlib import Path

import click
import msgspec
import pytest

from trunkline.catalog.snapshot import build_snapshot
from trunkline.cli.main import cli
from trunkline.configuration.load import load
from trunkline.configuration.schema import descriptions, file_schema
from trunkline.configuration.shape import CATALOG_LISTS, hints, sections
from trunkline.settings import ProviderSettings, Settings

ROOT = Path(__file__).resolve().parents[2]
PAGES = sorted([*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md")])
_LINK = re.compile(r"\[[^\]]+\]\(([^)\s]+)\)")
_BLOCK = re.compile(r"```(\w+)\n(.*?)```", re.DOTALL)

TABLES: dict[str, type[msgspec.Struct]] = {**sections(), "providers.<slug>": ProviderSettings}


def text_of(page: str) -> str:
    return (ROOT / page).read_text(encoding="utf-8")


def blocks(page: str, language: str) -> list[str]:
    return [body for name, body in _BLOCK.findall(text_of(page)) if name == language]


def anchors(page: Path) -> set[str]:
    """As GitHub makes them of headings."""
    headings = re.findall(r"^#+ (.+)$", page.read_text(encoding="utf-8"), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


def leaves(group: click.Command, words: tuple[str, ...] = ()) -> list[str]:
    if not isinstance(group, click.Group):
        return [" ".join(words)]
    context = click.Context(group)
    commands = ((name, group.get_command(context, name)) for name in group.list_commands(context))
    return [leaf for name, command in commands if command is not None for leaf in leaves(command, (*words, name))]


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_every_link_leads_somewhere(page: Path) -> None:
    for link in _LINK.findall(page.read_text(encoding="utf-8")):
        if "://" in link:
            continue
        name, _, anchor = link.partition("#")
        target = (page.parent / name).resolve() if name else page
        assert target.exists(), link
        if anchor:
            assert anchor in anchors(target), link


@pytest.mark.parametrize("section", TABLES)
def test_every_setting_is_documented_with_its_default_and_its_sentence(section: str) -> None:
    page = text_of("docs/guide/configuration.md")
    table = page[page.index(f"### [{section}]\n") :].split("\n### ", 2)[0]
    rows = {row.split("|")[1].strip(" `"): row for row in table.splitlines() if row.startswith("| `")}
    struct = TABLES[section]
    assert list(rows) == list(hints(struct))
    for field in msgspec.structs.fields(struct):
        assert descriptions().get(f"{struct.__name__}.{field.name}"), f"{field.name} has no docstring"
        default = field.default
        if default is not msgspec.NODEFAULT and default is not None and not isinstance(default, tuple):
            shown = json.dumps(int(default) if isinstance(default, float) and default == int(default) else default)
            assert f"`{shown}`" in rows[field.name]


def test_the_lists_of_the_catalog_are_documented() -> None:
    for name in CATALOG_LISTS:
        assert f"[[{name}]]" in text_of("docs/guide/configuration.md")


def test_the_published_schema_is_the_current_one() -> None:
    """`trunkline config schema > docs/trunkline.schema.json` writes it."""
    published = json.loads(text_of("docs/trunkline.schema.json"))
    assert published == msgspec.json.decode(msgspec.json.encode(file_schema()))


def test_every_command_is_documented_and_every_documented_command_exists() -> None:
    page = text_of("docs/operate/commands.md")
    assert set(re.findall(r"^\| `trunkline ([a-z -]+)` \|", page, re.MULTILINE)) == set(leaves(cli))


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_every_command_that_a_page_shows_exists(page: Path) -> None:
    known = leaves(cli)
    for words in re.findall(
        r"(?:^|`|\s)trunkline ((?:[a-z]+ ?)+)",
        "\n".join(re.findall(r"`[^`]+`|```.+?```", page.read_text(encoding="utf-8"), re.DOTALL)),
    ):
        assert any(words.strip().startswith(command) or command.startswith(words.strip()) for command in known), words


@pytest.mark.parametrize("page", ["README.md", "docs/guide/configuration.md", "docs/guide/providers.md"])
def test_examples_of_the_configuration_load(page: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    examples = blocks(page, "toml")
    assert examples
    for example in examples:
        tomllib.loads(example)
        (tmp_path / "trunkline.toml").write_text(example, encoding="utf-8")
        load({"TRUNKLINE_HOME": str(tmp_path)}, None, {})


def test_the_readme_counts_what_the_catalog_has(tmp_path: Path) -> None:
    catalog = build_snapshot(Settings(home=tmp_path))
    counts = f"{len(catalog.models)} models of {len(catalog.providers)} providers"
    assert counts in " ".join(text_of("README.md").split())


def test_the_readme_has_the_configuration_in_ten_lines() -> None:
    (example,) = blocks("README.md", "toml")
    assert len(example.splitlines()) <= 10


def test_every_dependency_has_its_reason() -> None:
    page = text_of("docs/develop/decisions/0002-dependencies.md")
    for file in ("run.in", "test.in", "check.in"):
        for line in text_of(f"requirements/{file}").splitlines():
            name = re.match(r"[a-z][a-z0-9-]*", line)
            assert name is None or name[0] in page, line


def test_what_the_program_imports_is_what_its_package_requires() -> None:
    project = tomllib.loads(text_of("pyproject.toml"))
    required = {re.split(r"[\[><=;]", name)[0].strip() for name in project["project"]["dependencies"]}
    build = {"hatchling", "editables"}
    listed = {
        re.split(r"[\[;]", line)[0].strip()
        for line in text_of("requirements/run.in").splitlines()
        if not line.startswith("#")
    }
    assert required == listed - build
