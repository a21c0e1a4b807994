"""`tools` and `tool_choice` of a request, and what the hub can say of them (inference.md 18.1)."""

from msgspec import Raw, Struct

from trunkline.core.errors import InvalidRequest
from trunkline.protocols.messages.wire_request import ToolChoiceIn, ToolIn, tool_choice_decoder, tools_decoder
from trunkline.protocols.requests import CacheMarker, FunctionTool, NamedToolChoice, ToolChoice
from trunkline.protocols.validation import ParseLimits, check_nesting, decode, invalid, is_object, text_of

_OURS = "openrouter:"
_ALIAS = "trunkline:"
_SEARCHES_TOOLS = "tool_search_tool_"
"""Finds tools that are not loaded yet: where all tools are told at once, nothing is lost without it."""


class ToolsIn(Struct, frozen=True):
    """What the model may call. `native_only` is the first tool that only upstreams of this format know."""

    functions: tuple[FunctionTool, ...] = ()
    choice: ToolChoice | None = None
    parallel: bool | None = None
    native_only: str | None = None

    def require_functions(self) -> None:
        """Raises InvalidRequest when a tool cannot be told to an upstream of another format."""
        if self.native_only is not None:
            raise InvalidRequest(
                f"`tools` has one of type '{text_of(self.native_only)}', which only Anthropic's own endpoints run. "
                "Choose a model of theirs, or leave the tool out.",
                field="tools",
            )


def read_tools(raw_tools: Raw | None, raw_choice: Raw | None, limits: ParseLimits) -> ToolsIn:
    """Both members, checked: names unique, schemas objects of bounded depth, a chosen tool there. Raises
    InvalidRequest."""
    tools = [] if raw_tools is None else decode(tools_decoder, raw_tools, "tools")
    if len(tools) > limits.tools_max:
        raise invalid("tools", f"has {len(tools):,} entries, more than {limits.tools_max:,}. Send fewer tools.")
    functions: list[FunctionTool] = []
    names: set[str] = set()
    native_only: str | None = None
    for index, tool in enumerate(tools):
        if tool.name is not None:
            if tool.name in names:
                raise invalid(f"tools[{index}].name", f"repeats '{tool.name}'. Give every tool its own name.")
            names.add(tool.name)
        if tool.type is None or tool.type == "custom":
            functions.append(_function(tool, index, limits))
        elif tool.type.startswith((_OURS, _ALIAS)):
            raise invalid(
                f"tools[{index}].type",
                f"is '{text_of(tool.type)}', which this instance does not run. Leave it out.",
            )
        elif native_only is None and not tool.type.startswith(_SEARCHES_TOOLS):
            native_only = tool.type
    choice = None if raw_choice is None else decode(tool_choice_decoder, raw_choice, "tool_choice")
    return ToolsIn(
        tuple(functions),
        None if choice is None else _choice(choice, names, has_tools=bool(tools)),
        False if choice is not None and choice.disable_parallel_tool_use else None,
        native_only,
    )


def _function(tool: ToolIn, index: int, limits: ParseLimits) -> FunctionTool:
    if tool.name is None:
        raise invalid(f"tools[{index}].name", "is missing. Give the tool a name.")
    if tool.input_schema:
        if not is_object(tool.input_schema):
            raise invalid(f"tools[{index}].input_schema", "must be a JSON Schema object.")
        check_nesting(tool.input_schema, f"tools[{index}].input_schema", limits.nesting_max)
    return FunctionTool(
        name=tool.name,
        description=tool.description,
        parameters=tool.input_schema,
        strict=tool.strict,
        cache=None if tool.cache_control is None else CacheMarker(tool.cache_control.ttl),
        eager_input_streaming=tool.eager_input_streaming,
    )


def _choice(choice: ToolChoiceIn, names: set[str], *, has_tools: bool) -> ToolChoice | None:
    match choice.type:
        case "any":
            if not has_tools:
                raise invalid("tool_choice", "is 'any' but there are no tools. Add `tools` or leave it out.")
            return "required"
        case "tool":
            if choice.name is None:
                raise invalid("tool_choice.name", "is missing. Name the tool that the model must call.")
            if choice.name not in names:
                raise invalid("tool_choice.name", f"is '{text_of(choice.name)}', which is not among `tools`. Add it.")
            return NamedToolChoice(choice.name)
        case "auto" | "none":
            return choice.type if has_tools else None
