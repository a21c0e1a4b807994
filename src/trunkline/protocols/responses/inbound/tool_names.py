"""Names of tools here and in the hub, which has functions only (inference.md 17.2).

A custom tool is a function with one text, a tool of a namespace one with a longer name. `ToolNames` knows the way
there and, when the model has called one, the way back.
"""

from typing import Final

from msgspec import Struct

CUSTOM_INPUT: Final = "input"
"""The member that holds the text of a custom tool's call."""
NAME_CHARS_MAX: Final = 64


class ToolName(Struct, frozen=True):
    """How the caller names a tool."""

    name: str
    namespace: str | None = None
    is_custom: bool = False

    @property
    def hub_name(self) -> str:
        """The function that stands for it."""
        if self.namespace is None:
            return self.name
        joint = "" if self.namespace.endswith("__") else "__"
        return f"{self.namespace}{joint}{self.name}"[-NAME_CHARS_MAX:]


class ToolNames:
    """The tools of one request that are more than functions."""

    __slots__ = ("_by_hub_name",)

    def __init__(self) -> None:
        self._by_hub_name: dict[str, ToolName] = {}

    def add(self, tool: ToolName) -> None:
        if tool.is_custom or tool.namespace is not None:
            self._by_hub_name[tool.hub_name] = tool

    def of_hub(self, name: str) -> ToolName:
        """What the caller knows as the function `name`."""
        return self._by_hub_name.get(name) or ToolName(name)

    def hub_name_of(self, name: str) -> str | None:
        """The function of a tool that is named without its namespace; None when there is none."""
        return next((hub for hub, tool in self._by_hub_name.items() if tool.name == name), None)
