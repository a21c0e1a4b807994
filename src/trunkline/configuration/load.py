"""Defaults < file < environment < command line, as one `Settings` (OP-20)."""

import re
import tomllib
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Literal

from msgspec import Struct
from msgspec.structs import replace

from trunkline.configuration.environment import read_variables
from trunkline.configuration.errors import ConfigurationInvalid, Finding, KeyPath, Problem, dotted
from trunkline.configuration.expansion import Expansion, TomlValue
from trunkline.configuration.files import find_file, home_folder
from trunkline.configuration.positions import key_positions
from trunkline.configuration.rules import broken_rules
from trunkline.configuration.shape import CATALOG_LISTS, PROVIDERS, sections
from trunkline.configuration.validation import converted, faults
from trunkline.core.json import JsonValue
from trunkline.settings import ProviderSettings, Settings

SourceKind = Literal["default", "file", "environment", "command line"]

_TOML_LINE = re.compile(r"(.*) \(at line (\d+), column \d+\)$", re.DOTALL)


class Source(Struct, frozen=True):
    """Where a value came from: `trunkline.toml:12`, a variable's name, `--port`."""

    kind: SourceKind
    where: str


DEFAULT = Source("default", "")


class Loaded(Struct, frozen=True, kw_only=True):
    """The effective settings and where each came from."""

    settings: Settings
    path: Path | None
    """The file that was read, None when there is none."""
    sources: Mapping[KeyPath, Source]
    """Everything that is not a default, by path."""

    def source(self, path: KeyPath) -> Source:
        """Where the value at `path` came from. A variable that holds a whole table is the source of all in it."""
        exact = self.sources.get(path)
        if exact is not None:
            return exact
        around = _nearest(self.sources, path)
        return DEFAULT if around.kind == "file" else around

    def invalid(self, findings: Sequence[Finding]) -> ConfigurationInvalid:
        """An error for what was found wrong later (by the catalog, say), with the place where it was written."""
        return _invalid(self.sources, findings)


def load(environ: Mapping[str, str], config_path: Path | None, overrides: Mapping[KeyPath, JsonValue]) -> Loaded:
    """Read, merge and check everything. Raises ConfigurationInvalid with all problems that were found.

    `overrides` come from the command line: path → value of the setting's own type.
    """
    home = home_folder(environ)
    path = find_file(environ, home, config_path, Path.cwd())
    merged = _Merged()
    if path is not None:
        merged.add_file(path, environ)
    variables, problems = read_variables(environ)
    merged.problems += problems
    for variable in variables:
        merged.put(variable.path, variable.value, Source("environment", variable.name), textual=True)
    for key, value in overrides.items():
        merged.put(key, value, Source("command line", f"--{key[-1]}"), textual=False)

    findings = [*merged.findings, *faults(merged.tree, merged.textual)]
    if merged.problems or findings:
        found = _invalid(merged.sources, findings).problems
        raise ConfigurationInvalid([*merged.problems, *found])
    settings = _settings(home, merged.tree)
    broken = list(broken_rules(settings))
    if broken:
        raise _invalid(merged.sources, broken)
    return Loaded(settings=settings, path=path, sources=merged.sources)


class _Merged:
    """The layers laid over one another, before anything is known to be right."""

    def __init__(self) -> None:
        self.tree: dict[str, JsonValue] = {}
        self.sources: dict[KeyPath, Source] = {}
        self.textual: set[KeyPath] = set()
        self.findings: list[Finding] = []
        self.problems: list[Problem] = []

    def add_file(self, path: Path, environ: Mapping[str, str]) -> None:
        text, parsed = _read(path)
        expansion = Expansion(environ)
        self.tree = expansion.table(parsed)
        self.textual |= expansion.expanded
        self.findings += expansion.findings
        self.sources |= {key: Source("file", f"{path}:{line}") for key, line in key_positions(text).items()}

    def put(self, path: KeyPath, value: JsonValue, source: Source, *, textual: bool) -> None:
        """Lay one value over what is there, and forget where the old one came from."""
        table = self.tree
        *parents, name = (str(part) for part in path)
        for parent in parents:
            inner = table.setdefault(parent, {})
            if not isinstance(inner, dict):
                inner = table[parent] = {}
            table = inner
        table[name] = value
        for old in [key for key in self.sources if key[: len(path)] == path]:
            del self.sources[old]
        self.sources[path] = source
        (self.textual.add if textual else self.textual.discard)(path)


def _read(path: Path) -> tuple[str, dict[str, TomlValue]]:
    try:
        text = path.read_text(encoding="utf-8")
    except UnicodeDecodeError as error:
        raise ConfigurationInvalid([Problem(str(path), "", f"is not UTF-8 text: byte {error.start}")]) from None
    except OSError as error:
        raise ConfigurationInvalid([Problem(str(path), "", f"cannot be read: {error.strerror}")]) from None
    try:
        return text, tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        match = _TOML_LINE.match(str(error))
        line = int(match[2]) if match else text.count("\n") + 1
        message = match[1] if match else str(error)
        raise ConfigurationInvalid([Problem(f"{path}:{line}", "", f"is not valid TOML: {message}")]) from None


def _settings(home: Path, tree: Mapping[str, JsonValue]) -> Settings:
    """The frozen tree. Sections are converted one by one: `models` and `endpoints` stay as they are."""
    known = sections()
    values: dict[str, object] = {name: converted(known[name], tree[name]) for name in known if name in tree}
    providers = tree.get(PROVIDERS)
    if isinstance(providers, dict):
        values[PROVIDERS] = {slug: converted(ProviderSettings, table) for slug, table in providers.items()}
    for name in CATALOG_LISTS:
        items = tree.get(name)
        if isinstance(items, list):
            values[name] = tuple(items)
    return replace(Settings(home=home), **values)


def _nearest(sources: Mapping[KeyPath, Source], path: KeyPath) -> Source:
    """The source of the value, or of the innermost table around it: the place to look at."""
    for length in range(len(path), 0, -1):
        source = sources.get(path[:length])
        if source is not None:
            return source
    return DEFAULT


def _invalid(sources: Mapping[KeyPath, Source], findings: Sequence[Finding]) -> ConfigurationInvalid:
    problems = [Problem(_nearest(sources, found.path).where, dotted(found.path), found.message) for found in findings]
    return ConfigurationInvalid(problems)
