"""`tools` and `toolConfig`: the caller's functions, and Google's search (inference.md 8.1, 30.3)."""

from typing import Final

from trunkline.protocols.answers import UpstreamTarget
from trunkline.protocols.gemini.families import Family
from trunkline.protocols.requests import FunctionTool, GenerationRequest, NamedToolChoice, ToolChoice
from trunkline.protocols.support import supports

Members = dict[str, object]

_MODES: Final = {"auto": "AUTO", "none": "NONE", "required": "ANY"}


def tool_members(hub: GenerationRequest, target: UpstreamTarget, family: Family, *, announces_search: bool) -> Members:
    """The two members, as far as there is something to say and the endpoint takes it.

    Of `web_search_options` nothing but the wish has a word here. Where a model takes search or functions but not both,
    the functions are what the caller cannot do without.
    """
    tools: list[Members] = []
    config: Members = {}
    has_functions = bool(hub.tools) and supports(target, "tools")
    if has_functions:
        tools.append({"functionDeclarations": [_declaration(tool) for tool in hub.tools]})
        if hub.tool_choice is not None and supports(target, "tool_choice"):
            config["functionCallingConfig"] = _calling_config(hub.tool_choice)
    wants_search = len(hub.web_search_options) > 0 and supports(target, "web_search_options") and family.searches
    if wants_search and (family.mixes_tools or not has_functions):
        tools.append({"googleSearch": {}})
        if has_functions and announces_search:
            config["includeServerSideToolInvocations"] = True
    members: Members = {"tools": tools, "toolConfig": config}
    return {name: member for name, member in members.items() if member}


def _declaration(tool: FunctionTool) -> Members:
    declaration: Members = {"name": tool.name}
    if tool.description is not None:
        declaration["description"] = tool.description
    if len(tool.parameters):
        declaration["parametersJsonSchema"] = tool.parameters
    return declaration


def _calling_config(choice: ToolChoice) -> Members:
    if isinstance(choice, NamedToolChoice):
        return {"mode": "ANY", "allowedFunctionNames": [choice.name]}
    return {"mode": _MODES[choice]}
