"""`tools` and `tool_choice` (inference.md 8.1, 17.1, 17.5): as the hub's functions, and what only this format has."""

from typing import Annotated, Final, Literal, TypeAlias

import msgspec
from msgspec import Meta, Raw, Struct, structs

from trunkline.core import json
from trunkline.core.errors import InvalidRequest
from trunkline.protocols.requests import FunctionTool, NamedToolChoice, ToolChoice
from trunkline.protocols.responses.inbound.tool_names import CUSTOM_INPUT, ToolName, ToolNames
from trunkline.protocols.validation import ParseLimits, check_nesting, decode, invalid, is_object, is_string, text_of
from trunkline.protocols.wire_types import EMPTY, Name

WEB_SEARCHES: Final = frozenset(
    {"web_search", "web_search_preview", "web_search_preview_2025_03_11", "web_search_2025_08_26"}
)
_NEEDLESS: Final = frozenset({"tool_search", "image_generation"})
"""Left out for other upstreams: they are sent every tool anyway, and answer with images if they can."""
_INPUT_SCHEMA: Final = json.raw(
    {
        "type": "object",
        "properties": {CUSTOM_INPUT: {"type": "string"}},
        "required": [CUSTOM_INPUT],
        "additionalProperties": False,
    }
)


class _ToolHead(Struct, frozen=True, gc=False):
    type: str


class _Function(Struct, frozen=True, gc=False):
    name: Name
    description: str | None = None
    parameters: Raw = EMPTY
    strict: bool | None = None


class _Grammar(Struct, frozen=True, gc=False):
    type: str
    syntax: str | None = None
    definition: str | None = None


class _Custom(Struct, frozen=True, gc=False):
    name: Name
    description: str | None = None
    format: _Grammar | None = None


class _Namespace(Struct, frozen=True, gc=False):
    name: Annotated[str, Meta(min_length=1, max_length=64)]
    tools: list[Raw]


class _Choice(Struct, frozen=True, gc=False):
    type: str
    name: str | None = None
    namespace: str | None = None
    mode: Literal["auto", "required"] = "auto"
    tools: list["_Choice"] = []


_raws = msgspec.json.Decoder(list[Raw])
_head = msgspec.json.Decoder(_ToolHead)
_function = msgspec.json.Decoder(_Function)
_custom = msgspec.json.Decoder(_Custom)
_namespace = msgspec.json.Decoder(_Namespace)
WireChoice: TypeAlias = str | _Choice
_choice: msgspec.json.Decoder[WireChoice] = msgspec.json.Decoder(WireChoice)


