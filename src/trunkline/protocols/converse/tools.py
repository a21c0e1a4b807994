"""`toolConfig` (inference.md 8.1, 30.3)."""

from msgspec import Raw, Struct

from trunkline.protocols.answers import UpstreamTarget
from trunkline.protocols.converse.blocks import Block, Member, write_blocks
from trunkline.protocols.converse.families import Family
from trunkline.protocols.converse.schema import answer_tool
from trunkline.protocols.messages.betas import STRUCTURED_OUTPUTS, betas_of
from trunkline.protocols.messages.tools import NO_PARAMETERS, stub_tools
from trunkline.protocols.requests import FunctionTool, GenerationRequest, NamedToolChoice, ToolChoice
from trunkline.protocols.support import supports


class Tools(Struct, frozen=True):
    """What the model may call. `choice` is empty where nothing is said.

    `one_at_a_time`: parallel calls are to be off, which only `additionalModelRequestFields` can say, and then the
    choice stands there, too: in both places it would be refused.
    """

    definitions: list[Block]
    choice: dict[str, dict[str, str]]
    one_at_a_time: bool

    @property
    def is_forced(self) -> bool:
        """The model must call one of them."""
        return "any" in self.choice or "tool" in self.choice

    def config(self) -> Member | None:
        """`toolConfig` as sent."""
        if not self.definitions:
            return None
        config: Member = {"tools": write_blocks(self.definitions)}
        if self.choice and not self.one_at_a_time:
            config["toolChoice"] = self.choice
        return config

    def model_fields(self) -> Member:
        """What goes into `additionalModelRequestFields`."""
        if not self.one_at_a_time:
            return {}
        choice: Member = {"type": "auto"}
        for kind, more in self.choice.items():
            choice = {"type": kind, **more}
        return {"tool_choice": {**choice, "disable_parallel_tool_use": True}}


def write_tools(request: GenerationRequest, target: UpstreamTarget, family: Family) -> Tools:
    """The caller's tools, those that a history of calls needs, and the one that stands in for structured output."""
    tools = request.tools if supports(target, "tools") else ()
    choice = _choice(request.tool_choice) if tools and supports(target, "tool_choice") else {}
    has_history = any(message.tool_calls for message in request.messages)
    stand_in = answer_tool(request, target)
    not_to_be_called = request.tool_choice == "none"
    if stand_in is not None:
        choice = _choice_with_answer(choice, stand_in, has_others=bool(tools) and not not_to_be_called)
        tools = (*tools, stand_in)
    elif (not tools or not_to_be_called) and not has_history:
        tools = ()
    elif not tools:
        tools = stub_tools(request.messages)
    strict = _takes_strict(request, target, family)
    return Tools(
        definitions=[_definition(tool, strict=strict) for tool in tools],
        choice=choice,
        one_at_a_time=request.parallel_tool_calls is False and bool(tools) and family.parallel_switch,
    )


def _definition(tool: FunctionTool, *, strict: bool) -> Block:
    specification: Member = {"name": tool.name}
    if tool.description:
        specification["description"] = tool.description
    parameters: Raw = tool.parameters if len(tool.parameters) else NO_PARAMETERS
    specification["inputSchema"] = {"json": parameters}
    if strict and tool.strict is not None:
        specification["strict"] = tool.strict
    return Block({"toolSpec": specification}, tool.cache)


def _takes_strict(request: GenerationRequest, target: UpstreamTarget, family: Family) -> bool:
    """Claude wants to be asked for it (inference.md 8.5), the others take it where they take schemas."""
    if family.is_claude:
        return STRUCTURED_OUTPUTS in betas_of(request, target)
    return family.native_schema and "structured_outputs" in target.supported_parameters


def _choice(choice: ToolChoice | None) -> dict[str, dict[str, str]]:
    match choice:
        case "auto":
            return {"auto": {}}
        case "required":
            return {"any": {}}
        case NamedToolChoice(name):
            return {"tool": {"name": name}}
        case _:
            return {}  # `none` has no word here


def _choice_with_answer(
    choice: dict[str, dict[str, str]], tool: FunctionTool, *, has_others: bool
) -> dict[str, dict[str, str]]:
    """The answer must come as a call: of that tool, or first of another one where the caller leaves that open."""
    if "tool" in choice:
        return choice
    return {"any": {}} if has_others else {"tool": {"name": tool.name}}
