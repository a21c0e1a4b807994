"""The fields of an operator's entry, each converted to the type that the catalog gives it."""

from collections.abc import Mapping
from functools import cache
from typing import get_type_hints

import msgspec
from msgspec import Struct

from trunkline.catalog.entries import DOCUMENTING_KEYS
from trunkline.catalog.vocabulary import nearest
from trunkline.configuration.errors import Finding, KeyPath
from trunkline.core.json import JsonValue

Fields = dict[str, object]
"""Field name → value of the field's type."""


def given_fields(
    entry_type: type[Struct],
    given: Mapping[str, JsonValue],
    path: KeyPath,
    findings: list[Finding],
    *,
    allowed: frozenset[str] = frozenset(),
    refused: Mapping[str, str] = {},
) -> Fields:
    """What was given, by field. Unknown keys and wrong types become findings and are left out.

    `allowed` are keys that the caller reads itself; `refused` are fields that cannot be set here, with the reason.
    """
    hints = _hints(entry_type)
    fields: Fields = {}
    for key, value in given.items():
        if key in refused:
            findings.append(Finding((*path, key), refused[key]))
        elif key in hints:
            try:
                fields[key] = msgspec.convert(value, hints[key])
            except msgspec.ValidationError as error:
                findings.append(Finding((*path, key), str(error)))
        elif key not in allowed and key not in DOCUMENTING_KEYS:
            findings.append(Finding((*path, key), f"unknown key{nearest(key, (*hints, *allowed))}"))
    return fields


@cache
def _hints(entry_type: type[Struct]) -> Mapping[str, object]:
    return get_type_hints(entry_type)
