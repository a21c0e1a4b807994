"""A tree of plain values against the types of `settings/`: every fault is found, not the first one only."""

from collections.abc import Collection, Iterator, Mapping
from typing import TypeVar

import msgspec
from msgspec import Struct

from trunkline.configuration.errors import Finding, KeyPath
from trunkline.configuration.shape import (
    CATALOG_LISTS,
    PROVIDERS,
    TypeHint,
    choices,
    hints,
    is_struct,
    item_struct,
    marks,
    nearest,
    sections,
    top_level_names,
)
from trunkline.core.json import JsonValue
from trunkline.settings import ProviderSettings

S = TypeVar("S", bound=Struct)

_NAMES = {str: "text", int: "a whole number", float: "a number", bool: "true or false", dict: "a table", list: "a list"}
_PLAIN_NAMES = {
    "`str | null`": "text",
    "`str`": "text",
    "`int`": "a whole number",
    "`float | null`": "a number",
    "`float`": "a number",
    "`bool | null`": "true or false",
    "`bool`": "true or false",
    "`array`": "a list",
    "`array | null`": "a list",
    "`object`": "a table",
}


def faults(tree: Mapping[str, JsonValue], textual: Collection[KeyPath]) -> Iterator[Finding]:
    """What is wrong with the tree. `textual` are the values that came as text (a variable, an expanded string):
    there `"8080"` is a number."""
    known = sections()
    for name, value in tree.items():
        path: KeyPath = (name,)
        if name in known:
            yield from _struct_faults(known[name], value, path, textual)
        elif name == PROVIDERS:
            yield from _provider_faults(value, path, textual)
        elif name in CATALOG_LISTS:
            yield from _list_of_tables_faults(value, path)
        else:
            yield Finding(path, f"unknown section{nearest(name, top_level_names())}")


def converted(struct: type[S], value: JsonValue) -> S:
    """The Struct of a section in which `faults` found nothing. Numbers may stand as text."""
    return msgspec.convert(value, struct, strict=False)


def _struct_faults(
    struct: type[Struct], value: JsonValue, path: KeyPath, textual: Collection[KeyPath]
) -> Iterator[Finding]:
    if not isinstance(value, dict):
        yield Finding(path, f"must be a table, not {_kind(value)}")
        return
    fields = hints(struct)
    for name, member in value.items():
        if name not in fields:
            yield Finding((*path, name), f"unknown setting{nearest(name, list(fields))}")
        else:
            yield from _value_faults(fields[name], member, (*path, name), textual)
    for field in msgspec.structs.fields(struct):
        if field.required and field.name not in value:
            yield Finding(path, f'"{field.name}" is missing')


def _value_faults(hint: TypeHint, value: JsonValue, path: KeyPath, textual: Collection[KeyPath]) -> Iterator[Finding]:
    item = item_struct(hint)
    if item is not None and isinstance(value, list):
        for index, member in enumerate(value):
            yield from _struct_faults(item, member, (*path, index), textual)
        return
    if is_struct(hint):
        yield from _struct_faults(hint, value, path, textual)
        return
    possible = choices(hint)
    if possible and value not in possible and not (path in textual and str(value) in map(str, possible)):
        yield Finding(path, f"{_shown(value)} is none of {', '.join(map(str, possible))}")
        return
    try:
        msgspec.convert(value, hint, strict=path not in textual)
    except msgspec.ValidationError as error:
        yield Finding(path, _plain(error) + ("" if marks(hint) else f"; it is {_shown(value)}"))


def _provider_faults(value: JsonValue, path: KeyPath, textual: Collection[KeyPath]) -> Iterator[Finding]:
    if not isinstance(value, dict):
        yield Finding(path, f"must be tables [providers.<slug>], not {_kind(value)}")
        return
    for slug, table in value.items():
        yield from _struct_faults(ProviderSettings, table, (*path, slug), textual)


def _list_of_tables_faults(value: JsonValue, path: KeyPath) -> Iterator[Finding]:
    if not isinstance(value, list):
        yield Finding(path, f"must be a list of tables: write [[{path[0]}]] with two brackets")
        return
    for index, item in enumerate(value):
        if not isinstance(item, dict):
            yield Finding((*path, index), f"must be a table, not {_kind(item)}")


def _kind(value: JsonValue) -> str:
    return "nothing" if value is None else _NAMES[type(value)]


def _shown(value: JsonValue) -> str:
    match value:
        case str():
            return f'"{value}"'
        case bool() | dict() | list() | None:
            return _kind(value)
        case _:
            return str(value)


def _plain(error: msgspec.ValidationError) -> str:
    """msgspec's sentence without its own path notation: ours is dotted and stands before it."""
    sentence = str(error).split(" - at `")[0]
    for technical, plain in _PLAIN_NAMES.items():
        sentence = sentence.replace(technical, plain)
    return sentence[0].lower() + sentence[1:]
