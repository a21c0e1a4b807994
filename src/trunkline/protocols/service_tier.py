"""The tier that served an answer, as all formats tell it (inference.md 14)."""

from trunkline.core import json


def tier_json(served: str | None) -> bytes:
    """The tier, or null; what providers call `standard` is `default` here."""
    return json.encode("default" if served == "standard" else served or None)
