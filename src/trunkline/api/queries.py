"""Query parameters that several operations take alike (VAL-05). Each raises InvalidRequest naming the parameter."""

import re
from collections.abc import Mapping
from typing import Final

from trunkline.api.bodies import Issue, invalid
from trunkline.api.operations import Parameter

WORKSPACE: Final = Parameter(name="workspace_id", description="Of this workspace; the default one if absent")

_NUMBER: Final = re.compile(r"\d{1,9}", re.ASCII)
_UUID: Final = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.ASCII | re.IGNORECASE)


def offset(query: Mapping[str, str]) -> int:
    """Absent, empty and `null` are 0."""
    text = query.get("offset", "")
    if text in ("", "null"):
        return 0
    if _NUMBER.fullmatch(text) is None:
        raise invalid([Issue("offset", "must be a whole number from 0 to 999999999")])
    return int(text)


def workspace_id(text: str | None) -> str | None:
    """A workspace's id as it is stored; None where none was given."""
    if text is None:
        return None
    if _UUID.fullmatch(text) is None:
        raise invalid([Issue("workspace_id", "must be a UUID")])
    return text.lower()


def flag(name: str, query: Mapping[str, str]) -> bool:
    """False if absent."""
    text = query.get(name, "false")
    if text not in ("true", "false"):
        raise invalid([Issue(name, 'must be "true" or "false"')])
    return text == "true"