class ToolReader:
    """The tools of one request, wherever in it they stand."""

    def __init__(self, limits: ParseLimits) -> None:
        self._limits = limits
        self._functions: dict[str, FunctionTool] = {}
        self.names = ToolNames()
        self.web_search: Raw = EMPTY
        """The options of the upstream's own search, where one is asked for."""
        self.only_here: str | None = None
        """The type of a tool that no other upstream format has."""
        self.count = 0
        self._may_repeat = False

    def read(self, raw: Raw, path: str) -> None:
        """An array of tools. Raises InvalidRequest."""
        self._read_all(decode(_raws, raw, path), path)

    def read_more(self, tools: list[Raw], path: str) -> None:
        """Tools that were found in the course of the conversation; one that is known already is found again."""
        self._may_repeat = True
        self._read_all(tools, path)

    def _read_all(self, tools: list[Raw], path: str) -> None:
        self.count += len(tools)
        if self.count > self._limits.tools_max:
            raise invalid(
                "tools", f"has {self.count:,} entries, more than {self._limits.tools_max:,}. Send fewer tools."
            )
        for index, tool in enumerate(tools):
            self._read(tool, f"{path}[{index}]", None)

    def functions(self) -> tuple[FunctionTool, ...]:
        return tuple(self._functions.values())

    def choose(self, raw: Raw | None) -> tuple[tuple[FunctionTool, ...], ToolChoice | None]:
        """The functions that may be called, and whether one must be. Raises InvalidRequest for what is not there."""
        functions = self.functions()
        if raw is None:
            return functions, None
        choice = decode(_choice, raw, "tool_choice") if is_string(raw) or is_object(raw) else ""
        if isinstance(choice, _Choice):
            return self._choose_object(choice, functions)
        if choice not in ("auto", "none", "required"):
            raise invalid(
                "tool_choice",
                f"has the unknown value '{text_of(choice)}'. Use auto, none, required or "
                '{"type":"function","name":"…"}.',
            )
        if self.count == 0 and choice == "required":
            raise invalid("tool_choice", "is 'required' but there are no tools. Add `tools` or leave it out.")
        return functions, choice if functions else None

    def _choose_object(
        self, choice: _Choice, functions: tuple[FunctionTool, ...]
    ) -> tuple[tuple[FunctionTool, ...], ToolChoice | None]:
        if choice.type in ("function", "custom"):
            return functions, NamedToolChoice(self._chosen(choice, "tool_choice"))
        if choice.type != "allowed_tools":
            return functions, None  # a tool that only its own upstream runs: the others cannot be made to
        named = [
            self._chosen(tool, f"tool_choice.tools[{index}]")
            for index, tool in enumerate(choice.tools)
            if tool.type in ("function", "custom")
        ]
        allowed = tuple(function for function in functions if function.name in named)
        return allowed, choice.mode if allowed else None

    def _chosen(self, choice: _Choice, path: str) -> str:
        """The hub's name of a tool that is chosen. One of a namespace may be named without it."""
        if choice.name is None:
            raise invalid(f"{path}.name", "is missing. Name the tool.")
        name = ToolName(choice.name, choice.namespace).hub_name
        if name not in self._functions:
            inner = self.names.hub_name_of(choice.name)
            if inner is None:
                raise invalid(f"{path}.name", f"is '{text_of(choice.name)}', which is not among `tools`. Add it there.")
            return inner
        return name

    def _read(self, raw: Raw, path: str, namespace: str | None) -> None:
        kind = decode(_head, raw, path).type
        if kind == "function":
            self._read_function(decode(_function, raw, path), path, namespace)
        elif kind == "custom":
            self._read_custom(decode(_custom, raw, path), path, namespace)
        elif kind == "namespace" and namespace is None:
            inner = decode(_namespace, raw, path)
            self.count += len(inner.tools)
            for index, tool in enumerate(inner.tools):
                self._read(tool, f"{path}.tools[{index}]", inner.name)
        elif kind in WEB_SEARCHES:
            self.web_search = _without_type(raw)
        elif kind not in _NEEDLESS:
            self.only_here = kind
        if kind != "function" and kind != "namespace":
            check_nesting(raw, path, self._limits.nesting_max)

    def _read_function(self, tool: _Function, path: str, namespace: str | None) -> None:
        parameters = tool.parameters
        if len(parameters) and bytes(parameters) != b"null":
            if not is_object(parameters):
                raise invalid(f"{path}.parameters", "must be a JSON Schema object.")
            check_nesting(parameters, f"{path}.parameters", self._limits.nesting_max)
        else:
            parameters = EMPTY
        function = FunctionTool(name=tool.name, description=tool.description, parameters=parameters, strict=tool.strict)
        self._add(ToolName(tool.name, namespace), function, path)

    def _read_custom(self, tool: _Custom, path: str, namespace: str | None) -> None:
        """As a function with one text; what the text must look like is said in words."""
        description, wanted = tool.description, tool.format
        if wanted is not None and wanted.definition:
            rule = f"`{CUSTOM_INPUT}` must match this {wanted.syntax or 'formal'} grammar:\n{wanted.definition}"
            description = f"{description}\n\n{rule}" if description else rule
        function = FunctionTool(name=tool.name, description=description, parameters=_INPUT_SCHEMA)
        self._add(ToolName(tool.name, namespace, is_custom=True), function, path)

    def _add(self, name: ToolName, function: FunctionTool, path: str) -> None:
        hub_name = name.hub_name
        if hub_name in self._functions and not self._may_repeat:
            raise invalid(f"{path}.name", f"repeats '{text_of(name.name)}'. Give every tool its own name.")
        self._functions[hub_name] = structs.replace(function, name=hub_name)
        self.names.add(name)


def unknown_elsewhere(tool_type: str) -> InvalidRequest:
    """The refusal of a tool by upstreams of other formats."""
    return invalid(
        "tools",
        f"hold one of type '{text_of(tool_type)}', which only providers of the Responses API run. Leave it out or "
        "choose a model that such a provider serves.",
    )


def _without_type(raw: Raw) -> Raw:
    return json.raw({name: value for name, value in json.members(raw).items() if name != "type"})
