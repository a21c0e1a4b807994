"""JSON values as YAML 1.2, for readers of `/openapi.yaml`: blocks for lists and objects, JSON for everything else."""

import re
from collections.abc import Iterator

from trunkline.core.json import JsonValue, encode

_PLAIN_KEY = re.compile(r"[A-Za-z_$][A-Za-z0-9_$-]*")
_NOT_PLAIN = frozenset({"true", "false", "null", "yes", "no", "on", "off", "y", "n"})
"""Words that some readers take for something else than a text."""


def to_yaml(value: JsonValue) -> str:
    """One document."""
    return "".join(f"{line}\n" for line in _lines(value))


def _lines(value: JsonValue) -> Iterator[str]:
    match value:
        case dict() if value:
            for name, member in value.items():
                yield from _entry(f"{_key(name)}:", member)
        case list() if value:
            for member in value:
                yield from _entry("-", member)
        case _:
            yield encode(value).decode()


def _entry(head: str, member: JsonValue) -> Iterator[str]:
    if isinstance(member, dict | list) and member:
        yield head
        for line in _lines(member):
            yield f"  {line}"
    else:
        yield f"{head} {encode(member).decode()}"


def _key(name: str) -> str:
    return name if _PLAIN_KEY.fullmatch(name) and name.lower() not in _NOT_PLAIN else encode(name).decode()
