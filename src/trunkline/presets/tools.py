"""The tools of a preset and of a request as one list (routing-and-catalog.md 15.4 rule 5)."""

from collections.abc import Hashable, Sequence

import msgspec
from msgspec import Raw, Struct

from trunkline.core import json


class _Function(Struct, frozen=True):
    name: str | None = None


class _Parameters(Struct, frozen=True):
    name: str | None = None


class _Tool(Struct, frozen=True):
    type: str | None = None
    name: str | None = None
    function: _Function | None = None
    parameters: _Parameters | None = None


_NAMED_BY_PARAMETERS = frozenset({"openrouter:advisor", "openrouter:subagent", "advisor", "subagent"})
_tool = msgspec.json.Decoder(_Tool)
_sorted = msgspec.json.Encoder(order="sorted")


def united(preset: Sequence[Raw], request: Sequence[Raw]) -> Raw:
    """The preset's tools in their order, each replaced by the request's of the same identity; then the request's
    others."""
    tools = {_identity(tool): tool for tool in preset}
    tools.update((_identity(tool), tool) for tool in request)
    return json.raw(list(tools.values()))


def _identity(raw: Raw) -> Hashable:
    """What makes two entries the same tool: a function by its name, a server tool by its type."""
    try:
        tool = _tool.decode(raw)
    except msgspec.ValidationError:
        return _sorted.encode(json.value(raw))
    if tool.type in _NAMED_BY_PARAMETERS:
        name = tool.parameters.name if tool.parameters is not None else None
        return tool.type, (name or "").strip()
    if tool.function is not None and tool.function.name is not None:
        return "function", tool.function.name
    if tool.type in (None, "function", "custom"):
        return ("function", tool.name) if tool.name is not None else _sorted.encode(json.value(raw))
    return "type", tool.type
