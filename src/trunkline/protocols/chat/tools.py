"""`tools` and `tool_choice` of a chat request (inference.md 8.1)."""

import msgspec
from msgspec import Raw

from trunkline.core.errors import InvalidRequest
from trunkline.protocols.chat.wire_messages import given
from trunkline.protocols.chat.wire_request import NamedChoice, ToolHead, WireTool, WireToolChoice
from trunkline.protocols.requests import NamedToolChoice, ToolChoice
from trunkline.protocols.validation import ParseLimits, check_nesting, decode, invalid, is_object, text_of

_tools = msgspec.json.Decoder(list[WireTool])
_heads = msgspec.json.Decoder(list[ToolHead])
_choice: msgspec.json.Decoder[WireToolChoice] = msgspec.json.Decoder(WireToolChoice)


def parse_tools(raw: Raw | None, limits: ParseLimits) -> tuple[WireTool, ...]:
    """The function tools, checked: names well formed and unique, schemas objects of bounded depth.

    Raises InvalidRequest, which names the type of a tool that is no function.
    """
    if raw is None:
        return ()
    try:
        tools = decode(_tools, raw, "tools")
    except InvalidRequest:
        _refuse_other_types(decode(_heads, raw, "tools"))
        raise
    if len(tools) > limits.tools_max:
        raise invalid("tools", f"has {len(tools):,} entries, more than {limits.tools_max:,}. Send fewer tools.")
    names: set[str] = set()
    for index, tool in enumerate(tools):
        if tool.type is not None and tool.type != "function":
            raise _not_served(tool.type, index)
        function = tool.function
        if function.name in names:
            raise invalid(f"tools[{index}].function.name", f"repeats '{function.name}'. Give every tool its own name.")
        names.add(function.name)
        if given(function.parameters):
            if not is_object(function.parameters):
                raise invalid(f"tools[{index}].function.parameters", "must be a JSON Schema object.")
            check_nesting(function.parameters, "tools", limits.nesting_max)
    return tuple(tools)


def _refuse_other_types(heads: list[ToolHead]) -> None:
    for index, head in enumerate(heads):
        if head.type != "function":
            raise _not_served(head.type, index)


def _not_served(tool_type: str, index: int) -> InvalidRequest:
    return invalid(
        f"tools[{index}].type",
        f"is '{text_of(tool_type)}', which this instance does not run. Tools of type 'function' work.",
    )


def parse_tool_choice(raw: Raw | None, tools: tuple[WireTool, ...]) -> ToolChoice | None:
    """The choice, None when nothing need be said. Raises InvalidRequest when it asks for a tool that is not there."""
    if raw is None:
        return None
    choice = decode(_choice, raw, "tool_choice")
    if isinstance(choice, NamedChoice):
        return _named(choice, tools)
    if choice not in ("auto", "none", "required"):
        raise invalid(
            "tool_choice",
            f"has the unknown value '{text_of(choice)}'. Use auto, none, required or "
            '{"type":"function","function":{"name":"…"}}.',
        )
    if tools:
        return choice
    if choice == "required":
        raise invalid("tool_choice", "is 'required' but there are no tools. Add `tools` or leave `tool_choice` out.")
    return None


def _named(choice: NamedChoice, tools: tuple[WireTool, ...]) -> NamedToolChoice:
    if choice.type != "function":
        raise invalid(
            "tool_choice.type",
            f"is '{text_of(choice.type)}', which this instance does not run. Choose a tool of type 'function'.",
        )
    if choice.function is None:
        raise invalid("tool_choice.function", "is missing. Name the function that the model must call.")
    name = choice.function.name
    if all(tool.function.name != name for tool in tools):
        raise invalid("tool_choice.function.name", f"is '{text_of(name)}', which is not among `tools`. Add it there.")
    return NamedToolChoice(name)
