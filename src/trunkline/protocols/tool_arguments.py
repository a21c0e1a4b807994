"""The arguments of a call in the history, for formats that want a JSON object there (inference.md 8.4)."""

import msgspec
from msgspec import Raw

from trunkline.core import json

_EMPTY_OBJECT = Raw(b"{}")
_raw = msgspec.json.Decoder(Raw)


def arguments_object(arguments: str) -> Raw:
    """The model's JSON object as it wrote it; what is no object is wrapped in one, and nothing is `{}`."""
    if not arguments.strip():
        return _EMPTY_OBJECT
    data = arguments.encode("utf-8", "replace")
    try:
        value = _raw.decode(data)
    except (msgspec.DecodeError, RecursionError):
        return json.raw({"raw_arguments": arguments})
    return value if bytes(value).lstrip().startswith(b"{") else json.raw({"value": value})
