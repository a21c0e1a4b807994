"""`TRUNKLINE_SECTION__NAME`: every setting as an environment variable (OP-20)."""

import tomllib
from collections.abc import Mapping

import msgspec
from msgspec import Struct

from trunkline.configuration.errors import KeyPath, Problem
from trunkline.configuration.shape import (
    CATALOG_LISTS,
    PROVIDERS,
    TypeHint,
    hints,
    is_compound,
    nearest,
    sections,
    top_level_names,
)
from trunkline.core import json
from trunkline.core.json import JsonValue
from trunkline.settings import ProviderSettings, Settings

PREFIX = "TRUNKLINE_"
_SLUG_SEPARATORS = str.maketrans("_", "-")


class Variable(Struct, frozen=True):
    """A setting that the environment holds."""

    name: str
    path: KeyPath
    value: JsonValue


def read_variables(environ: Mapping[str, str]) -> tuple[list[Variable], list[Problem]]:
    """The settings among the variables, and what is wrong with them. An empty variable counts as absent.

    Names without `__` (TRUNKLINE_HOME, and what a container platform adds by itself) are none of our settings,
    unless they are one spelled with a single underscore.
    """
    variables: list[Variable] = []
    problems: list[Problem] = []
    for name in sorted(environ):
        text = environ[name]
        if not name.startswith(PREFIX) or not text:
            continue
        parts = name.removeprefix(PREFIX).lower().split("__")
        if len(parts) == 1 and parts[0] not in CATALOG_LISTS:
            problems += _single_underscore(name, parts[0])
            continue
        found = _resolve(parts)
        if isinstance(found, str):
            problems.append(Problem(name, "", found))
            continue
        path, hint = found
        try:
            variables.append(Variable(name, path, _parse(text, hint)))
        except ValueError as error:
            problems.append(Problem(name, "", f"must be a list or table in TOML or JSON: {error}"))
    return variables, problems


def _resolve(parts: list[str]) -> tuple[KeyPath, TypeHint] | str:
    """Path and type of a setting, or the sentence that says why there is none."""
    section, *rest = parts
    structs = sections()
    if section in CATALOG_LISTS and not rest:
        return (section,), hints(Settings)[section]
    if section == PROVIDERS:
        if len(rest) != 2:
            return f"a provider's setting is spelled {PREFIX}PROVIDERS__<SLUG>__<NAME>"
        slug, name = rest
        return _field(ProviderSettings, (section, slug.translate(_SLUG_SEPARATORS)), name)
    if section not in structs:
        return f"there is no section {section}{nearest(section, top_level_names())}"
    if len(rest) != 1:
        return f"a setting of this section is spelled {PREFIX}{section.upper()}__<NAME>"
    return _field(structs[section], (section,), rest[0])


def _field(struct: type[Struct], path: KeyPath, name: str) -> tuple[KeyPath, TypeHint] | str:
    fields = hints(struct)
    if name not in fields:
        return f"there is no setting {name} in {path[0]}{nearest(name, list(fields))}"
    return (*path, name), fields[name]


def _parse(text: str, hint: TypeHint) -> JsonValue:
    """Lists and tables are written as TOML or JSON; everything else stays text until its type is known."""
    if not is_compound(hint):
        return text
    try:
        return json.value(text.encode())
    except msgspec.DecodeError:
        value: JsonValue = tomllib.loads(f"value = {text}")["value"]
        return value


def _single_underscore(name: str, rest: str) -> list[Problem]:
    for section, struct in sections().items():
        setting = rest.removeprefix(f"{section}_")
        if setting != rest and setting in hints(struct):
            meant = f"{PREFIX}{section.upper()}__{setting.upper()}"
            return [Problem(name, "", f"has one underscore between section and name; did you mean {meant}?")]
    return []
