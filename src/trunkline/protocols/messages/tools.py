"""Tools and tool choice (inference.md 8.1, 8.5, 30.3)."""

import hashlib
import re
from collections.abc import Iterable
from typing import Final

from msgspec import Raw, Struct

from trunkline.protocols.answers import UpstreamTarget
from trunkline.protocols.messages.betas import STRUCTURED_OUTPUTS, betas_of
from trunkline.protocols.messages.blocks import Block, cache_control
from trunkline.protocols.messages.families import family_of
from trunkline.protocols.messages.schema import answer_tool
from trunkline.protocols.requests import FunctionTool, GenerationRequest, Message, NamedToolChoice, ToolChoice
from trunkline.protocols.support import supports

_CALL_ID: Final = re.compile(r"[A-Za-z0-9_-]+")
NO_PARAMETERS: Final = Raw(b'{"type":"object","properties":{}}')
_ANY_PARAMETERS: Final = Raw(b'{"type":"object"}')


class ToolMembers(Struct, frozen=True):
    """`tools` and `tool_choice` as sent; empty: none."""

    tools: list[Block]
    choice: Block

    @property
    def is_forced(self) -> bool:
        """The model must call one of them."""
        return self.choice.get("type") in ("any", "tool")


def upstream_call_id(call_id: str, *, chars_max: int | None = None) -> str:
    """The id as this format takes it: one that is too long or has other characters always becomes the same other
    one (8.4)."""
    if _CALL_ID.fullmatch(call_id) and (chars_max is None or len(call_id) <= chars_max):
        return call_id
    return f"toolu_{hashlib.sha256(call_id.encode('utf-8', 'replace')).hexdigest()[:24]}"


def write_tools(request: GenerationRequest, target: UpstreamTarget) -> ToolMembers:
    """What the model may call. A history of calls needs definitions even when the request has none: stubs stand in,
    which the model is told not to call."""
    tools = request.tools if supports(target, "tools") else ()
    choice: Block = _choice(request.tool_choice) if tools and supports(target, "tool_choice") else {}
    stand_in = answer_tool(request, target)
    if stand_in is not None:
        choice = _choice_with_answer(choice, stand_in, has_others=bool(tools))
        tools = (*tools, stand_in)
    elif not tools:
        tools = stub_tools(request.messages)
        choice = {"type": "none"} if tools else {}
    if request.parallel_tool_calls is False and tools and choice.get("type") != "none":
        # No matter what the catalog lists: the format has the switch.
        choice = {"type": "auto", **choice, "disable_parallel_tool_use": True}
    strict = bool(tools) and STRUCTURED_OUTPUTS in betas_of(request, target)
    eager = family_of(target.upstream_model).eager_tools
    return ToolMembers([_definition(tool, request, strict=strict, eager=eager) for tool in tools], choice)


def _definition(tool: FunctionTool, request: GenerationRequest, *, strict: bool, eager: bool) -> Block:
    written: Block = {"name": tool.name}
    if tool.description:
        written["description"] = tool.description
    written["input_schema"] = tool.parameters if len(tool.parameters) else NO_PARAMETERS
    if strict and tool.strict is not None:
        written["strict"] = tool.strict
    if eager and (request.stream or tool.eager_input_streaming is not None):
        written["eager_input_streaming"] = tool.eager_input_streaming is not False
    if tool.cache is not None:
        written["cache_control"] = cache_control(tool.cache)
    return written


def _choice(choice: ToolChoice | None) -> Block:
    match choice:
        case None:
            return {}
        case "required":
            return {"type": "any"}
        case NamedToolChoice(name):
            return {"type": "tool", "name": name}
        case _:
            return {"type": choice}


def _choice_with_answer(choice: Block, tool: FunctionTool, *, has_others: bool) -> Block:
    """The answer must come as a call: of that tool, or first of another one where the caller leaves that open."""
    if choice.get("type") == "tool":
        return choice
    if has_others and choice.get("type") != "none":
        return {"type": "any"}
    return {"type": "tool", "name": tool.name, "disable_parallel_tool_use": True}


def stub_tools(messages: Iterable[Message]) -> tuple[FunctionTool, ...]:
    """Definitions of the tools that were called, where the request has none (8.1)."""
    names = dict.fromkeys(call.name for message in messages for call in message.tool_calls)
    return tuple(FunctionTool(name=name, parameters=_ANY_PARAMETERS) for name in names)
